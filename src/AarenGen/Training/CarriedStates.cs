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
/// <param name="hasLayers">Whether those of the layers are here, and not on a device.</param>
internal sealed class CarriedStates<TModel>(int capacity, bool hasLayers = true)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly int SampleDoubles = SequenceModel<TModel>.Description.Layout.SampleStateDoubles;

    private readonly int layerDoubles = hasLayers ? LayerDoubles : 0;
    private double[] samplesBefore = new double[checked(capacity * SampleDoubles)];
    private double[] samplesAfter = new double[capacity * SampleDoubles];
    private double[] layersBefore = new double[hasLayers ? checked(capacity * LayerDoubles) : 0];
    private double[] layersAfter = new double[hasLayers ? capacity * LayerDoubles : 0];

    /// <summary>Bytes of the states of some sequences, before and after a chunk.</summary>
    public static double Bytes(int capacity, bool hasLayers = true) =>
        2.0 * capacity * (hasLayers ? StateDoubles : SampleDoubles) * sizeof(double);

    /// <summary>Doubles of the layers in a sequence's state, of all its channels.</summary>
    public static int LayerDoubles => SequenceModel<TModel>.Description.Layout.StateDoubles - SampleDoubles;

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

    /// <summary>
    /// A copy of the first sequences' states before the next chunk, each as a stream has it; zeros where layers are on a device.
    /// </summary>
    public double[] Copy(int count)
    {
        var states = new double[count * StateDoubles];
        for (int i = 0; i < count; i++)
        {
            samplesBefore.AsSpan(i * SampleDoubles, SampleDoubles).CopyTo(states.AsSpan(i * StateDoubles));
            layersBefore.AsSpan(i * layerDoubles, layerDoubles).CopyTo(states.AsSpan(i * StateDoubles + SampleDoubles));
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
            own.Slice(SampleDoubles, layerDoubles).CopyTo(layersBefore.AsSpan(i * layerDoubles));
        }
    }

    private StateRange Range(double[] samples, double[] layers, int first, int count) =>
        new(samples.AsSpan(first * SampleDoubles, count * SampleDoubles), layers.AsSpan(first * layerDoubles, count * layerDoubles));
}
