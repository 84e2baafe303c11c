namespace AarenGen.Serving.Tests;

/// <summary>Other weights while tokens come.</summary>
public sealed class ServiceWeightTests : ServiceTestBase
{
    [Theory]
    [InlineData(WeightChange.Reset)]
    [InlineData(WeightChange.Keep)]
    [InlineData(WeightChange.Replay)]
    public async Task No_output_of_old_weights_follows_one_of_new(WeightChange policy)
    {
        const int Versions = 5, Callers = 6, TokensPerVersion = 300, History = 3;
        SmallModel[] models = Models(), oracleModels = Models();
        await using StreamService<SmallModel> service = await StreamService<SmallModel>.StartAsync(models[0], Store, new()
        {
            Shards = 3, MaxDelay = TimeSpan.Zero, Pool = new() { OnWeightChange = policy, HistoryTokens = History, MaxStreams = 9 },
        });
        // What anybody has seen, and what may be seen.
        int newest = 0, allowed = 0, tokens = 0;
        bool isEnding = false;
        var counts = new int[Versions];
        Task callers = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            string[] ids = [$"{caller}", $"{caller}/2"];
            var oracle = new StreamOracle<SmallModel>(oracleModels[0], policy, History);
            for (int n = 1; !Volatile.Read(ref isEnding); n++)
            {
                int before = Volatile.Read(ref newest);
                (StepResult[] results, float[][] outputs) = await service.Step((ids[0], n, Token(n)), (ids[1], n, Token(n)));
                for (int i = 0; i < ids.Length; i++)
                {
                    Assert.Equal(new(StepStatus.Accepted, n), results[i]);
                    int after = Volatile.Read(ref allowed);
                    int version = Enumerable.Range(before, after - before + 1)
                        .FirstOrDefault(v => PoolCalls.AreSame(oracle.OutputWith(oracleModels[v], ids[i], Token(n)), outputs[i]), -1);
                    Assert.True(version >= 0, $"Token {n} has the output of no weights from version {before} to {after}.");
                    oracle.Use(oracleModels[version]);
                    oracle.Accept(ids[i], Token(n));
                    Interlocked.Increment(ref counts[version]);
                    Raise(ref newest, version);
                }
                Interlocked.Increment(ref tokens);
            }
        })));
        for (int version = 1; version < Versions; version++)
        {
            int enough = Volatile.Read(ref tokens) + TokensPerVersion;
            await Until(() => callers.IsCompleted || Volatile.Read(ref tokens) >= enough);
            // It fails when two of three shards stand ready.
            Store.Fails = static (o, l) => o == StoreOperation.Truncate && l == 2 ? StoreFault.Before : StoreFault.None;
            await Assert.ThrowsAsync<IOException>(() => service.UseModelAsync(models[version]));
            Assert.Same(models[version - 1], service.Model);
            Store.Fails = static (_, _) => StoreFault.None;
            using var cancelled = new CancellationTokenSource();
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => service.UseModelAsync(models[version], cancelled.Token));
            Volatile.Write(ref allowed, version);
            await service.UseModelAsync(models[version]).WaitAsync(Patience);
            Assert.Same(models[version], service.Model);
            Raise(ref newest, version);
        }
        int last = Volatile.Read(ref tokens) + TokensPerVersion;
        await Until(() => callers.IsCompleted || Volatile.Read(ref tokens) >= last);
        Volatile.Write(ref isEnding, true);
        await callers.WaitAsync(Patience);
        Assert.All(counts, static c => Assert.True(c > 0));

        static SmallModel[] Models() => [.. Enumerable.Range(0, Versions).Select(static i => SmallModel.Create(50 + i))];
    }

    [Fact]
    public async Task Two_changes_at_a_time_come_one_after_the_other()
    {
        await using StreamService<SmallModel> service = await StartAsync();
        SmallModel[] models = [.. Enumerable.Range(0, 8).Select(static i => SmallModel.Create(50 + i))];
        await Task.WhenAll(models.Select(m => Task.Run(() => service.UseModelAsync(m)))).WaitAsync(Patience);
        SmallModel last = service.Model;
        Assert.Contains(last, models);
        for (int i = 0; i < 20; i++)
        {
            // In all shards the same.
            var output = new float[2];
            await StepAsync(service, $"{i}", 1, output);
            PoolCalls.AssertSame(Output(last.CreateState(), 1, other: last), output);
        }
    }

    /// <summary>No store waits until the disk knows which entries are removed, so that a loss of power may bring some back.</summary>
    [Fact]
    public async Task Logs_of_different_weights_are_told_and_read_with_the_later_ones()
    {
        string[] ids = [.. Enumerable.Range(0, 20).Select(static i => $"{i}")];
        SmallModel later = SmallModel.Create(8);
        var logOf = new Dictionary<string, int>();
        StreamService<SmallModel> lost = await StartAsync();
        foreach (string id in ids)
        {
            await StepAsync(lost, id, 1);
            logOf[id] = Contents.Entries[^1].Log;
        }
        int returning = logOf[ids[0]];
        StoredLogEntry[] removed = [.. Contents.Entries.Where(e => e.Log == returning)];
        await lost.UseModelAsync(later);
        var output = new float[2];
        var outputs = new Dictionary<string, float[]>();
        foreach (string id in ids)
        {
            await StepAsync(lost, id, 2, output);
            outputs[id] = [.. output];
        }
        Assert.Equal(later.WeightFingerprint, await Store.FindLogWeightsAsync());
        // One log comes back as it was before the change.
        Contents.Entries.RemoveAll(e => e.Log == returning);
        Contents.Entries.AddRange(removed);
        Assert.Contains(Contents.Entries, e => e.Log != returning);
        IOException told = await Assert.ThrowsAsync<IOException>(() => Store.FindLogWeightsAsync());
        Assert.Contains($"log {returning} with {Model.WeightFingerprint}", told.Message, StringComparison.Ordinal);
        Assert.Contains(later.WeightFingerprint, told.Message, StringComparison.Ordinal);
        Store = new(new MemoryStreamStore(Contents));
        await using StreamService<SmallModel> next = await StreamService<SmallModel>.StartAsync(later, Store, new() { Shards = 2 });
        foreach (string id in ids)
        {
            bool isBefore = logOf[id] == returning;
            StreamInfo info = (await next.FindAsync(id, output))!.Value;
            Assert.Equal((isBefore ? 1 : 2, (isBefore ? Model : later).WeightFingerprint), (info.Sequence, info.WeightFingerprint));
            PoolCalls.AssertSame(isBefore ? Output(Model.CreateState(), 1) : outputs[id], output);
        }
    }

    private static void Raise(ref int value, int to)
    {
        for (int seen = Volatile.Read(ref value); seen < to;)
        {
            int found = Interlocked.CompareExchange(ref value, to, seen);
            seen = found == seen ? to : found;
        }
    }
}
