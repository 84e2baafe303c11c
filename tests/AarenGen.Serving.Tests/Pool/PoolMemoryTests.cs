using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace AarenGen.Serving.Tests;

/// <summary>Memory and allocations, which other tests must not disturb.</summary>
[CollectionDefinition(nameof(MeasuredAlone), DisableParallelization = true)]
public sealed class MeasuredAlone;

/// <summary>What a stream costs above its state and its last output, and what a call allocates.</summary>
[Collection(nameof(MeasuredAlone))]
public sealed class PoolMemoryTests
{
    private const int MaxBytesPerStream = 64, Batch = 256;

    [Fact]
    public void A_million_streams_take_at_most_64_bytes_each_above_state_and_output()
    {
        const int Streams = 1_000_000;
        var rows = new StreamRows<TinyModel>(TinyModel.Create(1), new());
        double worst = Worst(rows, Streams, idBytes: 20);
        Assert.InRange(worst, Unsafe.SizeOf<StreamRow>() + 20, MaxBytesPerStream);
        Assert.Equal(Streams, rows.Count);
        // Nothing is added by streams that leave and come back.
        long memory = rows.MemoryBytes;
        for (int row = 0; row < Streams; row += 2)
        {
            rows.Remove(row);
        }
        Span<byte> id = stackalloc byte[20];
        for (int i = 0; i < Streams / 2; i++)
        {
            rows.Add(IdOf(Streams + i, id), StreamTable.HashOf(IdOf(Streams + i, id)));
        }
        Assert.Equal(memory, rows.MemoryBytes);
    }

    [Fact]
    public void Also_where_each_series_has_statistics_of_its_own()
    {
        var rows = new StreamRows<SeriesModel>(ServingModels.Create<SeriesModel>(1), new());
        Assert.InRange(Worst(rows, 300_000, idBytes: 16), Unsafe.SizeOf<StreamRow>() + 16 + sizeof(int), MaxBytesPerStream);
    }

    [Fact]
    public void What_is_counted_is_what_is_allocated()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var rows = new StreamRows<TinyModel>(TinyModel.Create(1), new());
        Fill(rows, 0, 200_000, 16, new());
        long after = GC.GetTotalMemory(forceFullCollection: true);
        // Headers of arrays, the model and lists of slabs.
        Assert.InRange(after - before, rows.MemoryBytes - (100 << 10), rows.MemoryBytes + (100 << 10));
        GC.KeepAlive(rows);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_for_known_streams_allocates_nothing(bool isStored)
    {
        var model = SmallModel.Create(1);
        await using StreamPool<SmallModel> pool = isStored
            ? await StreamPool<SmallModel>.OpenAsync(model, new NullStore()) : new StreamPool<SmallModel>(model);
        string[] ids = [.. Enumerable.Range(0, Batch).Select(static i => i.ToString(CultureInfo.InvariantCulture))];
        float[] tokens = new float[3 * Batch], outputs = new float[2 * Batch];
        var results = new StepResult[Batch];
        await CallAsync(100);
        long before = GC.GetAllocatedBytesForCurrentThread();
        // All completes at once, on this thread.
        ValueTask calls = CallAsync(200);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(calls.IsCompletedSuccessfully);
        await calls;
        Assert.All(results, static r => Assert.Equal((StepStatus.Accepted, 300), (r.Status, r.Sequence)));
        // Code that is compiled anew meanwhile may leave a little.
        Assert.InRange(allocated, 0, 200 * 8);

        async ValueTask CallAsync(int count)
        {
            for (int i = 0; i < count; i++)
            {
                await pool.StepManyAsync(ids, tokens, outputs, results);
            }
        }
    }

    [Fact]
    public async Task A_call_of_a_service_allocates_hardly_anything()
    {
        const int Calls = 200;
        await using StreamService<SmallModel> service = await StreamService<SmallModel>.StartAsync(
            SmallModel.Create(1), new NullStore(), new() { Shards = 1, MaxDelay = TimeSpan.Zero });
        string[] ids = [.. Enumerable.Range(0, Batch).Select(static i => i.ToString(CultureInfo.InvariantCulture))];
        float[] tokens = new float[3 * Batch], outputs = new float[2 * Batch];
        var results = new StepResult[Batch];
        await CallAsync(100);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await CallAsync(Calls);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.All(results, static r => Assert.Equal((StepStatus.Accepted, 100 + Calls), (r.Status, r.Sequence)));
        // The waiting of the shard for the next call, and whatever the process does beside: a few bytes a token.
        Assert.InRange(allocated, 0, Calls * 2048);

        async Task CallAsync(int count)
        {
            for (int i = 0; i < count; i++)
            {
                await service.StepManyAsync(ids, tokens, outputs, results);
            }
        }
    }

    /// <summary>Adds streams with ids of some length; the most bytes above state and output that one took, once there are many.</summary>
    private static double Worst<TModel>(StreamRows<TModel> rows, int streams, int idBytes)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        int own = sizeof(double) * description.Layout.StateDoubles + sizeof(float) * description.OutputWidth;
        double worst = 0;
        var state = new StreamState<TModel>();
        for (int i = 0; i < streams; i++)
        {
            Fill(rows, i, 1, idBytes, state);
            // A slab that has just begun is memory for streams to come, which counts little where there are many.
            if (i >= 150_000)
            {
                worst = Math.Max(worst, (rows.MemoryBytes - (double)own * rows.Capacity) / rows.Count);
            }
        }
        return worst;
    }

    private static void Fill<TModel>(StreamRows<TModel> rows, int first, int count, int idBytes, StreamState<TModel> state)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        Span<byte> id = new byte[idBytes];
        for (int i = first; i < first + count; i++)
        {
            IdOf(i, id);
            rows.Attach(state, rows.Add(id, StreamTable.HashOf(id)));
        }
    }

    private static Span<byte> IdOf(int i, Span<byte> id)
    {
        id.Fill((byte)'-');
        Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture), id);
        return id;
    }

    /// <summary>A store that keeps nothing.</summary>
    private sealed class NullStore : IStreamStore
    {
        private long position;

        public ValueTask ReadAsync(IReadOnlyList<string> ids, SavedStreamReceiver receive, CancellationToken cancellationToken) =>
            ValueTask.CompletedTask;

        public ValueTask WriteAsync(IReadOnlyList<SavedStreamData> streams, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public IAsyncEnumerable<SavedStreamData> ReadAllAsync(CancellationToken cancellationToken) =>
            AsyncEnumerable.Empty<SavedStreamData>();

        public ValueTask<long> AppendAsync(int log, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken) =>
            new(Interlocked.Increment(ref position));

        public ValueTask FlushLogAsync(int log, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public IAsyncEnumerable<StoredLogEntry> ReadLogAsync(CancellationToken cancellationToken) =>
            AsyncEnumerable.Empty<StoredLogEntry>();

        public ValueTask TruncateAsync(int log, long last, CancellationToken cancellationToken) => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
