namespace AarenGen.Serving.Tests;

/// <summary>A pool on a store: what leaves memory and comes back, and what the store's failures do.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "A store in memory holds nothing.")]
public sealed class StoredPoolTests
{
    private readonly SmallModel model = SmallModel.Create(7);
    private readonly MemoryStreamStore.Contents contents = new();
    private readonly ManualTime time = new();
    private FaultyStreamStore store;

    public StoredPoolTests() => store = new(new MemoryStreamStore(contents));

    [Fact]
    public async Task Streams_leave_memory_for_the_store_and_come_back()
    {
        await using StreamPool<SmallModel> pool = await OpenAsync(new() { MaxStreams = 10 });
        StreamState<SmallModel>[] states = [.. Enumerable.Range(0, 40).Select(_ => model.CreateState())];
        for (int n = 1; n <= 5; n++)
        {
            for (int i = 0; i < states.Length; i++)
            {
                PoolCalls.AssertSame(Output(states[i], n), await pool.StepOne($"{i}", n, Token(n)));
                Assert.InRange(pool.Count, 1, 10);
            }
        }
        // Each of the others is in the store.
        Assert.InRange(contents.Streams.Count, 40 - pool.Count, 40);
    }

    [Fact]
    public async Task A_batch_may_exceed_the_streams_in_memory()
    {
        await using StreamPool<SmallModel> pool = await OpenAsync(new() { MaxStreams = 3 });
        for (int n = 1; n <= 3; n++)
        {
            (StepResult[] results, _) = await pool.Step([.. Enumerable.Range(0, 20).Select(i => ($"{i}", (long)n, Token(n)))]);
            Assert.All(results, r => Assert.Equal((StepStatus.Accepted, (long)n, null), (r.Status, r.Sequence, r.Message)));
        }
        await pool.StepOne("another", 1, Token(1));
        Assert.InRange(pool.Count, 1, 3);
    }

    [Fact]
    public async Task A_log_of_more_streams_than_fit_into_memory_is_read()
    {
        StreamPool<SmallModel> lost = await OpenAsync(new());
        for (int n = 1; n <= 3; n++)
        {
            await lost.Step([.. Enumerable.Range(0, 50).Select(i => ($"{i}", (long)n, Token(n)))]);
        }
        await lost.ResetAsync("7");
        await lost.StepOne("7", 4, Token(4));
        StreamState<SmallModel> state = model.CreateState(), reset = model.CreateState();
        Output(state, 1);
        Output(state, 2);
        Output(state, 3);
        Output(reset, 4);
        await using StreamPool<SmallModel> pool = await OpenAsync(new() { MaxStreams = 4 });
        Assert.Empty(contents.Entries);
        PoolCalls.AssertSame(Output(state, 4), await pool.StepOne("49", 4, Token(4)));
        PoolCalls.AssertSame(Output(reset, 5), await pool.StepOne("7", 5, Token(5)));
        Assert.InRange(pool.Count, 1, 4);
    }

    [Fact]
    public async Task Idle_streams_leave_memory_with_a_checkpoint()
    {
        await using StreamPool<SmallModel> pool = await OpenAsync(new() { IdleTime = TimeSpan.FromMinutes(1) });
        await pool.Step(("a", 1, Token(1)), ("b", 1, Token(1)));
        time.Advance(TimeSpan.FromSeconds(40));
        await pool.StepOne("b", 2, Token(2));
        await pool.CheckpointAsync();
        Assert.Equal(2, pool.Count);
        time.Advance(TimeSpan.FromSeconds(40));
        // A look does not keep a stream, but a repeated token does.
        Assert.Equal(1, (await pool.FindAsync("a"))!.Value.Sequence);
        await pool.CheckpointAsync();
        Assert.Equal(1, pool.Count);
        time.Advance(TimeSpan.FromSeconds(19));
        Assert.Equal(StepStatus.Repeated, (await pool.Step(("b", 2, Token(2)))).Results[0].Status);
        time.Advance(TimeSpan.FromSeconds(59));
        await pool.CheckpointAsync();
        Assert.Equal(1, pool.Count);
        time.Advance(TimeSpan.FromSeconds(1));
        await pool.CheckpointAsync();
        Assert.Equal(0, pool.Count);
        StreamState<SmallModel> state = model.CreateState();
        Output(state, 1);
        PoolCalls.AssertSame(Output(state, 2), await pool.StepOne("a", 2, Token(2)));
    }

