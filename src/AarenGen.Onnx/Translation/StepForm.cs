using AarenGen.Onnx.Format;

namespace AarenGen.Onnx.Translation;

/// <summary>One token of each of some streams. Where a patch is not full, the states of layers stay and outputs are NaN.</summary>
internal sealed class StepForm : TimeForm
{
    /// <summary>Whether a stream has a row of layers: [batch]; null: always.</summary>
    private readonly Tensor? isFull;

    public StepForm(GraphBuilder g, ModelDescription description)
        : base(g, description)
    {
        Tokens = g.Input("token", ElementType.Float, "a token of each stream, in its own units", Batch, description.InputWidth);
        Tensor before = g.Input(Before + Count, ElementType.Int64, CountText, Batch);
        Tensor after = g.Add(before, 1);
        g.Output(After + Count, after, CountText, Batch);
        SamplePositions = LastSamplePositions = g.Unsqueeze(before, 1);
        RowsBefore = RowsAfter(before);
        RowPositions = WithChannels(g.Unsqueeze(RowsBefore, 1));
        if (Shape is not { PatchLength: 1, PatchStride: 1 })
        {
            Tensor past = g.Subtract(after, Shape.PatchLength);
            isFull = g.And(g.AtLeast(past, 0), g.Equal(g.Remainder(g.Max(past, 0), Shape.PatchStride), 0));
        }
    }

    public override long[] Leading => [0];

    public override Tensor AtRows(Tensor samples) => samples;

    public override Tensor PerStream(Tensor index) => index;

    public override Tensor[] Recur(
        string name, bool ofSamples, StateShape[] shapes, Tensor[] inputs,
        Func<GraphBuilder, Tensor[], Tensor[], (Tensor[] Next, Tensor[] Outputs)> body)
    {
        string[] names = [.. shapes.Select(s => NameOf(name, s.Role))];
        Tensor[] before = [.. shapes.Select((s, i) => Read(names[i], s))];
        (Tensor[] next, Tensor[] outputs) = body(Graph, before, inputs);
        for (int i = 0; i < shapes.Length; i++)
        {
            Write(names[i], shapes[i], ofSamples, before[i], next[i]);
        }
        return outputs;
    }

    public override Tensor WithPast(string name, bool ofSamples, StateShape state, Tensor rows, int count)
    {
        Tensor own = Graph.Unsqueeze(rows, 1);
        if (count == 0)
        {
            return own;
        }
        state = state with { Dimensions = [count, .. state.Dimensions] };
        string unique = NameOf(name, state.Role);
        Tensor before = Read(unique, state), all = Graph.Concat(1, before, own);
        Write(unique, state, ofSamples, before, Graph.Slice(all, 1, 1, Operators.End));
        return all;
    }

    public override Tensor Frames(Tensor withPast, int length) => withPast;

    public override void Output(string name, Tensor value, string documentation, params long[] dimensions) => Graph.Output(
        name, isFull is { } full ? Graph.Where(Whether(full, 1 + dimensions.Length), value, double.NaN) : value, documentation,
        [Batch, .. dimensions.Select(static d => (Dimension)d)]);

    private Tensor Read(string name, StateShape state) => Graph.Input(Before + name, state.Type, state.Documentation, ShapeOf(state));

    private void Write(string name, StateShape state, bool ofSamples, Tensor before, Tensor next) => Graph.Output(
        After + name,
        !ofSamples && isFull is { } full ? Graph.Where(Whether(full, 1 + state.Dimensions.Length), next, before) : next,
        state.Documentation, ShapeOf(state));

    private static Dimension[] ShapeOf(StateShape state) => [Batch, .. state.Dimensions.Select(static d => (Dimension)d)];

    /// <summary>A condition of each stream, for tensors of a rank.</summary>
    private Tensor Whether(Tensor streams, int rank) => Graph.Reshape(streams, [-1, .. Enumerable.Repeat(1L, rank - 1)]);
}
