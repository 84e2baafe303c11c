namespace AarenGen.Training;

/// <summary>States of some sequences: before or after a chunk of each.</summary>
internal readonly ref struct StateRange(Span<double> samples, Span<double> layers)
{
    /// <summary>[sequences, doubles of samples].</summary>
    public Span<double> Samples { get; } = samples;

    /// <summary>[sequences, channels, doubles of layers].</summary>
    public Span<double> Layers { get; } = layers;
}

/// <summary>A chunk of the sequences of a pass, and the states that it carries.</summary>
internal readonly ref struct PassChunk
{
    /// <summary>How sequences are cut.</summary>
    public SequenceChunks Chunks { get; init; }

    /// <summary>The chunk's number, from 0.</summary>
    public int Number { get; init; }

    /// <summary>The states before the chunk; empty where it is the first.</summary>
    public StateRange Before { get; init; }

    /// <summary>Overwritten with the states after the chunk; empty where no sequence goes on.</summary>
    public StateRange After { get; init; }
}

/// <summary>
/// The states that a training carries from chunk to chunk: for each sequence of a batch what a stream has
/// (<see cref="StreamState{TModel}"/>), before a chunk and after it.
/// </summary>
/// <param name="capacity">Sequences for which there is memory.</param>
internal sealed class CarriedStates<TModel>(int capacity) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly int SampleDoubles = SequenceModel<TModel>.Description.Layout.SampleStateDoubles;
    private static readonly int LayerDoubles = SequenceModel<TModel>.Description.Layout.StateDoubles - SampleDoubles;

    private double[] samplesBefore = new double[checked(capacity * SampleDoubles)];
    private double[] samplesAfter = new double[capacity * SampleDoubles];
    private double[] layersBefore = new double[checked(capacity * LayerDoubles)];
    private double[] layersAfter = new double[capacity * LayerDoubles];

    /// <summary>Bytes of the states of some sequences, before and after a chunk.</summary>
    public static double Bytes(int capacity) => 2.0 * capacity * StateDoubles * sizeof(double);

    /// <summary>Doubles of a sequence's state.</summary>
    public static int StateDoubles => SampleDoubles + LayerDoubles;

    /// <summary>The states of some sequences around a chunk.</summary>
    /// <param name="chunks">How sequences are cut.</param>
    /// <param name="chunk">The chunk's number.</param>
    /// <param name="first">The first sequence's place in the batch.</param>
    /// <param name="count">Number of sequences.</param>
    /// <param name="hasNext">Whether another chunk follows.</param>
    public PassChunk Around(SequenceChunks chunks, int chunk, int first, int count, bool hasNext) => new()
    {
        Chunks = chunks,
        Number = chunk,
        Before = chunk == 0 ? default : Range(samplesBefore, layersBefore, first, count),
        After = hasNext || chunk > 0 ? Range(samplesAfter, layersAfter, first, count) : default,
    };

    /// <summary>Makes the states after a chunk those before the next.</summary>
    public void Advance()
    {
        (samplesBefore, samplesAfter) = (samplesAfter, samplesBefore);
        (layersBefore, layersAfter) = (layersAfter, layersBefore);
    }

    /// <summary>A copy of the first sequences' states before the next chunk, each as a stream has it.</summary>
    public double[] Copy(int count)
    {
        var states = new double[count * StateDoubles];
        for (int i = 0; i < count; i++)
        {
            samplesBefore.AsSpan(i * SampleDoubles, SampleDoubles).CopyTo(states.AsSpan(i * StateDoubles));
            layersBefore.AsSpan(i * LayerDoubles, LayerDoubles).CopyTo(states.AsSpan(i * StateDoubles + SampleDoubles));
        }
        return states;
    }

    /// <summary>Restores what <see cref="Copy"/> returned.</summary>
    public void Restore(ReadOnlySpan<double> states)
    {
        // A model without a state has none to restore.
        for (int i = 0, count = states.Length / Math.Max(1, StateDoubles); i < count; i++)
        {
            ReadOnlySpan<double> own = states.Slice(i * StateDoubles, StateDoubles);
            own[..SampleDoubles].CopyTo(samplesBefore.AsSpan(i * SampleDoubles));
            own[SampleDoubles..].CopyTo(layersBefore.AsSpan(i * LayerDoubles));
        }
    }

    private static StateRange Range(double[] samples, double[] layers, int first, int count) =>
        new(samples.AsSpan(first * SampleDoubles, count * SampleDoubles), layers.AsSpan(first * LayerDoubles, count * LayerDoubles));
}
