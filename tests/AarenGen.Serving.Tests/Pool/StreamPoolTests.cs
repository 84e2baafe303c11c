namespace AarenGen.Serving.Tests;

/// <summary>A pool in memory: what becomes of tokens, and what a pool knows of streams.</summary>
public sealed class StreamPoolTests
{
    private static readonly float[] Nothing = ServingModels.Nothing(2);

    private readonly SmallModel model = SmallModel.Create(7);

    [Fact]
    public async Task Tokens_are_read_in_order_and_once()
    {
        await using var pool = new StreamPool<SmallModel>(model);
        StreamState<SmallModel> a = model.CreateState(), b = model.CreateState();
        float[] a1 = Output(a, 1), a2 = Output(a, 2), a3 = Output(a, 3), b1 = Output(b, 1);
        (StepResult[] results, float[][] outputs) = await pool.Step(
            ("a", 1, Token(1)), ("a", 1, Token(1)), ("b", 0, Token(1)), ("a", 3, Token(3)), ("a", 2, Token(2)), ("a", 2, Token(2)),
            ("a", 1, Token(1)), ("a", 0, Token(3)), ("a", -1, Token(3)), ("b", 1, Token(9)));
        StepStatus[] expected =
        [
            StepStatus.Accepted, StepStatus.Repeated, StepStatus.Accepted, StepStatus.Gap, StepStatus.Accepted, StepStatus.Repeated,
            StepStatus.Stale, StepStatus.Accepted, StepStatus.Invalid, StepStatus.Repeated,
        ];
        Assert.Equal(expected, results.Select(static r => r.Status));
        Assert.Equal([1, 1, 1, 1, 2, 2, 2, 3, 3, 1], results.Select(static r => r.Sequence));
        float[][] numbers = [a1, a1, b1, Nothing, a2, a2, Nothing, a3, Nothing, b1];
        Assert.All(numbers.Index(), n => PoolCalls.AssertSame(n.Item, outputs[n.Index]));
        Assert.All(results, static r => Assert.Equal(r.HasOutput, r.Message is null));
        Assert.Equal("The stream expects token 2 before 3; send those between them first.", results[3].Message);
        Assert.Equal("The stream has read token 1 before, and 2 as its last one; send 3.", results[6].Message);
        Assert.Equal("The number of a token is from 1; 0 where the sender gives none.", results[8].Message);
        Assert.Equal(2, pool.Count);
    }

