using AarenGen.Onnx.Format;

namespace AarenGen.Onnx.Translation;

/// <summary>A state of a recurrence: what it is, and its shape for one stream.</summary>
internal readonly record struct StateShape(string Role, ElementType Type, string Documentation, params long[] Dimensions);

/// <summary>
/// How a graph has time: one token of each stream, or the tokens of whole sequences. Translations of what looks at one row alone are the
/// same for both, since rows have their width last. A row of samples is a sample; a row of layers is what the layers see.
/// </summary>
/// <remarks>
/// Shapes: [batch, width] for one token, [batch, time, width] for sequences; with channels, rows of layers have one more dimension before
/// the width. "Dimensions" means what follows batch and time.
/// </remarks>
internal abstract class TimeForm(GraphBuilder g, ModelDescription description)
{
    /// <summary>What the names of states begin with, before and after a run.</summary>
    protected const string Before = "state.", After = "next.";

    /// <summary>The name and the documentation of the state that every model has.</summary>
    protected const string Count = "tokens", CountText = "tokens of the stream so far";

    /// <summary>The name of the dimension of streams or sequences.</summary>
    protected const string Batch = "batch";

    private readonly HashSet<string> states = new(StringComparer.Ordinal);

    /// <summary>The graph.</summary>
    public GraphBuilder Graph { get; } = g;

    protected TokenShape Shape { get; } = description.Tokens;

    protected int Channels { get; } = description.Tokens.Channels;

    /// <summary>The tokens.</summary>
    public Tensor Tokens { get; protected init; }

    /// <summary>The position of each sample in its stream, from 0: whole numbers [batch or 1, (time,) 1].</summary>
    public Tensor SamplePositions { get; protected init; }

    /// <summary>The position of the last sample of each row of layers.</summary>
    public Tensor LastSamplePositions { get; protected init; }

    /// <summary>The position of each row of layers, with a dimension for channels where there are any.</summary>
    public Tensor RowPositions { get; protected init; }

    /// <summary>The number of rows of layers before the first one here: a whole number for each stream, or one for all.</summary>
    public Tensor RowsBefore { get; protected init; }

    /// <summary>The sizes of batch and time, to reshape: 0 keeps a size.</summary>
    public abstract long[] Leading { get; }

    /// <summary>The dimensions of rows of layers whose own are given.</summary>
    public long[] OfRows(params long[] dimensions) => Channels == 1 ? dimensions : [Channels, .. dimensions];

    /// <summary>The last dimensions of rows of layers anew: the width becomes several, or several the width.</summary>
    public Tensor ReshapeRows(Tensor x, params long[] dimensions) => Graph.Reshape(x, [.. Leading, .. OfRows(dimensions)]);

    /// <summary>What is there for each sample, for the last sample of each row of layers.</summary>
    public abstract Tensor AtRows(Tensor samples);

    /// <summary>An index of each stream, for each of its rows: [batch] or [batch, 1].</summary>
    public abstract Tensor PerStream(Tensor index);

    /// <summary>A recurrence over time.</summary>
    /// <param name="name">What it is called in names of states.</param>
    /// <param name="ofSamples">Whether its rows are samples, rather than rows of layers.</param>
    /// <param name="shapes">Its states; all are zero at first.</param>
    /// <param name="inputs">Rows that it reads.</param>
    /// <param name="body">
    /// From a graph, the states and the inputs of one token to the next states and the outputs. It must not use other rows.
    /// </param>
    /// <returns>The rows of its outputs.</returns>
    public abstract Tensor[] Recur(
        string name, bool ofSamples, StateShape[] shapes, Tensor[] inputs,
        Func<GraphBuilder, Tensor[], Tensor[], (Tensor[] Next, Tensor[] Outputs)> body);

    /// <summary>Rows with those before them in front, along the dimension behind the batch; zeros where there were none.</summary>
    /// <param name="name">What the state is called.</param>
    /// <param name="ofSamples">Whether the rows are samples, rather than rows of layers.</param>
    /// <param name="state">The state, without the number of rows.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="count">The number of rows before them.</param>
    public abstract Tensor WithPast(string name, bool ofSamples, StateShape state, Tensor rows, int count);

    /// <summary>
    /// Samples in front of which <see cref="WithPast"/> put others, as those that each row of layers covers: […, length, width].
    /// </summary>
    public abstract Tensor Frames(Tensor withPast, int length);

    /// <summary>Ends the graph: its output of a head.</summary>
    public abstract void Output(string name, Tensor value, string documentation, params long[] dimensions);

    /// <summary>A name of a state that no other has.</summary>
    protected string NameOf(string name, string role)
    {
        string unique = $"{name}.{role}";
        for (int number = 2; !states.Add(unique); number++)
        {
            unique = $"{name}.{role}.{number}";
        }
        return unique;
    }

    /// <summary>The position of a row of layers, of how many samples were seen before it.</summary>
    protected Tensor RowsAfter(Tensor samples)
    {
        if (Shape is { PatchLength: 1, PatchStride: 1 })
        {
            return samples;
        }
        Tensor past = Graph.Subtract(samples, Shape.PatchLength);
        return Graph.Where(Graph.AtLeast(past, 0), Graph.Add(Graph.Divide(past, Shape.PatchStride), 1), 0);
    }

    /// <summary>Positions of samples as those of rows of layers, which may have channels.</summary>
    protected Tensor WithChannels(Tensor positions) => Channels == 1 ? positions : Graph.Unsqueeze(positions, -1);
}