    [Fact]
    public async Task Without_an_idle_time_streams_stay()
    {
        await using StreamPool<SmallModel> pool = await OpenAsync(new() { IdleTime = null });
        await pool.StepOne("a", 1, Token(1));
        time.Advance(TimeSpan.FromDays(10_000));
        await pool.CheckpointAsync();
        Assert.Equal(1, pool.Count);
        Assert.Empty(contents.Entries);
        Assert.Single(contents.Streams);
    }

    [Fact]
    public async Task A_refused_append_changes_nothing()
    {
        await using StreamPool<SmallModel> pool = await OpenAsync(new());
        float[] first = await pool.StepOne("a", 1, Token(1));
        store.Fails = static (o, _) => o == StoreOperation.Append ? StoreFault.Before : StoreFault.None;
        (StepResult[] results, float[][] outputs) = await pool.Step(
            ("a", 1, Token(1)), ("a", 2, Token(2)), ("a", 3, Token(3)), ("a", 5, Token(5)), ("a", 3, Token(3)), ("b", 1, Token(1)),
            ("c", 2, Token(2)));
        Assert.Equal(
            [
                StepStatus.Repeated, StepStatus.Unavailable, StepStatus.Unavailable, StepStatus.Unavailable, StepStatus.Unavailable,
                StepStatus.Unavailable, StepStatus.Gap,
            ],
            results.Select(static r => r.Status));
        Assert.Equal([1, 1, 1, 1, 1, 0, 0], results.Select(static r => r.Sequence));
        Assert.Equal("The token could not be written to the store: " + FaultyStreamStore.Message, results[1].Message);
        PoolCalls.AssertSame(first, outputs[0]);
        Assert.Equal(FaultyStreamStore.Message, pool.StoreFailure!.Message);
        await Assert.ThrowsAsync<IOException>(() => pool.ResetAsync("a").AsTask());
        Assert.Equal(new StreamInfo(1, 1, model.WeightFingerprint), await pool.FindAsync("a"));
        Assert.Equal(1, pool.Count);
        store.Fails = static (_, _) => StoreFault.None;
        StreamState<SmallModel> state = model.CreateState();
        Output(state, 1);
        PoolCalls.AssertSame(Output(state, 2), await pool.StepOne("a", 2, Token(2)));
        Assert.Null(pool.StoreFailure);
    }

    [Fact]
    public async Task What_was_refused_does_not_come_back_after_a_clean_end()
    {
        StreamPool<SmallModel> pool = await OpenAsync(new());
        await pool.StepOne("a", 1, Token(1));
        store.Fails = static (o, _) => o == StoreOperation.Append ? StoreFault.After : StoreFault.None;
        Assert.Equal(StepStatus.Unavailable, (await pool.Step(("a", 2, Token(2)), ("b", 1, Token(1)))).Results[0].Status);
        await pool.DisposeAsync();
        await using StreamPool<SmallModel> next = await OpenAsync(new());
        Assert.Equal(1, (await next.FindAsync("a"))!.Value.Sequence);
        Assert.Null(await next.FindAsync("b"));
    }

