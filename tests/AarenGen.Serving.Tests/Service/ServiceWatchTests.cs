namespace AarenGen.Serving.Tests;

/// <summary>Those who watch the outputs of streams.</summary>
public sealed class ServiceWatchTests : ServiceTestBase
{
    [Fact]
    public async Task Outputs_come_in_order_to_all_who_watch()
    {
        await using StreamService<SmallModel> service = await StartAsync();
        await StepAsync(service, "a", 1);
        Task<List<StreamOutput>> first = Watch(service, "a", 100), second = Watch(service, "a", 100), other = Watch(service, "b", 100);
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
        foreach (List<StreamOutput> outputs in (List<StreamOutput>[])[await first, await second])
        {
            Assert.Equal(Enumerable.Range(2, 19).Select(static n => (long)n), outputs.Select(static o => o.Sequence));
            Assert.All(outputs, static o => Assert.Equal("a", o.Id));
            Assert.All(outputs.Zip(expected), static o => PoolCalls.AssertSame(o.Second, o.First.Output.ToArray()));
            Assert.All(outputs, static o => PoolCalls.AssertSame(Token(o.Sequence), o.Token.ToArray()));
        }
        Assert.Equal(1, (await other).Single().Sequence);
    }

    [Fact]
    public async Task A_slow_reader_misses_the_oldest()
    {
        await using StreamService<SmallModel> service = await StartAsync();
        await using IAsyncEnumerator<StreamOutput> slow = service.WatchAsync("a", capacity: 3).GetAsyncEnumerator();
        ValueTask<bool> first = slow.MoveNextAsync();
        for (int n = 1; n <= 10; n++)
        {
            await StepAsync(service, "a", n);
        }
        await service.StopAsync();
        // The first one was being waited for.
        var sequences = new List<long>();
        for (bool isThere = await first; isThere; isThere = await slow.MoveNextAsync())
        {
            sequences.Add(slow.Current.Sequence);
        }
        Assert.Equal([8L, 9L, 10L], sequences[^3..]);
        Assert.InRange(sequences.Count, 3, 4);
    }

    [Fact]
    public async Task Watching_ends_when_it_is_cancelled_left_or_the_service_ends()
    {
        await using StreamService<SmallModel> service = await StartAsync();
        using var cancellation = new CancellationTokenSource();
        Task cancelled = Task.Run(async () => await service.WatchAsync("a", cancellationToken: cancellation.Token).ToListAsync());
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(Patience));
        await Until(() => service.WatcherCount == 0);
        IAsyncEnumerator<StreamOutput> left = service.WatchAsync("a").GetAsyncEnumerator();
        ValueTask<bool> isThere = left.MoveNextAsync();
        Task<List<StreamOutput>> rest = Watch(service, "a", 100);
        Assert.Equal(2, service.WatcherCount);
        await StepAsync(service, "a", 1);
        Assert.True(await isThere);
        Assert.Equal(1, left.Current.Sequence);
        await left.DisposeAsync();
        Assert.Equal(1, service.WatcherCount);
        await StepAsync(service, "a", 2);
        Assert.False(rest.IsCompleted);
        await service.StopAsync();
        Assert.Equal([1L, 2L], (await rest.WaitAsync(Patience)).Select(static o => o.Sequence));
        Assert.Empty(await service.WatchAsync("a").ToListAsync().AsTask().WaitAsync(Patience));
    }

    [Fact]
    public async Task What_is_never_read_watches_nothing()
    {
        await using StreamService<SmallModel> service = await StartAsync();
        IAsyncEnumerable<StreamOutput> outputs = service.WatchAsync("a");
        await outputs.GetAsyncEnumerator().DisposeAsync();
        Assert.Equal(0, service.WatcherCount);
        // Each reading has its own outputs.
        await using IAsyncEnumerator<StreamOutput> first = outputs.GetAsyncEnumerator(), second = outputs.GetAsyncEnumerator();
        ValueTask<bool> one = first.MoveNextAsync(), other = second.MoveNextAsync();
        Assert.Equal(2, service.WatcherCount);
        await StepAsync(service, "a", 1);
        Assert.True(await one);
        Assert.True(await other);
    }

    [Fact]
    public async Task Arguments_are_checked_at_the_call()
    {
        await using StreamService<SmallModel> service = await StartAsync();
        Assert.Throws<ArgumentException>(() => service.WatchAsync(""));
        Assert.Throws<ArgumentNullException>(() => service.WatchAsync(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => service.WatchAsync("a", 0));
    }

    /// <summary>The outputs from now on.</summary>
    private static Task<List<StreamOutput>> Watch(StreamService<SmallModel> service, string id, int capacity) =>
        service.WatchAsync(id, capacity).ToListAsync().AsTask();
}
