using System.Runtime.CompilerServices;

namespace AarenGen.Serving.Tests;

public sealed class SavedStreamTests
{
    private const int Streams = 700;

    private static readonly string[] Ids = [.. Enumerable.Range(0, Streams).Select(static i => $"sensor {i}")];

    private readonly SmallModel model = SmallModel.Create(3);

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Streams_go_on_in_another_place(bool fromStore, bool toStore)
    {
        using var file = new MemoryStream();
        float[] expected;
        await using (IStreamStore? store = Store(fromStore))
        await using (var service = await StreamService<SmallModel>.StartAsync(model, store, new() { Shards = 3 }))
        {
            await StepAsync(service, 1);
            await StepAsync(service, 2);
            await service.SaveAsync(file);
            expected = await StepAsync(service, 3);
        }
        file.Position = 0;
        await using IStreamStore? other = Store(toStore);
        await using var second = await StreamService<SmallModel>.StartAsync(model, other, new() { Shards = 2 });

        Assert.Equal(Streams, await second.LoadAsync(file));

        Assert.Equal(file.Length, file.Position);
        Assert.Equal(2, (await second.FindAsync(Ids[5]))!.Value.Sequence);
        Assert.Equal(expected, await StepAsync(second, 3));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Damage_anywhere_leaves_no_streams(bool hasStore)
    {
        using var file = new MemoryStream();
        await using (var pool = new StreamPool<SmallModel>(model))
        {
            await StepAsync(pool, 1);
            await pool.SaveAsync(file);
        }
        byte[] bytes = file.ToArray();
        await using IStreamStore? store = Store(hasStore);
        await using StreamPool<SmallModel> target = store is null
            ? new StreamPool<SmallModel>(model) : await StreamPool<SmallModel>.OpenAsync(model, store);
        var random = new Random(4);
        for (int i = 0; i < 40; i++)
        {
            byte[] damaged = [.. bytes];
            int at = i switch { 0 => 0, 1 => 9, 2 => 20, 3 => bytes.Length - 1, 4 => bytes.Length - 9, _ => random.Next(bytes.Length) };
            damaged[at] ^= (byte)(1 << random.Next(8));
            byte[] read = i % 4 == 3 ? bytes[..random.Next(bytes.Length)] : damaged;

            await Assert.ThrowsAsync<ModelFileException>(() => target.LoadAsync(new MemoryStream(read)));

            Assert.Equal(0, target.Count);
            Assert.Null(await target.FindAsync(Ids[0]));
        }
        Assert.Equal(Streams, await target.LoadAsync(new MemoryStream(bytes)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => target.LoadAsync(new MemoryStream(bytes)));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Tokens_that_come_while_streams_are_loaded_wait(bool hasStore, bool isCutOff)
    {
        using var saved = new MemoryStream();
        await using (var pool = new StreamPool<SmallModel>(model))
        {
            await StepAsync(pool, 1);
            await pool.SaveAsync(saved);
        }
        byte[] bytes = saved.ToArray();
        using var file = new SlowStream(isCutOff ? bytes[..^1] : bytes);
        await using IStreamStore? store = Store(hasStore);
        await using var service = await StreamService<SmallModel>.StartAsync(model, store, new() { Shards = 2, MaxDelay = TimeSpan.Zero });

        Task<long> loading = service.LoadAsync(file);
        await file.IsHalfRead;
        var output = new float[2];
        Task<StepResult> known = service.StepAsync(Ids[0], new float[3], output, 0).AsTask();
        Task<StepResult> other = service.StepAsync("another", new float[3], new float[2], 0).AsTask();
        Task<StreamInfo?> found = service.FindAsync(Ids[1]).AsTask();
        Assert.False(known.IsCompleted || other.IsCompleted || found.IsCompleted);
        file.Go();

        if (isCutOff)
        {
            await Assert.ThrowsAsync<ModelFileException>(() => loading);
        }
        else
        {
            Assert.Equal(Streams, await loading);
        }
        // What came meanwhile is there in any case.
        Assert.Equal(new(StepStatus.Accepted, isCutOff ? 1 : 2), await known);
        Assert.Equal(new(StepStatus.Accepted, 1), await other);
        Assert.Equal(isCutOff ? null : 1, (await found)?.Sequence);
        Assert.Equal(isCutOff ? 1 : 2, (await service.FindAsync(Ids[0]))!.Value.Sequence);
        await Assert.ThrowsAsync<InvalidOperationException>(() => service.LoadAsync(new MemoryStream(bytes)));
        Assert.Equal(1, (await service.FindAsync("another"))!.Value.Sequence);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Streams_that_cannot_be_taken_back_are_told_of(bool isHalf)
    {
        using var saved = new MemoryStream();
        await using (var pool = new StreamPool<SmallModel>(model))
        {
            await StepAsync(pool, 1);
            await pool.SaveAsync(saved);
        }
        var contents = new MemoryStreamStore.Contents();
        var store = new FaultyStreamStore(new MemoryStreamStore(contents));
        await using StreamPool<SmallModel> target = await StreamPool<SmallModel>.OpenAsync(model, store);
        int writes = 0;
        store.Fails = (o, _) => o == StoreOperation.Write && (isHalf ? ++writes == 2 : ++writes > 1) ? StoreFault.Half : StoreFault.None;
        saved.Position = 0;
        IOException error = await Assert.ThrowsAsync<IOException>(() => target.LoadAsync(saved));
        // A part that was half written is taken back whole.
        Assert.Equal(isHalf, contents.Streams.Count == 0);
        Assert.Equal(!isHalf, error.Message.Contains("taken back", StringComparison.Ordinal));
    }

    /// <summary>A stream that was removed while a file was written, and began again.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_a_stream_that_is_in_a_file_twice_the_last_counts(bool hasStore)
    {
        var contents = new MemoryStreamStore.Contents();
        var twice = new TwiceStore(new MemoryStreamStore(contents), "a");
        using var file = new MemoryStream();
        await using (StreamPool<SmallModel> pool = await StreamPool<SmallModel>.OpenAsync(model, twice))
        {
            for (int n = 1; n <= 3; n++)
            {
                await pool.StepOne("a", n, new float[3]);
            }
            await pool.StepOne("b", 1, new float[3]);
            twice.Meanwhile = async () =>
            {
                await pool.RemoveAsync(["a"]);
                await pool.StepOne("a", 1, new float[3]);
                await pool.CheckpointAsync();
            };
            await pool.SaveAsync(file);
        }
        file.Position = 0;
        await using IStreamStore? store = Store(hasStore);
        await using var second = await StreamService<SmallModel>.StartAsync(model, store, new() { Shards = 2 });
        Assert.Equal(2, await second.LoadAsync(file));
        Assert.Equal(1, (await second.FindAsync("a"))!.Value.Sequence);
        Assert.Equal(1, (await second.FindAsync("b"))!.Value.Sequence);
    }

    /// <summary>A length that is damaged must not take memory that the file has no bytes for.</summary>
    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(700_000)]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_stream_of_a_length_that_cannot_be_takes_no_memory(int length)
    {
        using var file = new MemoryStream();
        await using var pool = new StreamPool<SmallModel>(model);
        await pool.StepOne("a", 1, new float[3]);
        await pool.SaveAsync(file);
        byte[] bytes = file.ToArray();
        // Before the streams: eight letters, a version, a declaration; then the length of the id, the id, and that of its bytes.
        BitConverter.TryWriteBytes(bytes.AsSpan(8 + 4 + 64 + 1 + 1), length);
        await using var other = new StreamPool<SmallModel>(model);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ValueTask<long> loading = new(other.LoadAsync(new MemoryStream(bytes)));
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        await Assert.ThrowsAsync<ModelFileException>(() => loading.AsTask());
        Assert.InRange(allocated, 0, 300 << 10);
    }

    [Fact]
    public async Task Streams_of_another_declaration_and_other_files_are_refused()
    {
        using var file = new MemoryStream();
        await using var pool = new StreamPool<SmallModel>(model);
        await StepAsync(pool, 1);
        await pool.SaveAsync(file);
        await using var other = new StreamPool<OtherModel>(OtherModel.Create(3));
        file.Position = 0;

        Assert.Contains(
            "another declaration", (await Assert.ThrowsAsync<ModelFileException>(() => other.LoadAsync(file))).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "no streams",
            (await Assert.ThrowsAsync<ModelFileException>(() => other.LoadAsync(new MemoryStream(new byte[200])))).Message,
            StringComparison.Ordinal);
    }

    private static MemoryStreamStore? Store(bool isWanted) => isWanted ? new MemoryStreamStore(new()) : null;

    private static float[] Tokens(int sequence)
    {
        var random = new Random(sequence);
        return [.. Enumerable.Range(0, Streams * 3).Select(_ => random.NextSingle())];
    }

    private static async Task<float[]> StepAsync(StreamService<SmallModel> service, int sequence)
    {
        var outputs = new float[Streams * 2];
        var results = new StepResult[Streams];
        await service.StepManyAsync(Ids, Tokens(sequence), outputs, results);
        Assert.All(results, r => Assert.Equal(new(StepStatus.Accepted, sequence), r));
        return outputs;
    }

    private static async Task StepAsync(StreamPool<SmallModel> pool, int sequence)
    {
        var results = new StepResult[Streams];
        await pool.StepManyAsync(Ids, Tokens(sequence), new float[Streams * 2], results);
        Assert.All(results, r => Assert.Equal(new(StepStatus.Accepted, sequence), r));
    }

    /// <summary>A file that stops in the middle until it may go on.</summary>
    private sealed class SlowStream(byte[] bytes) : Stream
    {
        private readonly TaskCompletionSource halfRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource goes = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly MemoryStream inner = new(bytes);

        public Task IsHalfRead => halfRead.Task;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public void Go() => goes.SetResult();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (inner.Position > inner.Length / 2)
            {
                halfRead.TrySetResult();
                await goes.Task;
            }
            return await inner.ReadAsync(buffer, cancellationToken);
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    /// <summary>A store that gives a stream, lets things happen, and gives what has become of it once more.</summary>
    private sealed class TwiceStore(IStreamStore inner, string id) : IStreamStore
    {
        public Func<Task>? Meanwhile { get; set; }

        public ValueTask ReadAsync(IReadOnlyList<string> ids, SavedStreamReceiver receive, CancellationToken cancellationToken) =>
            inner.ReadAsync(ids, receive, cancellationToken);

        public ValueTask WriteAsync(IReadOnlyList<SavedStreamData> streams, CancellationToken cancellationToken) =>
            inner.WriteAsync(streams, cancellationToken);

        public async IAsyncEnumerable<SavedStreamData> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (SavedStreamData saved in inner.ReadAllAsync(cancellationToken))
            {
                yield return saved;
            }
            if (Meanwhile is { } happens)
            {
                await happens();
                byte[] after = [];
                await inner.ReadAsync([id], (_, data) => after = data.ToArray(), cancellationToken);
                yield return new(id, after);
            }
        }

        public ValueTask<long> AppendAsync(int log, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken) =>
            inner.AppendAsync(log, entry, cancellationToken);

        public ValueTask FlushLogAsync(int log, CancellationToken cancellationToken) => inner.FlushLogAsync(log, cancellationToken);

        public IAsyncEnumerable<StoredLogEntry> ReadLogAsync(CancellationToken cancellationToken) => inner.ReadLogAsync(cancellationToken);

        public ValueTask TruncateAsync(int log, long last, CancellationToken cancellationToken) =>
            inner.TruncateAsync(log, last, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
