namespace AarenGen.Serving.Tests;

/// <summary>Those who watch the outputs of streams.</summary>
public sealed class ServiceWatchTests : ServiceTestBase
{
    [Fact]
    public async Task Outputs_come_in_order_to_all_who_watch()
    {
        await using StreamService<SmallModel> service = await StartAsync();
        await StepAsync(service, "a", 1);
        IAsyncEnumerable<StreamOutput> first = service.WatchAsync("a"), second = service.WatchAsync("a"), other = service.WatchAsync("b");
        var expected = new List<float[]>();
        for (int n = 2; n <= 20; n++)
        {
            var output = new float[2];
            await StepAsync(service, "a", n, output);
            expected.Add(output);
            // Neither what is repeated nor what is refused is an output.
            await service.Step(("a", n, Token(n)), ("a", n + 2, Token(1)), ("c", 0, Token(1)));
        }
        await StepAsync(service, "b", 1);
        await service.StopAsync();
        foreach (List<StreamOutput> outputs in (List<StreamOutput>[])[await first.ToListAsync(), await second.ToListAsync()])
        {
            Assert.Equal(Enumerable.Range(2, 19).Select(static n => (long)n), outputs.Select(static o => o.Sequence));
            Assert.All(outputs, static o => Assert.Equal("a", o.Id));
            Assert.All(outputs.Zip(expected), static o => PoolCalls.AssertSame(o.Second, o.First.Output.ToArray()));
            Assert.All(outputs, static o => PoolCalls.AssertSame(Token(o.Sequence), o.Token.ToArray()));
        }
        Assert.Equal(1, (await other.ToListAsync()).Single().Sequence);
    }

    [Fact]
    public async Task A_slow_reader_misses_the_oldest()
    {
        await using StreamService<SmallModel> service = await StartAsync();
        IAsyncEnumerable<StreamOutput> slow = service.WatchAsync("a", capacity: 3);
        for (int n = 1; n <= 10; n++)
        {
            await StepAsync(service, "a", n);
        }
        await service.StopAsync();
        Assert.Equal([8L, 9L, 10L], (await slow.ToListAsync()).Select(static o => o.Sequence));
    }

    [Fact]
    public async Task Watching_ends_when_it_is_cancelled_left_or_the_service_ends()
    {
        await using StreamService<SmallModel> service = await StartAsync();
        using var cancellation = new CancellationTokenSource();
        Task cancelled = Task.Run(async () => await service.WatchAsync("a", cancellationToken: cancellation.Token).ToListAsync());
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(Patience));
        IAsyncEnumerable<StreamOutput> left = service.WatchAsync("a"), waiting = service.WatchAsync("a");
        await StepAsync(service, "a", 1);
        await foreach (StreamOutput output in left)
        {
            Assert.Equal(1, output.Sequence);
            break;
        }
        // It has been read, and nothing comes any more.
        await StepAsync(service, "a", 2);
        Assert.Empty(await left.ToListAsync().AsTask().WaitAsync(Patience));
        Task<List<StreamOutput>> rest = waiting.ToListAsync().AsTask();
        Assert.False(rest.IsCompleted);
        await service.StopAsync();
        Assert.Equal([1L, 2L], (await rest.WaitAsync(Patience)).Select(static o => o.Sequence));
        Assert.Empty(await service.WatchAsync("a").ToListAsync().AsTask().WaitAsync(Patience));
    }

    [Fact]
    public async Task Arguments_are_checked_at_the_call()
    {
        await using StreamService<SmallModel> service = await StartAsync();
        Assert.Throws<ArgumentException>(() => service.WatchAsync(""));
        Assert.Throws<ArgumentNullException>(() => service.WatchAsync(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => service.WatchAsync("a", 0));
    }
}
