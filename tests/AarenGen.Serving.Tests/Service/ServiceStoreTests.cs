using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace AarenGen.Serving.Tests;

/// <summary>A service whose store is slow or fails: what callers and checkpoints see of it.</summary>
public sealed class ServiceStoreTests : ServiceTestBase
{
    [Fact]
    public async Task A_shard_whose_store_is_slow_harms_no_other()
    {
        await using StreamService<SmallModel> service = await StartAsync(
            new() { Shards = 2, MaxDelay = TimeSpan.Zero, MaxPendingTokens = 10 });
        // Which shard a stream belongs to differs from process to process; its log says it.
        var shardOf = new Dictionary<string, int>();
        for (int i = 0; shardOf.Values.Distinct().Count() < 2; i++)
        {
            await StepAsync(service, $"{i}", 1);
            shardOf[$"{i}"] = Contents.Entries[^1].Log;
        }
        string slow = shardOf.First(static s => s.Value == 0).Key, fast = shardOf.First(static s => s.Value == 1).Key;
        TaskCompletionSource gate = Hold(StoreOperation.Append, log: 0);
        Task<StepResult>[] waiting = [.. Enumerable.Range(2, 9).Select(n => StepAsync(service, slow, n))];
        for (int n = 2; n < 100; n++)
        {
            Assert.Equal(new(StepStatus.Accepted, n), await StepAsync(service, fast, n).WaitAsync(Patience));
        }
        // Tokens that wait are bounded for all together.
        Task<StepResult> last = StepAsync(service, slow, 11);
        StepRefusedException refused = await Assert.ThrowsAsync<StepRefusedException>(() => StepAsync(service, fast, 100));
        Assert.Equal(StepStatus.Busy, refused.Result.Status);
        gate.SetResult();
        await Task.WhenAll([.. waiting, last]).WaitAsync(Patience);
        Assert.Equal(11, (await last).Sequence);
    }

    [Theory]
    [InlineData(StoreFault.Before)]
    [InlineData(StoreFault.After)]
    internal async Task A_store_that_fails_for_a_while_refuses_tokens_and_loses_none(StoreFault fault)
    {
        StreamService<SmallModel> service = await StartAsync();
        StreamState<SmallModel>[] states = [.. Enumerable.Range(0, 20).Select(_ => Model.CreateState())];
        var random = new Random(1);
        Store.Fails = (o, _) =>
        {
            lock (random)
            {
                return o == StoreOperation.Append && random.Next(3) == 0 ? fault : StoreFault.None;
            }
        };
        await Task.WhenAll(states.Select((state, i) => Task.Run(async () =>
        {
            for (int n = 1; n <= 30;)
            {
                (StepResult[] results, float[][] outputs) = await service.Step(($"{i}", n, Token(n)));
                if (results[0].Status == StepStatus.Unavailable)
                {
                    Assert.Contains(FaultyStreamStore.Message, results[0].Message, StringComparison.Ordinal);
                    continue;
                }
                Assert.Equal(new(StepStatus.Accepted, n), results[0]);
                PoolCalls.AssertSame(Output(state, n), outputs[0]);
                n++;
            }
        }))).WaitAsync(Patience);
        Store.Fails = (_, _) => StoreFault.Before;
        await Assert.ThrowsAsync<IOException>(() => service.UseModelAsync(SmallModel.Create(8)));
        Assert.Same(Model, service.Model);
        Assert.Equal(FaultyStreamStore.Message, service.Failure!.Message);
        await Assert.ThrowsAsync<IOException>(service.StopAsync);
        Store = new(new MemoryStreamStore(Contents));
        await using StreamService<SmallModel> next = await StartAsync(new() { Shards = 2 });
        for (int i = 0; i < states.Length; i++)
        {
            var output = new float[2];
            Assert.Equal(new(StepStatus.Accepted, 31), await StepAsync(next, $"{i}", 31, output));
            PoolCalls.AssertSame(Output(states[i], 31), output);
        }
    }

    [Fact]
    public async Task Changed_streams_are_written_at_intervals()
    {
        await using StreamService<SmallModel> service = await StartAsync(new()
        {
            Shards = 2, MaxDelay = TimeSpan.Zero, CheckpointInterval = TimeSpan.FromSeconds(30),
            Pool = new() { IdleTime = TimeSpan.FromSeconds(100) },
        });
        await service.Step([.. Enumerable.Range(0, 20).Select(i => ($"{i}", 1L, Token(1)))]);
        Assert.NotEmpty(Contents.Entries);
        Time.Advance(TimeSpan.FromSeconds(29));
        await Task.Delay(30);
        Assert.Empty(Contents.Streams);
        await AdvanceUntil(() => Contents.Entries.Count == 0);
        Assert.Equal(20, Contents.Streams.Count);
        Assert.Equal(20, service.StreamCount);
        await AdvanceUntil(() => service.StreamCount == 0);
        Assert.Equal(new(StepStatus.Accepted, 2), await StepAsync(service, "3", 2));
    }