    [Fact]
    public async Task A_repeated_token_is_answered_whatever_comes_with_it()
    {
        await using var pool = new StreamPool<SmallModel>(model);
        float[] first = await pool.StepOne("a", 1, Token(1));
        (StepResult[] results, float[][] outputs) = await pool.Step(("a", 1, Token(1)), ("a", 2, Token(2)), ("a", 1, Token(1)));
        Assert.Equal([StepStatus.Repeated, StepStatus.Accepted, StepStatus.Stale], results.Select(static r => r.Status));
        Assert.Equal([1, 2, 2], results.Select(static r => r.Sequence));
        PoolCalls.AssertSame(first, outputs[0]);
        PoolCalls.AssertSame(Nothing, outputs[2]);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.MaxValue)]
    public async Task A_token_that_is_none_changes_nothing(float number)
    {
        await using var pool = new StreamPool<SmallModel>(model);
        float[] wrong = [0, number, 0];
        (StepResult[] results, float[][] outputs) = await pool.Step(("a", 0, wrong), ("b", 0, wrong), ("b", 0, Token(1)), ("b", 2, wrong));
        Assert.Equal(
            [StepStatus.Invalid, StepStatus.Invalid, StepStatus.Accepted, StepStatus.Invalid], results.Select(static r => r.Status));
        Assert.Equal([0, 0, 1, 1], results.Select(static r => r.Sequence));
        Assert.Contains("column 1", results[0].Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Parameter", results[0].Message, StringComparison.Ordinal);
        PoolCalls.AssertSame(Output(model.CreateState(), 1), outputs[2]);
        Assert.Null(await pool.FindAsync("a"));
        Assert.Equal(1, pool.Count);
    }

    [Fact]
    public async Task Ids_are_checked()
    {
        await using var pool = new StreamPool<SmallModel>(model);
        string[] good = [new('x', 255), new('ö', 127), "🌡️", " ", "a/b?c", "\u0001", new('語', 85)];
        string?[] bad =
        [
            null, "", new('x', 256), new('ö', 128), "a\0b", "\ud83c", "x\udf21", "\udf21\ud83c", new('x', 100_000), new('語', 86),
        ];
        string[] ids = [.. good, .. bad!];
        var results = new StepResult[ids.Length];
        await pool.StepManyAsync(ids, new float[3 * ids.Length], new float[2 * ids.Length], results);
        Assert.All(results[..good.Length], static r => Assert.Equal(StepStatus.Accepted, r.Status));
        Assert.All(results[good.Length..], static r => Assert.Equal(
            (StepStatus.Invalid,
                "The id of a stream must have 1 to 255 bytes of UTF-8, whole characters without a null character; send another one."),
            (r.Status, r.Message)));
        Assert.Equal(good.Length, pool.Count);
        foreach (string id in good)
        {
            Assert.Equal(1, (await pool.FindAsync(id))!.Value.Sequence);
        }
        foreach (string? id in bad)
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => pool.FindAsync(id!).AsTask());
            await Assert.ThrowsAnyAsync<ArgumentException>(() => pool.ResetAsync(id!).AsTask());
            await Assert.ThrowsAnyAsync<ArgumentException>(() => pool.RemoveAsync(["a", id!]).AsTask());
        }
    }

    [Fact]
    public async Task Wrong_lengths_are_refused_before_anything_is_read()
    {
        await using var pool = new StreamPool<SmallModel>(model);
        string[] ids = ["a", "b"];
        foreach ((int tokens, int outputs, int results, int sequences) in
            ((int, int, int, int)[])[(5, 4, 2, 0), (7, 4, 2, 0), (6, 3, 2, 0), (6, 4, 1, 0), (6, 4, 3, 0), (6, 4, 2, 1), (6, 4, 2, 3)])
        {
            await Assert.ThrowsAsync<ArgumentException>(() => pool.StepManyAsync(
                ids, new float[tokens], new float[outputs], new StepResult[results], new long[sequences]).AsTask());
        }
        Assert.Equal(0, pool.Count);
        await pool.StepManyAsync(default, default, default, default);
        await Assert.ThrowsAsync<ArgumentException>(() => pool.FindAsync("a", new float[3]).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>(() => pool.RemoveAsync(null!).AsTask());
        await Assert.ThrowsAsync<ArgumentNullException>(() => pool.UseModelAsync(null!));
        Assert.Throws<ArgumentNullException>(() => new StreamPool<SmallModel>(null!));
    }

    [Fact]
    public async Task Options_that_contradict_each_other_are_refused()
    {
        var options = new StreamPoolOptions { OnWeightChange = WeightChange.Replay };
        Assert.Throws<ArgumentException>(() => new StreamPool<SmallModel>(model, options));
        await Assert.ThrowsAsync<ArgumentException>(
            () => StreamPool<SmallModel>.OpenAsync(model, new MemoryStreamStore(new()), options));
        await Assert.ThrowsAsync<ArgumentException>(
            () => StreamService<SmallModel>.StartAsync(model, options: new() { Pool = options }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamPoolOptions { IdleTime = TimeSpan.Zero });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamPoolOptions { MaxStreams = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamPoolOptions { HistoryTokens = 65_536 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamPoolOptions { HistoryTokens = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new StreamPoolOptions { OnWeightChange = (WeightChange)3 });
        Assert.Throws<ArgumentNullException>(() => new StreamPoolOptions { TimeProvider = null! });
    }

    [Fact]
    public async Task A_reset_stream_begins_anew_with_its_numbers()
    {
        await using var pool = new StreamPool<SmallModel>(model);
        Assert.Null(await pool.ResetAsync("a"));
        await pool.StepOne("a", 1, Token(1));
        float[] second = await pool.StepOne("a", 2, Token(2));
        Assert.Equal(new StreamInfo(2, 2, model.WeightFingerprint), await pool.FindAsync("a"));
        var output = new float[2];
        Assert.Equal(new StreamInfo(2, 0, null), await pool.ResetAsync("a"));
        Assert.Equal(new StreamInfo(2, 0, null), await pool.ResetAsync("a"));
        Assert.Equal(new StreamInfo(2, 0, null), await pool.FindAsync("a", output));
        PoolCalls.AssertSame(second, output);
        (StepResult[] results, float[][] outputs) = await pool.Step(("a", 2, Token(2)), ("a", 1, Token(1)), ("a", 3, Token(3)));
        Assert.Equal([StepStatus.Repeated, StepStatus.Stale, StepStatus.Accepted], results.Select(static r => r.Status));
        PoolCalls.AssertSame(second, outputs[0]);
        PoolCalls.AssertSame(Output(model.CreateState(), 3), outputs[2]);
        Assert.Equal(new StreamInfo(3, 1, model.WeightFingerprint), await pool.FindAsync("a"));
    }

    [Fact]
    public async Task A_removed_stream_is_forgotten()
    {
        await using var pool = new StreamPool<SmallModel>(model);
        await pool.Step(("a", 1, Token(1)), ("b", 1, Token(1)), ("c", 1, Token(1)));
        Assert.Equal(2, await pool.RemoveAsync(["a", "missing", "c", "a"]));
        Assert.Equal(0, await pool.RemoveAsync(["a"]));
        Assert.Equal(0, await pool.RemoveAsync([]));
        Assert.Null(await pool.FindAsync("a"));
        Assert.Equal(1, pool.Count);
        PoolCalls.AssertSame(Output(model.CreateState(), 5), await pool.StepOne("a", 1, Token(5)));
    }

    [Fact]
    public async Task Without_a_store_no_more_streams_than_allowed_are_there()
    {
        await using var pool = new StreamPool<SmallModel>(model, new() { MaxStreams = 2 });
        (StepResult[] results, _) = await pool.Step(
            ("a", 0, Token(1)), ("b", 0, Token(1)), ("c", 0, Token(1)), ("a", 0, Token(2)), ("c", 0, Token(2)));
        Assert.Equal(
            [StepStatus.Accepted, StepStatus.Accepted, StepStatus.Unavailable, StepStatus.Accepted, StepStatus.Unavailable],
            results.Select(static r => r.Status));
        Assert.Equal(
            "There are 2 streams in memory, as many as may be; allow more of them, remove some, or use a store.", results[2].Message);
        // A refused token does not keep a place.
        Assert.Equal(1, await pool.RemoveAsync(["b"]));
        (results, _) = await pool.Step(("c", 5, Token(1)));
        Assert.Equal(StepStatus.Gap, results[0].Status);
        await pool.StepOne("d", 1, Token(1));
        Assert.Equal(2, pool.Count);
    }

    [Fact]
    public async Task Tokens_of_a_cancelled_call_are_not_read()
    {
        await using var pool = new StreamPool<SmallModel>(model);
        await pool.StepOne("a", 1, Token(1));
        var results = new StepResult[4];
        await pool.StepManyAsync(
            (string[])["a", "a", "b", "a"], new float[12], new float[8], results, (long[])[0, 1, 1, 3], new(canceled: true));
        Assert.Equal(
            [StepStatus.Canceled, StepStatus.Repeated, StepStatus.Canceled, StepStatus.Gap], results.Select(static r => r.Status));
        Assert.Equal([1, 1, 0, 1], results.Select(static r => r.Sequence));
        Assert.Equal(1, pool.Count);
    }

    [Fact]
    public async Task A_batch_may_be_larger_than_one_that_is_stepped()
    {
        const int Count = 100_000;
        var tiny = TinyModel.Create(1);
        await using var pool = new StreamPool<TinyModel>(tiny);
        string[] ids = [.. Enumerable.Range(0, Count).Select(static i => $"{i % 60_000}")];
        var results = new StepResult[Count];
        var outputs = new float[Count];
        await pool.StepManyAsync(ids, new float[Count], outputs, results);
        Assert.All(results.Index(), static r => Assert.Equal(new(StepStatus.Accepted, r.Index < 60_000 ? 1 : 2), r.Item));
        StreamState<TinyModel> state = tiny.CreateState();
        float[] first = [0], second = [0];
        tiny.Step(state, [0], first);
        tiny.Step(state, [0], second);
        Assert.All(outputs.Index(), o => PoolCalls.AssertSame(o.Index < 60_000 ? first : second, [o.Item]));
        Assert.Equal(60_000, pool.Count);
    }

    [Fact]
    public async Task Refused_tokens_leave_a_stream_at_its_weights()
    {
        var other = SmallModel.Create(8);
        await using var pool = new StreamPool<SmallModel>(model);
        float[] first = await pool.StepOne("a", 1, Token(1));
        await pool.UseModelAsync(other);
        (StepResult[] results, float[][] outputs) = await pool.Step(
            ("a", 1, Token(1)), ("a", 5, Token(1)), ("a", 2, ServingModels.Nothing(3)));
        Assert.Equal([StepStatus.Repeated, StepStatus.Gap, StepStatus.Invalid], results.Select(static r => r.Status));
        PoolCalls.AssertSame(first, outputs[0]);
        Assert.Equal(new StreamInfo(1, 1, model.WeightFingerprint), await pool.FindAsync("a"));
        await pool.UseModelAsync(model);
        StreamState<SmallModel> state = model.CreateState();
        Output(state, 1);
        PoolCalls.AssertSame(Output(state, 2), await pool.StepOne("a", 2, Token(2)));
    }

    [Fact]
    public async Task Statistics_of_series_may_come_with_later_weights()
    {
        // A new model has none that are fitted.
        var before = SeriesModel.Create(3);
        var after = ServingModels.Create<SeriesModel>(4);
        await using var pool = new StreamPool<SeriesModel>(before);
        for (int i = 0; i < 100; i++)
        {
            await pool.StepOne($"s{i}", 1, Token(i));
        }
        await pool.UseModelAsync(after);
        for (int i = 0; i < 100; i++)
        {
            var expected = new float[2];
            after.Step(after.CreateState($"s{i}"), Token(i), expected);
            PoolCalls.AssertSame(expected, await pool.StepOne($"s{i}", 2, Token(i)));
        }
    }

    [Fact]
    public async Task Many_threads_may_call_a_pool()
    {
        await using var pool = new StreamPool<SmallModel>(model);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(async () =>
        {
            StreamState<SmallModel> state = model.CreateState();
            for (int n = 1; n <= 300; n++)
            {
                PoolCalls.AssertSame(Output(state, n), await pool.StepOne($"{thread}", n, Token(n)));
                Assert.Equal(n, (await pool.FindAsync($"{thread}"))!.Value.Sequence);
                if (n % 50 == 0)
                {
                    await pool.ResetAsync($"{thread}");
                    state.Reset();
                    await pool.StepOne($"{thread}/{n}", 1, Token(1));
                    Assert.Equal(1, await pool.RemoveAsync([$"{thread}/{n}"]));
                    await pool.CheckpointAsync();
                }
            }
        })));
        Assert.Equal(8, pool.Count);
    }

    [Fact]
    public async Task A_disposed_pool_refuses_all_calls()
    {
        var pool = new StreamPool<SmallModel>(model);
        await pool.StepOne("a", 1, Token(1));
        await pool.DisposeAsync();
        await pool.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.Step(("a", 2, Token(2))));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.FindAsync("a").AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.ResetAsync("a").AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.RemoveAsync(["a"]).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.UseModelAsync(model));
    }

    private static float[] Token(long n) => ServingModels.TokenOf<SmallModel>(1, n);

    private float[] Output(StreamState<SmallModel> state, long n)
    {
        var output = new float[2];
        model.Step(state, Token(n), output);
        return output;
    }
}
