using AarenGen.Cuda.Driver;
using AarenGen.Training;

namespace AarenGen.Cuda.Training;

/// <summary>
/// The states that a training on a device carries from chunk to chunk, before a chunk and after it: those of the layers in the device's
/// memory, where kernels read and write them, and those of the samples in the host's. Both are as a stream has them.
/// </summary>
internal sealed class DeviceStates<TModel> : IDisposable where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly int LayerDoubles = CarriedStates<TModel>.LayerDoubles,
        SampleDoubles = CarriedStates<TModel>.StateDoubles - LayerDoubles;

    private readonly CarriedStates<TModel> samples;
    private DeviceBuffer before, after;

    /// <param name="context">The device.</param>
    /// <param name="stream">Clears the memory.</param>
    /// <param name="capacity">Sequences for which there is memory.</param>
    public DeviceStates(CudaContext context, CudaStream stream, int capacity)
    {
        samples = new(capacity, hasLayers: false);
        long bytes = Math.Max(1, (long)capacity * LayerDoubles) * sizeof(double);
        before = new(context, bytes);
        after = new(context, bytes);
        // No kernel writes the padding of rows in a state.
        before.Clear(stream);
        after.Clear(stream);
    }

    /// <summary>What a reader of samples needs of the first sequences.</summary>
    /// <param name="chunks">How sequences are cut.</param>
    /// <param name="chunk">The chunk's number.</param>
    /// <param name="count">Number of sequences.</param>
    /// <param name="hasNext">Whether another chunk follows.</param>
    public PassChunk Around(SequenceChunks chunks, int chunk, int count, bool hasNext) =>
        samples.Around(chunks, chunk, first: 0, count, hasNext);

    /// <summary>What the kernels need; arguments as of <see cref="Around"/>.</summary>
    public ChunkSettings Settings(int chunk, bool hasNext) => new()
    {
        Before = chunk == 0 ? 0 : before.Address,
        After = hasNext ? after.Address : 0,
        StateDoubles = LayerDoubles / SequenceModel<TModel>.Description.Tokens.Channels,
    };

    /// <summary>Makes the states after a chunk those before the next, for work that is enqueued from now on.</summary>
    public void Advance()
    {
        samples.Advance();
        (before, after) = (after, before);
    }

    /// <summary>A copy of the first sequences' states before the next chunk. Waits for all that the stream has been given.</summary>
    public double[] Copy(int count, CudaStream stream)
    {
        double[] states = samples.Copy(count), layers = new double[count * LayerDoubles];
        if (layers.Length > 0)
        {
            before.View<double>(0, layers.Length).CopyTo(layers, stream);
        }
        for (int i = 0; i < count; i++)
        {
            layers.AsSpan(i * LayerDoubles, LayerDoubles).CopyTo(states.AsSpan(i * (SampleDoubles + LayerDoubles) + SampleDoubles));
        }
        return states;
    }

    /// <summary>Restores what <see cref="Copy"/> returned, or <see cref="CarriedStates{TModel}.Copy"/>.</summary>
    public void Restore(ReadOnlySpan<double> states, CudaStream stream)
    {
        samples.Restore(states);
        if (states.IsEmpty || LayerDoubles == 0)
        {
            return;
        }
        int length = SampleDoubles + LayerDoubles;
        var layers = new double[states.Length / length * LayerDoubles];
        for (int i = 0; i * LayerDoubles < layers.Length; i++)
        {
            states.Slice(i * length + SampleDoubles, LayerDoubles).CopyTo(layers.AsSpan(i * LayerDoubles));
        }
        before.View<double>(0, layers.Length).CopyFrom(layers, stream);
    }

    public void Dispose()
    {
        before.Dispose();
        after.Dispose();
    }
}
