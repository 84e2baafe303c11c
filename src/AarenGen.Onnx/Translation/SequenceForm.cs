using AarenGen.Onnx.Format;

namespace AarenGen.Onnx.Translation;

/// <summary>
/// Whole sequences: what looks at one row alone runs on all rows at once, and only recurrences go through time, as loops of few operators
/// (Scan).
/// </summary>
/// <remarks>
/// ONNX Runtime 1.31 does not compute with no rows: a loop over none ends the process, and sums of none have another shape. So where there
/// is no token, or no full patch, there is one row of zeros, of which neither outputs nor states keep anything.
/// </remarks>
internal sealed class SequenceForm : TimeForm
{
    private readonly bool isPlain;

    /// <summary>The number of sequences and that of outputs, as lists; the last sample of each row of layers.</summary>
    private readonly Tensor batch, outputCount, lastSamples;

    /// <summary>Whether there is no token, and whether there is no row of layers.</summary>
    private readonly Tensor hasNoSample, hasNoRow;

    public SequenceForm(GraphBuilder g, ModelDescription description)
        : base(g, description)
    {
        isPlain = Shape is { PatchLength: 1, PatchStride: 1 };
        Tensor given = g.Input(
            "tokens", ElementType.Float, "the tokens of each sequence in order, in their own units", Batch, "time", description.InputWidth);
        Tensor sizes = g.Node("Shape", ElementType.Int64, [given]);
        batch = g.Slice(sizes, 0, 0, 1);
        Tensor times = g.Slice(sizes, 0, 1, 2), time = g.Reshape(times);
        g.Output(After + Count, g.Node("Expand", ElementType.Int64, [time, batch]), CountText, Batch);
        hasNoSample = g.Equal(times, 0);
        Tensor shape = g.Concat(0, batch, g.Cast(hasNoSample, ElementType.Int64), g.Integers(description.InputWidth));
        Tokens = g.Concat(
            1, given, g.Node("ConstantOfShape", ElementType.Float, [shape], GraphBuilder.Element("value", ElementType.Float, 0)));
        Tensor samples = g.Max(time, 1);
        SamplePositions = g.Reshape(g.Range(samples), 1, -1, 1);
        // Patch i ends with sample PatchLength − 1 + i × PatchStride.
        Tensor rows = isPlain ? time
            : g.Max(g.Divide(g.Add(time, Shape.PatchStride - Shape.PatchLength), Shape.PatchStride), 0);
        outputCount = g.Reshape(rows, 1);
        hasNoRow = g.Equal(outputCount, 0);
        Tensor row = g.Range(g.Max(rows, 1));
        lastSamples = isPlain ? row
            : g.Min(g.Add(g.Multiply(row, Shape.PatchStride), Shape.PatchLength - 1), g.Subtract(samples, 1));
        LastSamplePositions = g.Reshape(lastSamples, 1, -1, 1);
        RowPositions = WithChannels(g.Reshape(row, 1, -1, 1));
        RowsBefore = g.Scalar(ElementType.Int64, 0);
    }

    public override long[] Leading => [0, 0];

    public override Tensor AtRows(Tensor samples) => isPlain ? samples : Graph.Gather(samples, lastSamples, 1);

    public override Tensor PerStream(Tensor index) => Graph.Unsqueeze(index, 1);

    public override Tensor[] Recur(
        string name, bool ofSamples, StateShape[] shapes, Tensor[] inputs,
        Func<GraphBuilder, Tensor[], Tensor[], (Tensor[] Next, Tensor[] Outputs)> body)
    {
        GraphBuilder step = Graph.Body();
        Tensor[] before = [.. shapes.Select(s => step.BodyInput(s.Type))], own = [.. inputs.Select(x => step.BodyInput(x.Type))];
        (Tensor[] next, Tensor[] outputs) = body(step, before, own);
        foreach (Tensor value in next.Concat(outputs))
        {
            step.BodyOutput(value);
        }
        Tensor[] first = [.. shapes.Select(s => Graph.Zeros(s.Type, batch, s.Dimensions))];
        string[] results = [.. next.Concat(outputs).Select(_ => Graph.NewName("Scan"))];
        Graph.Node(
            "Scan", [.. first, .. inputs], results, new("body", step), new("num_scan_inputs", (long)inputs.Length),
            new("scan_input_axes", Ones(inputs.Length)), new("scan_output_axes", Ones(outputs.Length)));
        for (int i = 0; i < shapes.Length; i++)
        {
            Write(NameOf(name, shapes[i].Role), ofSamples, shapes[i], new(results[i], shapes[i].Type));
        }
        return [.. outputs.Select((o, i) => o with { Name = results[shapes.Length + i] })];

        static long[] Ones(int count) => [.. Enumerable.Repeat(1L, count)];
    }

    public override Tensor WithPast(string name, bool ofSamples, StateShape state, Tensor rows, int count)
    {
        if (count == 0)
        {
            return rows;
        }
        state = state with { Dimensions = [count, .. state.Dimensions] };
        Tensor all = Graph.Concat(1, Graph.Zeros(state.Type, batch, state.Dimensions), rows);
        Write(NameOf(name, state.Role), ofSamples, state, Graph.Slice(all, 1, -count, Operators.End));
        return all;
    }

    public override Tensor Frames(Tensor withPast, int length)
    {
        // Before sample i lie length − 1 others, so that its frame begins at i.
        Tensor places = Graph.Add(
            Graph.Reshape(lastSamples, -1, 1), Graph.Integers([.. Enumerable.Range(0, length).Select(static i => (long)i)]));
        return Graph.Gather(withPast, places, 1);
    }

    public override void Output(string name, Tensor value, string documentation, params long[] dimensions) => Graph.Output(
        name, Graph.Node("Slice", value.Type, [value, Graph.Integers(0), outputCount, Graph.Integers(1)]), documentation,
        [Batch, isPlain ? "time" : "outputs", .. dimensions.Select(static d => (Dimension)d)]);

    private void Write(string name, bool ofSamples, StateShape state, Tensor value)
    {
        Tensor isNew = ofSamples ? hasNoSample : hasNoRow;
        // ONNX Runtime has no choice between truths.
        Tensor kept = state.Type == ElementType.Bool ? Graph.And(value, Graph.Not(isNew))
            : Graph.Where(isNew, Graph.Scalar(state.Type, 0), value);
        Graph.Output(After + name, kept, state.Documentation, [Batch, .. state.Dimensions.Select(static d => (Dimension)d)]);
    }
}