    [Fact]
    public async Task A_refused_token_of_a_stream_that_is_removed_then_harms_no_start()
    {
        StreamPool<SmallModel> lost = await OpenAsync(new());
        await lost.StepOne("a", 1, Token(1));
        store.Fails = static (o, _) => o == StoreOperation.Append ? StoreFault.After : StoreFault.None;
        Assert.Equal(StepStatus.Unavailable, (await lost.Step(("a", 2, Token(2)))).Results[0].Status);
        store.Fails = static (_, _) => StoreFault.None;
        Assert.Equal(1, await lost.RemoveAsync(["a"]));
        await using StreamPool<SmallModel> pool = await OpenAsync(new());
        Assert.Null(await pool.FindAsync("a"));
    }

    [Fact]
    public async Task A_removal_that_failed_and_was_done_harms_no_start()
    {
        StreamPool<SmallModel> lost = await OpenAsync(new());
        await lost.Step(("a", 1, Token(1)), ("b", 1, Token(1)));
        await lost.CheckpointAsync();
        store.Fails = static (o, _) => o == StoreOperation.Write ? StoreFault.After : StoreFault.None;
        await Assert.ThrowsAsync<IOException>(() => lost.RemoveAsync(["a"]).AsTask());
        store.Fails = static (_, _) => StoreFault.None;
        Assert.Null(await lost.FindAsync("a"));
        await lost.Step(("a", 1, Token(3)), ("b", 2, Token(2)));
        await using StreamPool<SmallModel> pool = await OpenAsync(new());
        Assert.Equal(1, (await pool.FindAsync("a"))!.Value.Sequence);
        Assert.Equal(2, (await pool.FindAsync("b"))!.Value.Sequence);
    }

