namespace AarenGen.Serving.Tests;

/// <summary>A service with many callers: order, batches, limits, cancellation, and its end.</summary>
public sealed class StreamServiceTests : ServiceTestBase
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(64, 1)]
    public async Task Many_callers_get_the_outputs_of_streams_of_their_own(int shards, int milliseconds)
    {
        const int Callers = 8, Streams = 9, Calls = 60;
        var options = new StreamServiceOptions
        {
            Shards = shards, MaxDelay = TimeSpan.FromMilliseconds(milliseconds), MaxBatch = 16, Pool = new() { MaxStreams = 40 },
        };
        await using StreamService<SmallModel> service = await StartAsync(options);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(caller);
            var oracle = new StreamOracle<SmallModel>(SmallModel.Create(7), WeightChange.Reset, 0);
            for (int call = 0; call < Calls; call++)
            {
                (string Id, long Sequence, float[] Token)[] tokens =
                [
                    .. Enumerable.Range(0, random.Next(1, 25))
                        .Select(_ => ($"{caller}/{random.Next(Streams)}", 0L, Token(random.Next(1000)))),
                ];
                (StepResult[] results, float[][] outputs) = await service.Step(tokens);
                for (int i = 0; i < tokens.Length; i++)
                {
                    Assert.Equal((StepStatus.Accepted, null), (results[i].Status, results[i].Message));
                    PoolCalls.AssertSame(oracle.Accept(tokens[i].Id, tokens[i].Token), outputs[i]);
                    Assert.Equal(oracle.SequenceOf(tokens[i].Id), results[i].Sequence);
                }
                string id = tokens[0].Id;
                var output = new float[2];
                StepResult one = await service.StepAsync(id, Token(call), output, oracle.SequenceOf(id) + 1);
                PoolCalls.AssertSame(oracle.Accept(id, Token(call)), output);
                Assert.Equal(new(StepStatus.Accepted, oracle.SequenceOf(id)), one);
                Assert.Equal(oracle.SequenceOf(id), (await service.FindAsync(id))!.Value.Sequence);
                if (call % 10 == 9)
                {
                    await service.ResetAsync(id);
                    oracle.Reset(id);
                    oracle.Remove(tokens[^1].Id);
                    Assert.Equal(1, await service.RemoveAsync([tokens[^1].Id]));
                    await service.CheckpointAsync();
                }
            }
        }))).WaitAsync(Patience);
        Assert.Equal(0, service.PendingTokens);
        Assert.Null(service.Failure);
    }

    [Fact]
    public async Task The_number_of_shards_may_change_between_two_starts()
    {
        const int Streams = 50;
        StreamState<SmallModel>[] states = [.. Enumerable.Range(0, Streams).Select(_ => Model.CreateState())];
        int n = 0;
        foreach ((int shards, bool isKilled) in ((int, bool)[])[(3, false), (1, true), (5, true), (2, false), (64, true), (3, false)])
        {
            StreamService<SmallModel> service = await StartAsync(new() { Shards = shards, MaxDelay = TimeSpan.Zero });
            Assert.Empty(Contents.Entries);
            for (int round = 0; round < 3; round++)
            {
                n++;
                (StepResult[] results, float[][] outputs) = await service.Step(
                    [.. Enumerable.Range(0, Streams).Select(i => ($"{i}", (long)n, Token(n, i)))]);
                Assert.All(results, r => Assert.Equal(new(StepStatus.Accepted, n), r));
                Assert.All(outputs.Index(), o => PoolCalls.AssertSame(Output(states[o.Index], n, o.Index), o.Item));
                if (round == 1)
                {
                    await service.CheckpointAsync();
                }
            }
            if (isKilled)
            {
                Store.Fails = static (_, _) => StoreFault.Before;
                await Assert.ThrowsAsync<IOException>(service.StopAsync);
                Store = new(new MemoryStreamStore(Contents));
            }
            else
            {
                await service.StopAsync();
                Assert.Empty(Contents.Entries);
            }
        }
    }

    [Fact]
    public async Task A_refused_token_of_a_single_call_throws_its_result()
    {
        await using StreamService<SmallModel> service = await StartAsync();
        await StepAsync(service, "a", 1);
        StepRefusedException error = await Assert.ThrowsAsync<StepRefusedException>(() => StepAsync(service, "a", 3));
        Assert.Equal((StepStatus.Gap, 1), (error.Result.Status, error.Result.Sequence));
        Assert.Equal(error.Result.Message, error.Message);
        Assert.Equal(StepStatus.Invalid, (await Refusal(service.StepAsync("", Token(1), new float[2]))).Status);
        Assert.Equal(StepStatus.Invalid, (await Refusal(service.StepAsync(null!, Token(1), new float[2]))).Status);
        Assert.Equal(StepStatus.Invalid, (await Refusal(service.StepAsync("a", ServingModels.Nothing(3), new float[2]))).Status);
        Assert.Equal(StepStatus.Invalid, (await Refusal(service.StepAsync("a", Token(1), new float[2], -5))).Status);
        await Assert.ThrowsAsync<ArgumentException>(() => service.StepAsync("a", new float[2], new float[2]).AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => service.StepAsync("a", new float[3], new float[3]).AsTask());
        await StepAsync(service, "a", 2);
        Assert.Equal(StepStatus.Stale, (await Refusal(service.StepAsync("a", Token(1), new float[2], 1))).Status);
        Assert.Equal(new(StepStatus.Repeated, 2), await StepAsync(service, "a", 2));
        await Assert.ThrowsAsync<ArgumentException>(() => service.FindAsync("\0").AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => service.RemoveAsync(["a", "\ud800"]).AsTask());
        Assert.Equal(1, service.StreamCount);
    }

    [Fact]
    public async Task Wrong_tokens_of_a_call_are_no_matter_of_the_others()
    {
        await using StreamService<SmallModel> service = await StartAsync();
        (StepResult[] results, float[][] outputs) = await service.Step(
            ("a", 0, Token(1)), ("", 0, Token(1)), ("b", 4, Token(1)), ("c", 0, ServingModels.Nothing(3)), ("d", 1, Token(1)),
            ("a", 1, Token(1)));
        Assert.Equal(
            [StepStatus.Accepted, StepStatus.Invalid, StepStatus.Gap, StepStatus.Invalid, StepStatus.Accepted, StepStatus.Repeated],
            results.Select(static r => r.Status));
        float[] output = Output(Model.CreateState(), 1), nothing = ServingModels.Nothing(2);
        Assert.All(outputs.Zip([output, nothing, nothing, nothing, output, output]), static o => PoolCalls.AssertSame(o.Second, o.First));
        (results, _) = await service.Step(("", 0, Token(1)), ("\0", 0, Token(1)));
        Assert.All(results, static r => Assert.Equal(StepStatus.Invalid, r.Status));
        (results, _) = await service.Step();
        Assert.Empty(results);
    }

    [Fact]
    public async Task More_tokens_than_may_wait_are_busy()
    {
        TaskCompletionSource gate = Hold(StoreOperation.Append);
        await using StreamService<SmallModel> service = await StartAsync(
            new() { Shards = 2, MaxDelay = TimeSpan.Zero, MaxPendingTokens = 5, MaxBatch = 2 });
        Task<(StepResult[] Results, float[][] Outputs)> first = service.Step(
            ("a", 1, Token(1)), ("b", 1, Token(1)), ("a", 2, Token(2)), ("c", 1, Token(1)));
        Task<StepResult> second = StepAsync(service, "d", 1);
        Assert.Equal(5, service.PendingTokens);
        StepResult refused = await Refusal(service.StepAsync("e", Token(1), new float[2]));
        Assert.Equal(new(StepStatus.Busy, 0, "The service has 5 tokens to read already; send the token again later."), refused);
        (StepResult[] results, _) = await service.Step(("a", 3, Token(3)), ("", 0, Token(1)), ("f", 1, Token(1)));
        Assert.Equal([StepStatus.Busy, StepStatus.Invalid, StepStatus.Busy], results.Select(static r => r.Status));
        await Assert.ThrowsAsync<ArgumentException>(
            () => service.StepManyAsync(new string[6], new float[18], new float[12], new StepResult[6]).AsTask());
        Assert.False(first.IsCompleted || second.IsCompleted);
        gate.SetResult();
        Assert.All((await first.WaitAsync(Patience)).Results, static r => Assert.Equal(StepStatus.Accepted, r.Status));
        Assert.Equal(new(StepStatus.Accepted, 1), await second.WaitAsync(Patience));
        await Until(() => service.PendingTokens == 0);
        Assert.Equal(new(StepStatus.Accepted, 3), await StepAsync(service, "a", 3));
    }

    [Fact]
    public async Task A_call_that_has_ended_makes_no_other_busy()
    {
        await using StreamService<SmallModel> service = await StartAsync(
            new() { Shards = 2, MaxDelay = TimeSpan.Zero, MaxPendingTokens = 8, MaxBatch = 3 });
        for (int i = 0; i < 2000; i++)
        {
            (StepResult[] results, _) = await service.Step([.. Enumerable.Range(0, 8).Select(static s => ($"{s}", 0L, Token(1)))]);
            Assert.All(results, r => Assert.Equal(new(StepStatus.Accepted, i + 1), r));
            Assert.Equal(0, service.PendingTokens);
        }
    }

    [Fact]
    public async Task What_waits_when_the_delay_is_over_is_stepped_together()
    {
        await using StreamService<SmallModel> service = await StartAsync(
            new() { Shards = 1, MaxDelay = TimeSpan.FromMilliseconds(300), MaxBatch = 1000 });
        Task<StepResult>[] calls = [.. Enumerable.Range(0, 20).Select(i => StepAsync(service, $"{i}", 1))];
        await Task.WhenAll(calls).WaitAsync(Patience);
        // On a busy machine some may have come later than the delay.
        Assert.InRange(Contents.Entries.Count, 1, 10);
    }

    [Fact]
    public async Task A_full_batch_waits_for_nothing()
    {
        await using StreamService<SmallModel> service = await StartAsync(
            new() { Shards = 1, MaxDelay = TimeSpan.FromSeconds(1), MaxBatch = 8 });
        Task<StepResult> alone = StepAsync(service, "alone", 1);
        // An eighth of a batch is enough; else this would take 100 seconds and more.
        for (int i = 0; i < 400; i++)
        {
            await StepAsync(service, "a", i + 1).WaitAsync(Patience);
        }
        await alone.WaitAsync(Patience);
    }

    [Fact]
    public async Task Tokens_that_are_cancelled_while_they_wait_are_not_read()
    {
        TaskCompletionSource gate = Hold(StoreOperation.Append);
        await using StreamService<SmallModel> service = await StartAsync(new() { Shards = 1, MaxDelay = TimeSpan.Zero });
        Task<StepResult> first = StepAsync(service, "a", 1);
        await Until(() => service.PendingTokens == 1);
        using var cancellation = new CancellationTokenSource();
        Task<StepResult> single = service.StepAsync("a", Token(2), new float[2], 2, cancellation.Token).AsTask();
        var results = new StepResult[3];
        Task many = service.StepManyAsync(
            (string[])["a", "b", "a"], new float[9], new float[6], results, (long[])[2, 1, 1], cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        gate.SetResult();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => single.WaitAsync(Patience));
        await many.WaitAsync(Patience);
        Assert.Equal([StepStatus.Canceled, StepStatus.Canceled, StepStatus.Repeated], results.Select(static r => r.Status));
        Assert.Equal(new(StepStatus.Accepted, 1), await first);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => service.StepAsync("a", Token(2), new float[2], 2, cancellation.Token).AsTask());
        Assert.Equal(new(StepStatus.Accepted, 2), await StepAsync(service, "a", 2));
        Assert.Null(await service.FindAsync("b"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public async Task Nobody_hangs_when_the_service_stops(int milliseconds)
    {
        for (int round = 0; round < 10; round++)
        {
            StreamService<SmallModel> service = await StartAsync(
                new() { Shards = 2, MaxDelay = TimeSpan.FromMilliseconds(milliseconds), MaxBatch = 4 });
            using var begun = new CountdownEvent(6);
            Task<long>[] callers = [.. Enumerable.Range(0, 6).Select(caller => Task.Run(async () =>
            {
                string id = $"{round}/{caller}";
                for (long n = 1; ; n++)
                {
                    try
                    {
                        Task<StepResult> call = StepAsync(service, id, n);
                        if (n == 1)
                        {
                            begun.Signal();
                        }
                        Assert.Equal(new(StepStatus.Accepted, n), await call);
                    }
                    catch (StepRefusedException refused)
                    {
                        Assert.Equal(
                            new(StepStatus.Unavailable, 0, "The service is stopping; send the token again when it is back."),
                            refused.Result);
                        return n - 1;
                    }
                }
            }))];
            Assert.True(begun.Wait(Patience));
            await Task.WhenAll(service.StopAsync(), service.StopAsync(), service.DisposeAsync().AsTask()).WaitAsync(Patience);
            long[] last = await Task.WhenAll(callers).WaitAsync(Patience);
            Assert.Empty(Contents.Entries);
            Assert.Equal(0, service.PendingTokens);
            (StepResult[] results, _) = await service.Step(("a", 1, Token(1)));
            Assert.Equal(StepStatus.Unavailable, results[0].Status);
            await Assert.ThrowsAsync<ObjectDisposedException>(() => service.ResetAsync("a").AsTask());
            await Assert.ThrowsAsync<ObjectDisposedException>(() => service.UseModelAsync(Model));
            // All that was said to be read is there.
            await using StreamService<SmallModel> next = await StartAsync();
            for (int caller = 0; caller < 6; caller++)
            {
                Assert.Equal(last[caller], (await next.FindAsync($"{round}/{caller}"))?.Sequence ?? 0);
            }
        }
    }

    [Fact]
    public async Task A_stop_waits_for_what_the_store_is_doing()
    {
        TaskCompletionSource gate = Hold(StoreOperation.Append);
        StreamService<SmallModel> service = await StartAsync(new() { Shards = 1, MaxDelay = TimeSpan.Zero });
        Task<StepResult> first = StepAsync(service, "a", 1);
        await Until(() => service.PendingTokens == 1);
        Task<StepResult> second = StepAsync(service, "b", 1);
        Task stop = service.StopAsync();
        Assert.Equal(StepStatus.Unavailable, (await Refusal(service.StepAsync("c", Token(1), new float[2]))).Status);
        Assert.False(stop.IsCompleted || first.IsCompleted || second.IsCompleted);
        gate.SetResult();
        await Task.WhenAll(stop, first, second).WaitAsync(Patience);
        Assert.Equal(2, Contents.Streams.Count);
    }

    [Fact]
    public async Task A_start_that_fails_leaves_nothing_behind()
    {
        StreamService<SmallModel> killed = await StartAsync();
        await StepAsync(killed, "a", 1);
        FaultyStreamStore broken = Store;
        Store = new(new MemoryStreamStore(Contents))
        {
            Fails = static (o, _) => o == StoreOperation.Truncate ? StoreFault.Before : StoreFault.None,
        };
        await Assert.ThrowsAsync<IOException>(() => StartAsync());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => StreamService<SmallModel>.StartAsync(Model, Store, cancellationToken: new(canceled: true)));
        Store.Fails = static (_, _) => StoreFault.None;
        await using (StreamService<SmallModel> service = await StartAsync())
        {
            Assert.Equal(1, (await service.FindAsync("a"))!.Value.Sequence);
        }
        broken.Fails = static (_, _) => StoreFault.Before;
        await Assert.ThrowsAsync<IOException>(killed.StopAsync);
    }

    [Fact]
    public async Task Without_a_store_all_is_in_memory()
    {
        await using StreamService<SmallModel> service = await StartAsync(isStored: false);
        StreamState<SmallModel> state = Model.CreateState();
        for (int n = 1; n <= 3; n++)
        {
            var output = new float[2];
            await StepAsync(service, "a", n, output);
            PoolCalls.AssertSame(Output(state, n), output);
        }
        await service.CheckpointAsync();
        await service.UseModelAsync(SmallModel.Create(8));
        Assert.Equal(1, await service.RemoveAsync(["a", "b"]));
        Assert.Equal(0, service.StreamCount);
        Assert.True(service.MemoryBytes > 0);
    }

    [Fact]
    public async Task Bounds_of_options_are_checked()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamServiceOptions { MaxBatch = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamServiceOptions { MaxBatch = (1 << 15) + 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamServiceOptions { MaxDelay = TimeSpan.FromTicks(-1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamServiceOptions { MaxDelay = TimeSpan.FromSeconds(2) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamServiceOptions { MaxPendingTokens = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamServiceOptions { Shards = 65 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamServiceOptions { Shards = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamServiceOptions { CheckpointInterval = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamServiceOptions { MaxLogBytes = (1 << 20) - 1 });
        Assert.Throws<ArgumentNullException>(() => new StreamServiceOptions { Pool = null! });
        await Assert.ThrowsAsync<ArgumentNullException>(() => StreamService<SmallModel>.StartAsync(null!));
    }

    private static async Task<StepResult> Refusal(ValueTask<StepResult> call) =>
        (await Assert.ThrowsAsync<StepRefusedException>(() => call.AsTask().WaitAsync(Patience))).Result;

    /// <summary>One that is full by chance refuses none while there is room in all together.</summary>
    [Fact]
    public async Task Shards_without_a_store_share_the_streams_that_may_be_there()
    {
        await using StreamService<SmallModel> service = await StartAsync(
            new() { Shards = 16, MaxDelay = TimeSpan.Zero, Pool = new() { MaxStreams = 100 } }, isStored: false);
        (StepResult[] results, _) = await service.Step([.. Enumerable.Range(0, 130).Select(static i => ($"{i}", 1L, Token(1)))]);
        Assert.Equal(100, results.Count(static r => r.Status == StepStatus.Accepted));
        Assert.Equal(100, service.StreamCount);
        StepResult refused = results.First(static r => r.Status != StepStatus.Accepted);
        Assert.Equal(StepStatus.Unavailable, refused.Status);
        Assert.Contains("There are 100 streams in memory", refused.Message, StringComparison.Ordinal);
        string[] accepted = [.. results.Index().Where(static r => r.Item.HasOutput).Select(static r => $"{r.Index}")];
        Assert.Equal(30, await service.RemoveAsync(accepted[..30]));
        // A token that is refused takes no place.
        (results, _) = await service.Step([.. Enumerable.Range(0, 40).Select(static i => ($"gap {i}", 5L, Token(1)))]);
        Assert.Contains(results, static r => r.Status == StepStatus.Gap);
        (results, _) = await service.Step([.. Enumerable.Range(0, 40).Select(static i => ($"new {i}", 1L, Token(1)))]);
        Assert.Equal(30, results.Count(static r => r.Status == StepStatus.Accepted));
    }

    [Fact]
    public async Task After_a_peak_of_calls_few_are_kept()
    {
        const int Calls = 3000;
        await using StreamService<SmallModel> service = await StartAsync(new() { Shards = 2, MaxDelay = TimeSpan.Zero });
        TaskCompletionSource gate = Hold(StoreOperation.Append);
        Task<StepResult>[] waiting = [.. Enumerable.Range(0, Calls).Select(i => StepAsync(service, $"{i}", 1))];
        Assert.Equal(Calls, service.PendingTokens);
        Assert.Equal(0, service.KeptCalls);
        gate.SetResult();
        await Task.WhenAll(waiting).WaitAsync(Patience);
        Assert.Equal(1024, service.KeptCalls);
        await StepAsync(service, "0", 2);
        Assert.Equal(1024, service.KeptCalls);
    }

    [Fact]
    public async Task A_service_may_be_disposed_synchronously()
    {
        StreamService<SmallModel> service = await StartAsync();
        await StepAsync(service, "a", 1);
        service.Dispose();
        Assert.Single(Contents.Streams);
        Assert.Empty(Contents.Entries);
        service.Dispose();
        await service.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => service.FindAsync("a").AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => service.ResetAsync("a").AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => service.RemoveAsync(["a"]).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => service.UseModelAsync(Model));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => service.CheckpointAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => service.SaveAsync(new MemoryStream()));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => service.LoadAsync(new MemoryStream()));
    }
}