    [Fact]
    public async Task A_long_log_is_cut_before_the_interval_is_over()
    {
        await using StreamService<SmallModel> service = await StartAsync(new()
        {
            Shards = 1, MaxDelay = TimeSpan.Zero, CheckpointInterval = TimeSpan.MaxValue, MaxLogBytes = 1 << 20, MaxBatch = 1 << 15,
        });
        (string, long, float[])[] tokens = [.. Enumerable.Range(0, 25_000).Select(static i => ($"{i % 50}", 0L, Token(1)))];
        await service.Step(tokens);
        Time.Advance(TimeSpan.FromSeconds(5));
        await Task.Delay(30);
        Assert.NotEmpty(Contents.Entries);
        await service.Step(tokens);
        await AdvanceUntil(() => Contents.Entries.Count == 0);
        Assert.Equal(50, Contents.Streams.Count);
    }

    [Fact]
    public async Task A_checkpoint_that_fails_is_said_and_tried_again()
    {
        await using StreamService<SmallModel> service = await StartAsync(
            new() { Shards = 3, MaxDelay = TimeSpan.Zero, CheckpointInterval = TimeSpan.FromTicks(1) });
        int failed = 0;
        Store.Fails = (o, _) => o == StoreOperation.Write && Interlocked.Increment(ref failed) > 0 ? StoreFault.Before : StoreFault.None;
        await StepAsync(service, "a", 1);
        await AdvanceUntil(() => Volatile.Read(ref failed) >= 3);
        // Neither tokens of the same shard nor checkpoints of the others, which succeed, hide it.
        await StepAsync(service, "a", 2);
        await AdvanceUntil(() => service.Failure is not null);
        await Assert.ThrowsAsync<IOException>(() => service.CheckpointAsync());
        Assert.Equal(FaultyStreamStore.Message, service.Failure!.Message);
        Store.Fails = static (_, _) => StoreFault.None;
        await AdvanceUntil(() => service.Failure is null && Contents.Entries.Count == 0);
        Assert.Single(Contents.Streams);
    }

    [Fact]
    public async Task Background_checkpoints_survive_whatever_a_store_throws()
    {
        await using StreamService<SmallModel> service = await StartAsync(
            new() { Shards = 1, MaxDelay = TimeSpan.Zero, CheckpointInterval = TimeSpan.FromSeconds(1) });
        int failed = 0;
        Store.Fails = (o, _) => o == StoreOperation.Write && Interlocked.Increment(ref failed) > 0
            ? throw new NotSupportedException("A store breaks its contract.") : StoreFault.None;
        await StepAsync(service, "a", 1);
        await AdvanceUntil(() => service.Failure is IOException { InnerException: NotSupportedException });
        Store.Fails = static (_, _) => StoreFault.None;
        await AdvanceUntil(() => service.Failure is null && Contents.Entries.Count == 0);
    }

    [Fact]
    public async Task A_shard_that_broke_refuses_all_and_the_others_go_on()
    {
        StreamService<SmallModel> service = await StartAsync(new() { Shards = 2, MaxDelay = TimeSpan.Zero });
        (string, long, float[])[] tokens = [.. Enumerable.Range(0, 40).Select(static i => ($"{i}", 1L, Token(1)))];
        await service.Step(tokens);
        using var outputs = new BrokenMemory(2);
        var broken = new StepResult[1];
        await service.StepManyAsync((string[])["0"], Token(2), outputs.Memory, broken, (long[])[2]);
        Assert.Equal(StepStatus.Unavailable, broken[0].Status);
        Assert.Contains("must be started again: The memory is gone.", broken[0].Message, StringComparison.Ordinal);
        (StepResult[] again, _) = await service.Step([.. tokens.Select(static t => (t.Item1, 2L, Token(2)))]);
        Assert.Equal([StepStatus.Accepted, StepStatus.Unavailable], again.Select(static r => r.Status).Distinct().Order());
        Assert.Equal(StepStatus.Unavailable, again[0].Status);
        Assert.Contains("must be started again", again[0].Message, StringComparison.Ordinal);
        // What happened first is what is said.
        Assert.Equal("The memory is gone.", service.Failure!.Message);
        await Assert.ThrowsAsync<IOException>(() => service.FindAsync("0").AsTask());
        await service.StopAsync().WaitAsync(Patience);
        Store = new(new MemoryStreamStore(Contents));
        await using StreamService<SmallModel> next = await StartAsync();
        for (int i = 0; i < 40; i++)
        {
            Assert.Equal(i == 0 || again[i].HasOutput ? 2 : 1, (await next.FindAsync($"{i}"))!.Value.Sequence);
        }
    }

