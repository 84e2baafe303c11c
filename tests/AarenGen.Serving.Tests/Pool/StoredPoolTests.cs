using System.IO.Hashing;

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
    public async Task What_was_refused_does_not_come_back_after_a_checkpoint()
    {
        StreamPool<SmallModel> lost = await OpenAsync(new());
        await lost.StepOne("a", 1, Token(1));
        store.Fails = static (o, _) => o == StoreOperation.Append ? StoreFault.After : StoreFault.None;
        Assert.Equal(StepStatus.Unavailable, (await lost.Step(("a", 2, Token(2)), ("b", 1, Token(1)))).Results[0].Status);
        await Assert.ThrowsAsync<IOException>(() => lost.ResetAsync("a").AsTask());
        // Also where the store fails once more when the log is to say so.
        await lost.CheckpointAsync();
        store.Fails = static (_, _) => StoreFault.None;
        await lost.CheckpointAsync();
        Assert.Empty(contents.Entries);
        await using StreamPool<SmallModel> pool = await OpenAsync(new());
        Assert.Equal(new StreamInfo(1, 1, model.WeightFingerprint), await pool.FindAsync("a"));
        Assert.Null(await pool.FindAsync("b"));
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

    /// <summary>
    /// After a loss of power the log may lack its end, and have tokens of a stream that is no longer saved: unless the removal is flushed
    /// before anything tells of it.
    /// </summary>
    [Fact]
    public async Task A_removal_is_flushed_before_a_saved_stream_goes()
    {
        StreamPool<SmallModel> pool = await OpenAsync(new());
        await pool.Step(("a", 1, Token(1)));
        await pool.CheckpointAsync();
        await pool.Step(("a", 2, Token(2)));
        var order = new List<StoreOperation>();
        store.Waits = (operation, _) =>
        {
            order.Add(operation);
            return Task.CompletedTask;
        };
        Assert.Equal(1, await pool.RemoveAsync(["a"]));
        Assert.Equal([StoreOperation.Append, StoreOperation.Flush], order);
        store.Fails = static (operation, _) => operation == StoreOperation.Flush ? StoreFault.After : StoreFault.None;
        await pool.Step(("a", 1, Token(1)));
        await Assert.ThrowsAsync<IOException>(() => pool.RemoveAsync(["a"]).AsTask());
        // It was refused: the stream goes on, also at the next start.
        await pool.Step(("a", 2, Token(2)));
        store = new(new MemoryStreamStore(Copy()));
        await using StreamPool<SmallModel> again = await StreamPool<SmallModel>.OpenAsync(model, store);
        Assert.Equal(2, (await again.FindAsync("a"))!.Value.Sequence);
    }

    /// <summary>It is an append, however many streams have changed, and costs a read where there is no such stream.</summary>
    [Fact]
    public async Task A_removal_is_an_entry_of_the_log()
    {
        StreamPool<SmallModel> lost = await FilledAsync();
        await lost.CheckpointAsync();
        await lost.Step(("a", 4, Token(4)), ("b", 4, Token(4)));
        var calls = new List<StoreOperation>();
        store.Fails = (o, _) =>
        {
            calls.Add(o);
            return StoreFault.None;
        };
        Assert.Equal(0, await lost.RemoveAsync(["x", "y"]));
        Assert.Equal([StoreOperation.Read], calls);
        calls.Clear();
        Assert.Equal(1, await lost.RemoveAsync(["x", "a", "a"]));
        Assert.Equal([StoreOperation.Read, StoreOperation.Append, StoreOperation.Flush], calls);
        calls.Clear();
        // The store has it yet, and is not asked.
        Assert.Null(await lost.FindAsync("a"));
        Assert.Null(await lost.ResetAsync("a"));
        Assert.Equal(0, await lost.RemoveAsync(["a"]));
        StepResult gap = (await lost.Step(("a", 5, Token(5)))).Results[0];
        Assert.Equal((StepStatus.Gap, 0), (gap.Status, gap.Sequence));
        Assert.Empty(calls);
        Assert.Equal(1, lost.Count);
        Assert.Contains("a", contents.Streams);
        await using (StreamPool<SmallModel> crashed = await StreamPool<SmallModel>.OpenAsync(model, new MemoryStreamStore(Copy())))
        {
            Assert.Null(await crashed.FindAsync("a"));
            Assert.Equal(4, (await crashed.FindAsync("b"))!.Value.Sequence);
        }
        await lost.CheckpointAsync();
        Assert.Equal(["b"], contents.Streams);
        Assert.Equal(1, lost.Count);
        await using StreamPool<SmallModel> pool = await OpenAsync(new());
        Assert.Null(await pool.FindAsync("a"));
    }

    /// <summary>
    /// The log begins in the middle of the stream that was removed, and the store has nothing of it, or the stream after it, which has
    /// read less than the removed one, as much, or more.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(9)]
    public async Task A_log_that_begins_in_the_middle_of_a_removed_stream_is_read(int tokensAfter)
    {
        StreamPool<SmallModel> lost = await FilledAsync();
        await lost.CheckpointAsync();
        await lost.Step(("a", 4, Token(4)));
        await lost.ResetAsync("a");
        await lost.Step(("a", 5, Token(5)));
        Assert.Equal(1, await lost.RemoveAsync(["a"]));
        StreamState<SmallModel> state = model.CreateState();
        for (int n = 1; n <= tokensAfter; n++)
        {
            await lost.StepOne("a", n, Token(10 + n));
            Output(state, 10 + n);
        }
        store.Fails = static (o, _) => o == StoreOperation.Truncate ? StoreFault.Before : StoreFault.None;
        await Assert.ThrowsAsync<IOException>(() => lost.CheckpointAsync());
        Assert.Equal(tokensAfter > 0 ? ["a", "b"] : ["b"], contents.Streams.Order());
        Assert.NotEmpty(contents.Entries);
        await using StreamPool<SmallModel> pool = await OpenAsync(new());
        Assert.Equal(tokensAfter, (await pool.FindAsync("a"))?.Sequence ?? 0);
        PoolCalls.AssertSame(Output(state, 1), await pool.StepOne("a", tokensAfter + 1, Token(1)));
        Assert.Equal(3, (await pool.FindAsync("b"))!.Value.Sequence);
    }

    [Theory]
    [InlineData(StoreFault.Before, true, false)]
    [InlineData(StoreFault.Before, false, false)]
    [InlineData(StoreFault.After, true, false)]
    [InlineData(StoreFault.After, false, true)]
    internal async Task A_removal_that_failed_is_done_by_the_next_start_at_the_latest(StoreFault fault, bool goesOn, bool isDone)
    {
        StreamPool<SmallModel> lost = await FilledAsync();
        store.Fails = (o, _) => o == StoreOperation.Append ? fault : StoreFault.None;
        await Assert.ThrowsAsync<IOException>(() => lost.RemoveAsync(["a"]).AsTask());
        Assert.Equal(3, (await lost.FindAsync("a"))!.Value.Sequence);
        store.Fails = static (_, _) => StoreFault.None;
        if (goesOn)
        {
            await lost.Step(("a", 4, Token(3)), ("b", 4, Token(2)));
        }
        await using StreamPool<SmallModel> pool = await OpenAsync(new());
        Assert.Equal(isDone ? null : goesOn ? 4 : 3, (await pool.FindAsync("a"))?.Sequence);
        Assert.Equal(goesOn ? 4 : 3, (await pool.FindAsync("b"))!.Value.Sequence);
    }

    [Fact]
    public async Task A_stream_is_removed_while_it_is_saved()
    {
        await using StreamPool<SmallModel> pool = await FilledAsync();
        var written = new TaskCompletionSource();
        store.Waits = (o, _) => o == StoreOperation.Write ? written.Task : Task.CompletedTask;
        Task checkpoint = pool.CheckpointAsync();
        Assert.Equal(1, await pool.RemoveAsync(["a"]));
        Assert.Equal(1, await pool.RemoveAsync(["b"]));
        await pool.StepOne("b", 1, Token(1));
        written.SetResult();
        await checkpoint;
        Assert.Equal(["a", "b"], contents.Streams.Order());
        Assert.Equal(1, pool.Count);
        await using (StreamPool<SmallModel> crashed = await StreamPool<SmallModel>.OpenAsync(model, new MemoryStreamStore(Copy())))
        {
            Assert.Null(await crashed.FindAsync("a"));
            Assert.Equal(1, (await crashed.FindAsync("b"))!.Value.Sequence);
        }
        await pool.CheckpointAsync();
        Assert.Equal(["b"], contents.Streams);
        Assert.Equal(1, (await pool.FindAsync("b"))!.Value.Sequence);
    }

    /// <summary>What is only in the store is removed without being read, more of it than fits into memory.</summary>
    [Fact]
    public async Task Many_streams_are_removed_in_little_memory()
    {
        string[] ids = [.. Enumerable.Range(0, 3000).Select(static i => $"{i}")];
        await using StreamPool<SmallModel> pool = await OpenAsync(new() { MaxStreams = 100 });
        await pool.Step([.. ids.Select(id => (id, 1L, Token(1)))]);
        await pool.CheckpointAsync();
        Assert.Equal(3000, contents.Streams.Count);
        Assert.Equal(2999, await pool.RemoveAsync(ids[1..]));
        Assert.InRange(pool.Count, 0, 1);
        Assert.Null(await pool.FindAsync("2999"));
        Assert.Equal(1, (await pool.FindAsync("0"))!.Value.Sequence);
        await pool.CheckpointAsync();
        Assert.Equal(["0"], contents.Streams);
    }

    [Fact]
    public async Task A_damaged_stream_is_said_and_the_others_go_on()
    {
        await (await FilledAsync()).DisposeAsync();
        contents.Saved["a"][20] ^= 1;
        await using StreamPool<SmallModel> pool = await OpenAsync(new());
        (StepResult[] results, _) = await pool.Step(("a", 4, Token(4)), ("b", 4, Token(4)), ("a", 0, Token(1)));
        Assert.Equal(
            [StepStatus.Unavailable, StepStatus.Accepted, StepStatus.Unavailable], results.Select(static r => r.Status));
        Assert.Contains("A saved stream is damaged", results[0].Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ModelFileException>(() => pool.FindAsync("a").AsTask());
        await Assert.ThrowsAsync<ModelFileException>(() => pool.ResetAsync("a").AsTask());
        // As its message says.
        Assert.Equal(1, await pool.RemoveAsync(["a"]));
        await pool.StepOne("a", 1, Token(1));
    }

    /// <summary>One damaged stream keeps no start and no backup from the others, and can be removed.</summary>
    [Fact]
    public async Task A_damaged_stream_of_a_log_is_set_aside()
    {
        StreamPool<SmallModel> lost = await FilledAsync();
        await lost.CheckpointAsync();
        await lost.Step(("a", 4, Token(4)), ("b", 4, Token(4)), ("c", 1, Token(1)));
        await lost.ResetAsync("a");
        await lost.StepOne("a", 5, Token(5));
        contents.Saved["a"][20] ^= 1;
        await using StreamPool<SmallModel> pool = await OpenAsync(new());
        Assert.Equal(["a"], pool.DamagedStreams);
        Assert.Empty(contents.Entries);
        Assert.Equal(4, (await pool.FindAsync("b"))!.Value.Sequence);
        await pool.StepOne("c", 2, Token(2));
        Assert.Equal(StepStatus.Unavailable, (await pool.Step(("a", 6, Token(6)))).Results[0].Status);
        using var file = new MemoryStream();
        await pool.SaveAsync(file);
        file.Position = 0;
        await using var other = new StreamPool<SmallModel>(model);
        Assert.Equal(2, await other.LoadAsync(file));
        Assert.Equal(1, await pool.RemoveAsync(["a"]));
        await pool.StepOne("a", 1, Token(1));
        await using StreamPool<SmallModel> next = await OpenAsync(new());
        Assert.Empty(next.DamagedStreams);
        Assert.Equal(1, (await next.FindAsync("a"))!.Value.Sequence);
    }

    /// <summary>Also where its removal is in the log already.</summary>
    [Fact]
    public async Task A_damaged_stream_that_was_removed_is_not_missed()
    {
        StreamPool<SmallModel> lost = await FilledAsync();
        await lost.CheckpointAsync();
        await lost.StepOne("a", 4, Token(4));
        await lost.RemoveAsync(["a"]);
        contents.Saved["a"][20] ^= 1;
        await using StreamPool<SmallModel> pool = await OpenAsync(new());
        Assert.Empty(pool.DamagedStreams);
        Assert.Null(await pool.FindAsync("a"));
    }

    [Theory]
    [InlineData(0, "another version")]
    [InlineData(1, "another declaration")]
    public async Task Sound_streams_that_cannot_be_read_end_a_start(int place, string message)
    {
        StreamPool<SmallModel> lost = await FilledAsync();
        await lost.CheckpointAsync();
        await lost.StepOne("a", 4, Token(4));
        byte[] saved = contents.Saved["a"];
        saved[place] ^= 3;
        BitConverter.TryWriteBytes(
            saved.AsSpan(saved.Length - 8), XxHash3.HashToUInt64(saved.AsSpan(0, saved.Length - 8), (long)XxHash3.HashToUInt64("a"u8)));
        IOException error = await Assert.ThrowsAsync<IOException>(() => OpenAsync(new()));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(contents.Entries);
    }

    [Theory]
    [InlineData(0, "damaged")]
    [InlineData(16, "damaged")]
    public async Task A_damaged_owner_of_a_store_is_refused(int place, string message)
    {
        await (await FilledAsync()).DisposeAsync();
        contents.Saved[""][place] ^= 1;
        ModelFileException error = await Assert.ThrowsAsync<ModelFileException>(() => OpenAsync(new()));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
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
    [InlineData(StreamLog.HeaderBytes, "other tokens")]
    [InlineData(StreamLog.HeaderBytes + 1, "other tokens")]
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

    /// <summary>A store may let through what its client throws; nothing has changed in memory then.</summary>
    [Fact]
    public async Task Whatever_a_store_throws_a_pool_goes_on()
    {
        await using StreamPool<SmallModel> pool = await FilledAsync();
        foreach (StoreOperation operation in Enum.GetValues<StoreOperation>())
        {
            store.Fails = (o, _) => o == operation ? throw new TimeoutException("It took too long.") : StoreFault.None;
            (StepResult[] results, _) = await pool.Step(("a", 0, Token(4)), ($"new {operation}", 1, Token(1)));
            StepStatus known = operation == StoreOperation.Append ? StepStatus.Unavailable : StepStatus.Accepted;
            Assert.Equal(known, results[0].Status);
            Assert.Equal(operation == StoreOperation.Read ? StepStatus.Unavailable : known, results[1].Status);
            if (known == StepStatus.Unavailable)
            {
                Assert.Contains("It took too long.", results[0].Message, StringComparison.Ordinal);
                Assert.IsType<TimeoutException>(pool.StoreFailure!.InnerException);
                await Assert.ThrowsAsync<IOException>(() => pool.ResetAsync("a").AsTask());
                await Assert.ThrowsAsync<IOException>(() => pool.RemoveAsync(["a"]).AsTask());
            }
            if (operation is StoreOperation.Write or StoreOperation.Truncate)
            {
                await Assert.ThrowsAsync<IOException>(() => pool.CheckpointAsync());
            }
            if (operation == StoreOperation.Flush)
            {
                await Assert.ThrowsAsync<IOException>(() => pool.RemoveAsync(["a"]).AsTask());
            }
            store.Fails = static (_, _) => StoreFault.None;
            await pool.StepOne("a", 0, Token(5));
            await pool.StepOne($"another {operation}", 1, Token(5));
            await pool.CheckpointAsync();
            Assert.Null(pool.StoreFailure);
        }
        Assert.Equal(12, (await pool.FindAsync("a"))!.Value.Sequence);
    }

    /// <summary>A call that succeeds tells nothing of those of another kind.</summary>
    [Fact]
    public async Task A_failure_lasts_until_a_call_of_its_kind_succeeds()
    {
        await using StreamPool<SmallModel> pool = await FilledAsync();
        store.Fails = static (o, _) => o is StoreOperation.Append ? StoreFault.Before : StoreFault.None;
        await pool.Step(("a", 4, Token(4)));
        Assert.Null(await pool.FindAsync("x"));
        Assert.NotNull(pool.StoreFailure);
        await pool.CheckpointAsync();
        Assert.NotNull(pool.StoreFailure);
        store.Fails = static (o, _) => o is StoreOperation.Read ? StoreFault.Before : StoreFault.None;
        await pool.StepOne("a", 4, Token(4));
        Assert.Null(pool.StoreFailure);
        await Assert.ThrowsAsync<IOException>(() => pool.FindAsync("x").AsTask());
        await pool.StepOne("a", 5, Token(4));
        Assert.NotNull(pool.StoreFailure);
        store.Fails = static (_, _) => StoreFault.None;
        Assert.Null(await pool.FindAsync("x"));
        Assert.Null(pool.StoreFailure);
    }

    [Fact]
    public async Task A_pool_that_broke_leaves_the_store_as_it_is()
    {
        StreamPool<SmallModel> pool = await FilledAsync();
        using var outputs = new BrokenMemory(2);
        await Assert.ThrowsAsync<NotSupportedException>(
            () => pool.StepManyAsync((string[])["a"], Token(4), outputs.Memory, new StepResult[1]).AsTask());
        int entries = contents.Entries.Count;
        Assert.Equal(4, entries);
        await Assert.ThrowsAsync<IOException>(() => pool.Step(("a", 4, Token(4))));
        await Assert.ThrowsAsync<IOException>(() => pool.CheckpointAsync());
        await Assert.ThrowsAsync<IOException>(() => pool.FindAsync("a").AsTask());
        await Assert.ThrowsAsync<IOException>(() => pool.RemoveAsync(["a"]).AsTask());
        await Assert.ThrowsAsync<IOException>(() => pool.UseModelAsync(model));
        await pool.DisposeAsync();
        Assert.Equal((entries, 0), (contents.Entries.Count, contents.Streams.Count));
        await using StreamPool<SmallModel> next = await OpenAsync(new());
        // It was in the log when the batch broke, and nobody was told that it was read.
        Assert.Equal(4, (await next.FindAsync("a"))!.Value.Sequence);
        Assert.Equal(3, (await next.FindAsync("b"))!.Value.Sequence);
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
        StreamState<SmallModel> state = model.CreateState();
        float[] last = [];
        try
        {
            // Rows that are being saved stay; others come beside them.
            for (int n = 1; n <= 6; n++)
            {
                float[] expected = Output(state, n);
                if (n > 3)
                {
                    last = await pool.StepOne("a", n, Token(n));
                    PoolCalls.AssertSame(expected, last);
                    for (int i = 0; i < 10; i++)
                    {
                        await pool.StepOne($"other {n}/{i}", 1, Token(1));
                    }
                    PoolCalls.AssertSame(expected, await pool.StepOne("b", n, Token(n)));
                }
            }
            Assert.False(checkpoint.IsCompleted);
        }
        finally
        {
            written.SetResult();
        }
        await checkpoint;
        // The log has what came meanwhile: a crash now would lose nothing.
        Assert.NotEmpty(contents.Entries);
        await using (StreamPool<SmallModel> crashed = await StreamPool<SmallModel>.OpenAsync(model, new MemoryStreamStore(Copy())))
        {
            Assert.Equal(6, (await crashed.FindAsync("a"))!.Value.Sequence);
            Assert.Equal(6, (await crashed.FindAsync("b"))!.Value.Sequence);
        }
        await pool.RemoveAsync(["b"]);
        StreamPool<SmallModel> next = await OpenAsync(new());
        var output = new float[2];
        Assert.Equal(6, (await next.FindAsync("a", output))!.Value.Sequence);
        PoolCalls.AssertSame(last, output);
        Assert.Null(await next.FindAsync("b"));
        Assert.Equal(1, (await next.FindAsync("other 5/3"))!.Value.Sequence);
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
            contents.Saved.Clear();
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

    /// <summary>What a start after a crash would find.</summary>
    private MemoryStreamStore.Contents Copy()
    {
        var copy = new MemoryStreamStore.Contents();
        copy.Entries.AddRange(contents.Entries);
        Array.ForEach(contents.Saved.ToArray(), r => copy.Saved.Add(r.Key, r.Value));
        return copy;
    }

    private static float[] Token(long n) => ServingModels.TokenOf<SmallModel>(1, n);

    private float[] Output(StreamState<SmallModel> state, long n, SmallModel? other = null)
    {
        var output = new float[2];
        (other ?? model).Step(state, Token(n), output);
        return output;
    }
}
