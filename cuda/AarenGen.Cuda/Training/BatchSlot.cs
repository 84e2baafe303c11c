using AarenGen.Cuda.Driver;
using AarenGen.Training;

namespace AarenGen.Cuda.Training;

/// <summary>
/// A place for one batch: pinned memory that it is read into, device memory that it is copied to on a stream of its own, and events that
/// say when it has come and when the device is done with it. Two take turns, so that one is filled while the other is worked on.
/// </summary>
internal sealed class BatchSlot<TModel> : IDisposable where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly ModelDescription Description = SequenceModel<TModel>.Description;

    private readonly CudaStream copies;
    private readonly Column<float> tokens, statistics, targets, tokenWeights, sequenceWeights;
    private readonly Column<int> ends;
    private readonly Column<Settings> settings;
    private readonly Column<ChunkSettings> chunk;
    private readonly CudaEvent uploaded, done;

    /// <param name="context">The device.</param>
    /// <param name="copies">The stream of the copies.</param>
    /// <param name="rows">Maximum number of rows of a batch.</param>
    /// <param name="sequences">Maximum number of sequences of a batch.</param>
    public BatchSlot(CudaContext context, CudaStream copies, int rows, int sequences)
    {
        this.copies = copies;
        tokens = new(context, rows, BatchReader<TModel>.TokenStride);
        statistics = new(context, rows, Description.RowStatistics);
        targets = new(context, rows, Description.RowTargetWidth);
        tokenWeights = new(context, rows, 1);
        sequenceWeights = new(context, rows, 1);
        ends = new(context, sequences, 1);
        settings = new(context, 1, 1);
        chunk = new(context, 1, 1);
        uploaded = new(context);
        done = new(context);
    }

    /// <summary>Addresses of the batch.</summary>
    public Pass Fill(Pass pass) => pass with
    {
        Tokens = tokens.Address,
        Statistics = statistics.Address,
        Targets = targets.Address,
        TokenWeights = tokenWeights.Address,
        SequenceWeights = sequenceWeights.Address,
        Ends = ends.Address,
        Settings = settings.Address,
        Chunk = chunk.Address,
    };

    /// <summary>
    /// Reads sequences, or a chunk of each, into pinned memory, once the device is done with what was there.
    /// </summary>
    public BatchExtent Read(
        BatchReader<TModel> reader, SequenceData data, ReadOnlySpan<int> sequences, double weightScale = 1,
        scoped PassChunk chunk = default)
    {
        done.Synchronize();
        return reader.Read(data, sequences, new()
        {
            Tokens = tokens.Host,
            Statistics = statistics.Host,
            Targets = targets.Host,
            TokenWeights = tokenWeights.Host,
            SequenceWeights = sequenceWeights.Host,
            Ends = ends.Host,
        }, weightScale, chunk);
    }

    /// <summary>
    /// Copies what was read to the device, and lets a stream work on it when it has come. States: those around the chunk, where sequences
    /// are cut.
    /// </summary>
    public void Run(BatchExtent extent, Settings step, CudaStream work, CudaGraph graph, ChunkSettings? states = null)
    {
        settings.Host[0] = step;
        tokens.Upload(extent.Rows, copies);
        statistics.Upload(extent.Rows, copies);
        targets.Upload(extent.Rows, copies);
        tokenWeights.Upload(extent.Rows, copies);
        sequenceWeights.Upload(extent.Rows, copies);
        ends.Upload(extent.Sequences, copies);
        settings.Upload(1, copies);
        if (states is { } around)
        {
            chunk.Host[0] = around;
            chunk.Upload(1, copies);
        }
        uploaded.Record(copies);
        work.Wait(uploaded);
        graph.Launch(work);
        done.Record(work);
    }

    public void Dispose()
    {
        foreach (IDisposable resource in (IDisposable[])[tokens, statistics, targets, tokenWeights, sequenceWeights, ends, settings, chunk,
            uploaded, done])
        {
            resource.Dispose();
        }
    }

    /// <summary>So many numbers a row, here and on the device. None where rows have none.</summary>
    private sealed class Column<T>(CudaContext context, int rows, int width) : IDisposable where T : unmanaged
    {
        private readonly PinnedBuffer<T> host = new(context, Math.Max(1, checked(rows * width)));
        private readonly DeviceBuffer device = new(
            context, Math.Max(1, (long)rows * width) * System.Runtime.CompilerServices.Unsafe.SizeOf<T>());

        public Span<T> Host => host.Span;

        public nint Address => device.Address;

        public void Upload(int used, CudaStream stream)
        {
            if (width > 0)
            {
                device.View<T>().Slice(0, (long)used * width).EnqueueCopyFrom(host, stream);
            }
        }

        public void Dispose()
        {
            host.Dispose();
            device.Dispose();
        }
    }
}