    [Fact]
    public async Task A_damaged_record_is_said_and_the_others_go_on()
    {
        await (await FilledAsync()).DisposeAsync();
        contents.Records["a"][20] ^= 1;
        await using StreamPool<SmallModel> pool = await OpenAsync(new());
        (StepResult[] results, _) = await pool.Step(("a", 4, Token(4)), ("b", 4, Token(4)), ("a", 0, Token(1)));
        Assert.Equal(
            [StepStatus.Unavailable, StepStatus.Accepted, StepStatus.Unavailable], results.Select(static r => r.Status));
        Assert.Contains("The record of a stream is damaged", results[0].Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ModelFileException>(() => pool.FindAsync("a").AsTask());
        await Assert.ThrowsAsync<ModelFileException>(() => pool.ResetAsync("a").AsTask());
        // As its message says.
        Assert.Equal(1, await pool.RemoveAsync(["a"]));
        await pool.StepOne("a", 1, Token(1));
    }

    [Fact]
    public async Task A_store_of_another_declaration_is_refused()
    {
        StreamPool<SmallModel> lost = await FilledAsync();
        await RefuseAsync();
        // Also where nothing is in a log.
        await lost.CheckpointAsync();
        await RefuseAsync();
        // And where the store has no stream any more.
        await lost.RemoveAsync(["a"]);
        await RefuseAsync();
        await lost.StepOne("new", 1, Token(1));

        async Task RefuseAsync()
        {
            ModelFileException error = await Assert.ThrowsAsync<ModelFileException>(
                () => StreamPool<TinyModel>.OpenAsync(TinyModel.Create(1), store));
            Assert.Contains("belongs to another declaration", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0, "another version")]
    [InlineData(25, "other tokens")]
    [InlineData(26, "other tokens")]
    public async Task A_damaged_entry_is_refused(int place, string message)
    {
        await FilledAsync();
        StoredLogEntry entry = contents.Entries[^1];
        byte[] data = entry.Data.ToArray();
        data[place] = 99;
        contents.Entries[^1] = entry with { Data = data };
        IOException error = await Assert.ThrowsAsync<IOException>(() => OpenAsync(new()));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_that_lacks_tokens_is_refused()
    {
        await FilledAsync();
        contents.Entries.RemoveAt(1);
        IOException error = await Assert.ThrowsAsync<IOException>(() => OpenAsync(new()));
        Assert.Contains(
            "Token 3 of stream 'a' in the log of the store cannot be read: The stream expects token 2", error.Message,
            StringComparison.Ordinal);
        // Nothing was lost by the attempt.
        Assert.Equal(2, contents.Entries.Count);
    }

    [Fact]
    public async Task A_pool_that_broke_leaves_the_store_as_it_is()
    {
        StreamPool<SmallModel> pool = await FilledAsync();
        store.Fails = static (_, _) => throw new NotSupportedException("A store breaks its contract.");
        await Assert.ThrowsAsync<NotSupportedException>(() => pool.Step(("a", 4, Token(4))));
        store.Fails = static (_, _) => StoreFault.None;
        int entries = contents.Entries.Count;
        await Assert.ThrowsAsync<IOException>(() => pool.Step(("a", 4, Token(4))));
        await Assert.ThrowsAsync<IOException>(() => pool.CheckpointAsync());
        await Assert.ThrowsAsync<IOException>(() => pool.FindAsync("a").AsTask());
        await Assert.ThrowsAsync<IOException>(() => pool.RemoveAsync(["a"]).AsTask());
        await Assert.ThrowsAsync<IOException>(() => pool.UseModelAsync(model));
        await pool.DisposeAsync();
        Assert.Equal((entries, 0), (contents.Entries.Count, contents.Streams.Count));
        await using StreamPool<SmallModel> next = await OpenAsync(new());
        Assert.Equal(3, (await next.FindAsync("a"))!.Value.Sequence);
    }

    [Fact]
    public async Task A_failed_end_loses_nothing()
    {
        StreamPool<SmallModel> pool = await FilledAsync();
        store.Fails = static (o, _) => o == StoreOperation.Write ? StoreFault.Before : StoreFault.None;
        await Assert.ThrowsAsync<IOException>(() => pool.DisposeAsync().AsTask());
        await pool.DisposeAsync();
        store.Fails = static (_, _) => StoreFault.None;
        await using StreamPool<SmallModel> next = await OpenAsync(new());
        Assert.Equal(3, (await next.FindAsync("a"))!.Value.Sequence);
        Assert.Equal(3, (await next.FindAsync("b"))!.Value.Sequence);
    }

    [Fact]
    public async Task Streams_go_on_while_a_checkpoint_is_written()
    {
        await using StreamPool<SmallModel> pool = await FilledAsync(new() { MaxStreams = 2 });
        var written = new TaskCompletionSource();
        var writing = new TaskCompletionSource();
        store.Waits = (o, _) =>
        {
            if (o != StoreOperation.Write || writing.Task.IsCompleted)
            {
                return Task.CompletedTask;
            }
            writing.SetResult();
            return written.Task;
        };
        Task checkpoint = pool.CheckpointAsync();
        await writing.Task;
        // Rows whose records are being written stay; others come beside them.
        StreamState<SmallModel> state = model.CreateState();
        float[] last = [];
        for (int n = 1; n <= 6; n++)
        {
            float[] expected = Output(state, n);
            if (n > 3)
            {
                last = await pool.StepOne("a", n, Token(n));
                PoolCalls.AssertSame(expected, last);
                await pool.StepOne($"other {n}", 1, Token(1));
            }
        }
        Task removal = pool.RemoveAsync(["b"]).AsTask();
        Assert.False(checkpoint.IsCompleted);
        Assert.False(removal.IsCompleted);
        written.SetResult();
        await checkpoint;
        await removal;
        StreamPool<SmallModel> next = await OpenAsync(new());
        var output = new float[2];
        Assert.Equal(6, (await next.FindAsync("a", output))!.Value.Sequence);
        PoolCalls.AssertSame(last, output);
        Assert.Null(await next.FindAsync("b"));
        Assert.Equal(1, (await next.FindAsync("other 5"))!.Value.Sequence);
    }

    [Fact]
    public async Task A_cancelled_checkpoint_loses_nothing()
    {
        StreamPool<SmallModel> pool = await OpenAsync(new());
        for (int i = 0; i < 1000; i++)
        {
            await pool.StepOne($"{i}", 1, Token(1));
        }
        using var cancellation = new CancellationTokenSource();
        store.Waits = (o, _) => o == StoreOperation.Write ? cancellation.CancelAsync() : Task.CompletedTask;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pool.CheckpointAsync(cancellation.Token));
        store.Waits = static (_, _) => Task.CompletedTask;
        Assert.InRange(contents.Streams.Count, 1, 999);
        Assert.Equal(1000, contents.Entries.Count);
        await pool.CheckpointAsync();
        Assert.Empty(contents.Entries);
        await using StreamPool<SmallModel> next = await OpenAsync(new());
        (StepResult[] results, _) = await next.Step([.. Enumerable.Range(0, 1000).Select(i => ($"{i}", 2L, Token(2)))]);
        Assert.All(results, static r => Assert.Equal(StepStatus.Accepted, r.Status));
    }

    [Fact]
    public async Task The_length_of_histories_may_change_between_two_starts()
    {
        var other = SmallModel.Create(8);
        foreach ((int before, int after) in ((int, int)[])[(2, 5), (5, 2), (0, 3)])
        {
            contents.Records.Clear();
            await (await FilledAsync(new() { HistoryTokens = before })).DisposeAsync();
            await using StreamPool<SmallModel> pool = await OpenAsync(
                new() { HistoryTokens = after, OnWeightChange = WeightChange.Replay }, other);
            StreamState<SmallModel> state = other.CreateState();
            for (int n = 4 - Math.Min(3, Math.Min(before, after)); n < 4; n++)
            {
                Output(state, n, other);
            }
            PoolCalls.AssertSame(Output(state, 4, other), await pool.StepOne("a", 4, Token(4)));
            Assert.Equal(state.TokenCount, (await pool.FindAsync("a"))!.Value.TokenCount);
        }
    }

    /// <summary>After a crash the log is read with the weights of the start, so that the policy counts from its first token on.</summary>
    [Fact]
    public async Task Other_weights_may_read_the_log_of_a_crash()
    {
        StreamPool<SmallModel> lost = await FilledAsync();
        await lost.CheckpointAsync();
        await lost.StepOne("a", 4, Token(4));
        var other = SmallModel.Create(8);
        await using StreamPool<SmallModel> pool = await OpenAsync(new(), other);
        StreamState<SmallModel> state = other.CreateState();
        Output(state, 4, other);
        PoolCalls.AssertSame(Output(state, 5, other), await pool.StepOne("a", 5, Token(5)));
        Assert.Equal(new StreamInfo(5, 2, other.WeightFingerprint), await pool.FindAsync("a"));
        Assert.Equal(new StreamInfo(3, 3, model.WeightFingerprint), await pool.FindAsync("b"));
    }

    /// <summary>A pool with streams a and b that have read three tokens, in three entries of the log.</summary>
    private async Task<StreamPool<SmallModel>> FilledAsync(StreamPoolOptions? options = null)
    {
        StreamPool<SmallModel> pool = await OpenAsync(options ?? new());
        for (int n = 1; n <= 3; n++)
        {
            await pool.Step(("a", n, Token(n)), ("b", n, Token(n)));
        }
        return pool;
    }

    private Task<StreamPool<SmallModel>> OpenAsync(StreamPoolOptions options, SmallModel? other = null)
    {
        store = new(new MemoryStreamStore(contents));
        return StreamPool<SmallModel>.OpenAsync(other ?? model, store, options with { TimeProvider = time });
    }

    private static float[] Token(long n) => ServingModels.TokenOf<SmallModel>(1, n);

    private float[] Output(StreamState<SmallModel> state, long n, SmallModel? other = null)
    {
        var output = new float[2];
        (other ?? model).Step(state, Token(n), output);
        return output;
    }
}