    /// <summary>Not after the interval, which may be a day.</summary>
    [Fact]
    public async Task A_checkpoint_that_failed_is_tried_again_soon()
    {
        await using StreamService<SmallModel> service = await StartAsync(
            new() { Shards = 1, MaxDelay = TimeSpan.Zero, CheckpointInterval = TimeSpan.FromDays(1) });
        int writes = 0;
        Store.Fails = (o, _) => o == StoreOperation.Write && Interlocked.Increment(ref writes) > 0 ? StoreFault.Before : StoreFault.None;
        await StepAsync(service, "a", 1);
        Time.Advance(TimeSpan.FromDays(1));
        await Until(() => service.Failure is not null);
        Store.Fails = static (_, _) => StoreFault.None;
        Time.Advance(TimeSpan.FromSeconds(5));
        await AdvanceUntil(() => service.Failure is null && Contents.Entries.Count == 0);
        Assert.Single(Contents.Streams);
        Assert.InRange(TimeSpan.FromTicks(Time.GetTimestamp()), TimeSpan.FromDays(1), TimeSpan.FromDays(1.9));
    }

    /// <summary>Also where it had to wait for another call: a store that blocks takes no thread of those that serve callers.</summary>
    [Fact]
    public async Task A_shard_appends_on_its_own_thread()
    {
        await using StreamService<SmallModel> service = await StartAsync(new() { Shards = 1, MaxDelay = TimeSpan.Zero });
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var threads = new ConcurrentQueue<string?>();
        Store.Waits = (o, _) =>
        {
            if (o == StoreOperation.Append)
            {
                threads.Enqueue(Thread.CurrentThread.Name);
            }
            return o == StoreOperation.Read ? read.Task : Task.CompletedTask;
        };
        Task<StreamInfo?> found = service.FindAsync("unknown").AsTask();
        Task<StepResult> step = StepAsync(service, "a", 1);
        await Until(() => service.PendingTokens == 1);
        await Task.Delay(20);
        Assert.False(step.IsCompleted);
        Store.Waits = (o, _) =>
        {
            threads.Enqueue(o == StoreOperation.Append ? Thread.CurrentThread.Name : null);
            return Task.CompletedTask;
        };
        read.SetResult();
        Assert.Null(await found.WaitAsync(Patience));
        await step.WaitAsync(Patience);
        Assert.StartsWith("AarenGen ", Assert.Single(threads, static t => t is not null), StringComparison.Ordinal);
    }

    /// <summary>Whatever throws beside the store: the tokens were read, and are said to be.</summary>
    [Fact]
    public async Task Listeners_that_throw_are_no_matter_of_the_streams()
    {
        using var listener = new MeterListener();
        listener.InstrumentPublished = static (instrument, l) =>
        {
            if (instrument.Meter.Name == "AarenGen.Serving" && !instrument.IsObservable
                && instrument.Meter.Tags!.Single().Value is string name && name.EndsWith(nameof(ListenedModel), StringComparison.Ordinal))
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        int thrown = 0;
        listener.SetMeasurementEventCallback<int>((_, _, _, _) => Throw());
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => Throw());
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => Throw());
        listener.Start();
        await using StreamService<ListenedModel> service = await StreamService<ListenedModel>.StartAsync(
            ListenedModel.Create(1), Store, new() { Shards = 2, MaxDelay = TimeSpan.Zero, Pool = new() { MaxStreams = 4 } });
        for (int n = 1; n <= 3; n++)
        {
            (StepResult[] results, _) = await service.Step([.. Enumerable.Range(0, 30).Select(i => ($"{i}", (long)n, (float[])[1]))]);
            Assert.All(results, r => Assert.Equal(new(StepStatus.Accepted, n), r));
            await service.CheckpointAsync();
        }
        Store.Fails = static (o, _) => o == StoreOperation.Append ? StoreFault.Before : StoreFault.None;
        Assert.Equal(StepStatus.Unavailable, (await service.Step(("a", 1, [1]))).Results[0].Status);
        Store.Fails = static (_, _) => StoreFault.None;
        await service.Step(("a", 1, [1]));
        await service.CheckpointAsync();
        Assert.Null(service.Failure);
        Assert.True(thrown > 0);

        void Throw()
        {
            Interlocked.Increment(ref thrown);
            throw new NotSupportedException("A listener throws.");
        }
    }

    /// <summary>Moves the clock until something is so.</summary>
    private Task AdvanceUntil(Func<bool> isSo) => Until(() =>
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        return isSo();
    });
}
