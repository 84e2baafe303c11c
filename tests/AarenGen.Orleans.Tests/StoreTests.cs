using System.Runtime.InteropServices;
using AarenGen.Serving;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime;

namespace AarenGen.Orleans.Tests;

/// <summary>The store of a shard over a storage that fails, and over one that two activations use.</summary>
public sealed class StoreTests
{
    private static readonly GrainId Shard = GrainKeys.ShardOf("SmallModel", 3);

    [Fact]
    public async Task An_earlier_activation_appends_nothing_once_a_later_one_is_there()
    {
        var storage = new SharedStorage();
        GrainStreamStore first = await OpenAsync(storage);
        await first.AppendAsync(0, new byte[] { 1 }, default);
        GrainStreamStore second = await OpenAsync(storage);
        Assert.Equal([1], await EntriesAsync(second));
        await Assert.ThrowsAsync<FencedException>(async () => await first.AppendAsync(0, new byte[] { 2 }, default));
        Assert.True(first.IsFenced);
        await Assert.ThrowsAsync<FencedException>(async () => await first.TruncateAsync(0, long.MaxValue, default));
        await Assert.ThrowsAsync<FencedException>(async () => await first.WriteAsync([new("a", new byte[] { 1 })], default));
        await second.AppendAsync(0, new byte[] { 3 }, default);
        Assert.Equal([1, 3], await EntriesAsync(await OpenAsync(storage)));
    }

    [Fact]
    public async Task What_an_earlier_activation_appends_before_the_fence_is_read()
    {
        var storage = new SharedStorage();
        GrainStreamStore first = await OpenAsync(storage);
        await first.AppendAsync(0, new byte[] { 1 }, default);
        bool hasAppended = false;
        storage.OnWrite = (_, name) =>
        {
            // The fence is about to be written.
            if (name.StartsWith("log/", StringComparison.Ordinal) && !hasAppended)
            {
                hasAppended = true;
                first.AppendAsync(0, new byte[] { 2 }, default).AsTask().GetAwaiter().GetResult();
            }
            return StorageFault.None;
        };
        Assert.Equal([1, 2], await EntriesAsync(await OpenAsync(storage)));
        Assert.True(hasAppended);
    }

    [Fact]
    public async Task An_earlier_activation_cannot_cut_the_log_or_overwrite_pages()
    {
        var storage = new SharedStorage();
        GrainStreamStore first = await OpenAsync(storage);
        await first.WriteAsync([new("a", new byte[] { 1 })], default);
        long position = await first.AppendAsync(0, new byte[] { 1 }, default);
        GrainStreamStore second = await OpenAsync(storage);
        await Assert.ThrowsAsync<FencedException>(async () => await first.TruncateAsync(0, position, default));
        await second.WriteAsync([new("a", new byte[] { 2 })], default);
        await Assert.ThrowsAsync<FencedException>(async () => await first.WriteAsync([new("a", new byte[] { 9 })], default));
        GrainStreamStore third = await OpenAsync(storage);
        Assert.Equal([1], await EntriesAsync(third));
        Assert.Equal(2, (await SavedAsync(third))["a"].Single());
    }

    [Fact]
    public async Task A_late_page_of_an_earlier_activation_is_replaced()
    {
        var storage = new SharedStorage();
        GrainStreamStore first = await OpenAsync(storage);
        // No stream fits beside them: a page with room is claimed by the later one.
        await first.WriteAsync(
            [.. new[] { "a", "b" }.Concat(Enumerable.Range(0, 254).Select(static i => $"s{i}")).Select(
                static id => new SavedStreamData(id, new byte[] { 1 }))],
            default);
        GrainStreamStore second = await OpenAsync(storage);
        // It knows what it replaces, and its tokens are in the log that the later one has read.
        await first.WriteAsync([new("a", new byte[] { 2 })], default);
        await second.WriteAsync([new("a", new byte[] { 3 })], default);
        Dictionary<string, byte[]> saved = await SavedAsync(await OpenAsync(storage));
        Assert.Equal((3, 1), (saved["a"].Single(), saved["b"].Single()));
    }

    [Fact]
    public async Task An_earlier_activation_adds_no_stream_to_a_page_behind_the_back_of_a_later_one()
    {
        var storage = new SharedStorage();
        GrainStreamStore first = await OpenAsync(storage);
        SavedStreamData[] full = PageOf(0, value: 1);
        await first.WriteAsync(full, default);
        GrainStreamStore second = await OpenAsync(storage);
        // The earlier one gets room on a page that the later one has read, and would use it for a stream that the later one has elsewhere.
        await first.WriteAsync([new("s0", default)], default);
        await Assert.ThrowsAsync<FencedException>(async () => await first.WriteAsync([new("new", new byte[] { 1 })], default));
        await second.WriteAsync([new("new", new byte[] { 2 })], default);
        await second.WriteAsync([new("new", default)], default);
        Assert.DoesNotContain("new", (await SavedAsync(await OpenAsync(storage))).Keys);
    }

    [Fact]
    public async Task Room_on_a_page_is_used_again_once_the_header_was_written()
    {
        var storage = new SharedStorage();
        GrainStreamStore store = await OpenAsync(storage);
        SavedStreamData[] full = PageOf(0, value: 1);
        await store.WriteAsync(full, default);
        await store.WriteAsync([new("s0", default)], default);
        await store.TruncateAsync(0, await store.AppendAsync(0, new byte[] { 1 }, default), default);
        await store.WriteAsync([new("new", new byte[] { 1 })], default);
        Assert.Single(storage.Names, static n => n.Name.StartsWith("page/", StringComparison.Ordinal));
        Assert.Equal(256, (await SavedAsync(await OpenAsync(storage))).Count);
    }

    [Theory]
    [InlineData("header")]
    [InlineData("page/0")]
    [InlineData("log/3")]
    public async Task A_write_that_always_conflicts_fails_after_nine_attempts(string state)
    {
        var storage = new SharedStorage();
        GrainStreamStore store = await OpenAsync(storage);
        await store.WriteAsync([new("a", new byte[] { 1 })], default);
        long position = await store.AppendAsync(0, new byte[] { 1 }, default);
        int attempts = 0;
        storage.OnWrite = (_, name) =>
        {
            attempts += name == state ? 1 : 0;
            return name == state ? StorageFault.Conflict : StorageFault.None;
        };
        IOException error = await Assert.ThrowsAsync<IOException>(async () =>
        {
            await store.WriteAsync([new("a", new byte[] { 2 })], default);
            await store.AppendAsync(0, new byte[] { 2 }, default);
            await store.TruncateAsync(0, position, default);
        });
        Assert.Contains("give each service a ServiceId of its own", error.Message, StringComparison.Ordinal);
        Assert.Equal(9, attempts);
    }

    [Theory]
    [InlineData(StorageFault.Before)]
    [InlineData(StorageFault.After)]
    internal async Task An_append_that_failed_is_there_whole_or_not_at_all(StorageFault fault)
    {
        var storage = new SharedStorage();
        GrainStreamStore store = await OpenAsync(storage);
        long before = await store.AppendAsync(0, new byte[] { 1 }, default);
        storage.OnWrite = (_, _) => fault;
        await Assert.ThrowsAsync<IOException>(async () => await store.AppendAsync(0, new byte[] { 2 }, default));
        storage.OnWrite = null;
        long after = await store.AppendAsync(0, new byte[] { 3 }, default);
        Assert.Equal(before + (fault == StorageFault.After ? 2 : 1), after);
        Assert.Equal(fault == StorageFault.After ? [1, 2, 3] : [1, 3], await EntriesAsync(await OpenAsync(storage)));
    }

    [Theory]
    [InlineData(StorageFault.Before)]
    [InlineData(StorageFault.After)]
    internal async Task A_cleared_log_has_no_failed_append(StorageFault fault)
    {
        var storage = new SharedStorage();
        GrainStreamStore store = await OpenAsync(storage);
        storage.OnWrite = (_, _) => fault;
        await Assert.ThrowsAsync<IOException>(async () => await store.AppendAsync(0, new byte[] { 2 }, default));
        storage.OnWrite = null;
        await store.TruncateAsync(0, long.MaxValue, default);
        Assert.Empty(await EntriesAsync(await OpenAsync(storage)));
    }

    [Fact]
    public async Task A_full_log_refuses_until_it_is_cut()
    {
        GrainStreamStore store = await OpenAsync(new(), ring: 4);
        long last = 0;
        for (int i = 0; i < 3; i++)
        {
            last = await store.AppendAsync(0, new byte[] { 1 }, default);
        }
        await Assert.ThrowsAsync<IOException>(async () => await store.AppendAsync(0, new byte[] { 1 }, default));
        await store.TruncateAsync(0, last, default);
        Assert.Equal(last + 1, await store.AppendAsync(0, new byte[] { 1 }, default));
    }

    [Fact]
    public async Task A_full_log_is_read_by_the_next_activation()
    {
        var storage = new SharedStorage();
        GrainStreamStore first = await OpenAsync(storage, ring: 4);
        for (byte i = 1; i <= 3; i++)
        {
            await first.AppendAsync(0, new[] { i }, default);
        }
        GrainStreamStore second = await OpenAsync(storage, ring: 4);
        Assert.Equal([1, 2, 3], await EntriesAsync(second));
        await Assert.ThrowsAnyAsync<IOException>(async () => await first.AppendAsync(0, new byte[] { 9 }, default));
        await second.TruncateAsync(0, long.MaxValue, default);
        await second.AppendAsync(0, new byte[] { 4 }, default);
        Assert.Equal([4], await EntriesAsync(await OpenAsync(storage, ring: 4)));
    }

    [Fact]
    public async Task Activations_without_tokens_do_not_fill_the_log()
    {
        var storage = new SharedStorage();
        for (int i = 0; i < 300; i++)
        {
            await OpenAsync(storage, ring: 128);
        }
        await (await OpenAsync(storage, ring: 128)).AppendAsync(0, new byte[] { 1 }, default);
    }

    [Fact]
    public async Task Many_streams_are_on_many_pages_and_leave_them()
    {
        var storage = new SharedStorage();
        GrainStreamStore store = await OpenAsync(storage);
        SavedStreamData[] streams =
            [.. Enumerable.Range(0, 1000).Select(static i => new SavedStreamData($"s{i}", BitConverter.GetBytes(i)))];
        await store.WriteAsync(streams, default);
        Assert.Equal(4, storage.Names.Count(static n => n.Name.StartsWith("page/", StringComparison.Ordinal)));
        store = await OpenAsync(storage);
        await store.WriteAsync([new("s7", default), new("s900", new byte[] { 1 })], default);
        store = await OpenAsync(storage);
        Dictionary<string, byte[]> found = await SavedAsync(store);
        Assert.Equal(999, found.Count);
        Assert.False(found.ContainsKey("s7"));
        Assert.Equal([1], found["s900"]);
        Assert.Equal(BitConverter.GetBytes(999), found["s999"]);
        // The last page has room.
        await store.WriteAsync([new("new", new byte[] { 2 })], default);
        Assert.Equal(4, storage.Names.Count(static n => n.Name.StartsWith("page/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Carried_pages_spare_the_reading_where_nobody_came_between()
    {
        var storage = new SharedStorage();
        GrainStreamStore first = await OpenAsync(storage);
        await first.WriteAsync([new("a", new byte[] { 1 }), new("b", new byte[] { 2 })], default);
        CarriedPages carried = first.Carry([new("a", new byte[] { 1 }), new("b", new byte[] { 2 })], 1 << 20)!;
        Assert.Null(first.Carry([new("a", new byte[] { 1 }), new("b", new byte[] { 2 })], 10));
        int before = PageReads();
        GrainStreamStore second = await OpenAsync(storage, carried: carried);
        Assert.Equal(before, PageReads());
        await second.WriteAsync([new("a", new byte[] { 3 })], default);
        // What the first one handed over is old by now.
        GrainStreamStore third = await OpenAsync(storage, carried: carried);
        Assert.True(PageReads() > before);
        Assert.Equal(3, await SavedValueAsync(third, "a"));

        int PageReads() => storage.CountReads(static n => n.StartsWith("page/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(StorageFault.Before)]
    [InlineData(StorageFault.After)]
    internal async Task A_page_that_could_not_be_written_is_not_counted(StorageFault fault)
    {
        var storage = new SharedStorage();
        GrainStreamStore store = await OpenAsync(storage);
        SavedStreamData[] first = PageOf(0, value: 1);
        await store.WriteAsync(first, default);
        storage.OnWrite = (_, name) => name == "page/1" ? fault : StorageFault.None;
        await Assert.ThrowsAsync<IOException>(async () => await store.WriteAsync([new("new", new byte[] { 2 })], default));
        storage.OnWrite = null;
        // Others are written meanwhile; the header counts pages then.
        await store.WriteAsync([new("s0", new byte[] { 3 })], default);
        Assert.Equal(3, (await SavedAsync(await OpenAsync(storage)))["s0"].Single());
    }

    [Theory]
    [InlineData(StorageFault.Before)]
    [InlineData(StorageFault.After)]
    internal async Task What_was_written_behind_a_page_that_could_not_be_is_there(StorageFault fault)
    {
        var storage = new SharedStorage();
        GrainStreamStore store = await OpenAsync(storage);
        SavedStreamData[] first = PageOf(0, value: 1);
        SavedStreamData[] second = PageOf(256, value: 2);
        storage.OnWrite = (_, name) => name == "page/0" ? fault : StorageFault.None;
        await Assert.ThrowsAsync<IOException>(async () => await store.WriteAsync(first, default));
        storage.OnWrite = null;
        await store.WriteAsync(second, default);
        Dictionary<string, byte[]> found = await SavedAsync(await OpenAsync(storage));
        Assert.All(second, s => Assert.Equal(2, found[s.Id].Single()));
        store = await OpenAsync(storage);
        await store.WriteAsync(first, default);
        Assert.Equal(512, (await SavedAsync(await OpenAsync(storage))).Count);
    }

    [Theory]
    [InlineData(StorageFault.Before)]
    [InlineData(StorageFault.After)]
    internal async Task Pages_whose_header_could_not_be_written_are_there_once_it_is(StorageFault fault)
    {
        var storage = new SharedStorage();
        GrainStreamStore store = await OpenAsync(storage);
        storage.OnWrite = (_, name) => name == "header" ? fault : StorageFault.None;
        await Assert.ThrowsAsync<IOException>(async () => await store.WriteAsync([new("a", new byte[] { 1 })], default));
        storage.OnWrite = null;
        await store.WriteAsync([new("a", new byte[] { 2 })], default);
        Assert.Equal(2, (await SavedAsync(await OpenAsync(storage)))["a"].Single());
    }

    [Fact]
    public async Task A_fence_takes_no_place_of_an_entry_that_was_appended_while_the_log_was_read()
    {
        var storage = new SharedStorage();
        GrainStreamStore first = await OpenAsync(storage);
        await first.AppendAsync(0, new byte[] { 1 }, default);
        // The later activation reads the next place as empty, and the place behind it once entries were appended to both.
        var isNextRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        bool hasAppended = false;
        storage.AfterRead = name => _ = name == "log/3" && isNextRead.TrySetResult();
        storage.BeforeRead = async name =>
        {
            if (name == "log/4" && !hasAppended)
            {
                hasAppended = true;
                await isNextRead.Task;
                for (byte i = 2; i <= 4; i++)
                {
                    await first.AppendAsync(0, new[] { i }, default);
                }
            }
        };
        GrainStreamStore second = await OpenAsync(storage);
        Assert.True(hasAppended);
        Assert.Equal([1, 2, 3, 4], await EntriesAsync(second));
        await Assert.ThrowsAsync<FencedException>(async () => await first.AppendAsync(0, new byte[] { 9 }, default));
        await second.AppendAsync(0, new byte[] { 5 }, default);
        Assert.Equal([1, 2, 3, 4, 5], await EntriesAsync(await OpenAsync(storage)));
    }

    [Fact]
    public async Task Entries_that_are_appended_while_the_log_is_cut_stay()
    {
        var storage = new SharedStorage();
        GrainStreamStore store = await OpenAsync(storage);
        long appended = await store.AppendAsync(0, new byte[] { 1 }, default);
        bool isDone = false;
        Task appending = Task.Run(async () =>
        {
            for (int i = 0; i < 20_000; i++)
            {
                try
                {
                    Volatile.Write(ref appended, await store.AppendAsync(0, new byte[] { 1 }, default));
                }
                catch (IOException)
                {
                    // The ring is full; it is being cut.
                    await Task.Yield();
                }
            }
            Volatile.Write(ref isDone, true);
        });
        while (!Volatile.Read(ref isDone))
        {
            long last = Volatile.Read(ref appended);
            await store.TruncateAsync(0, last, default);
            Assert.InRange(StoredHeader.Read(storage.DataOf(Shard, StoredHeader.Name)).Floor, 0, last);
        }
        await appending;
        await store.TruncateAsync(0, appended, default);
        Task cutting = store.TruncateAsync(0, appended, default).AsTask();
        await store.AppendAsync(0, new byte[] { 2 }, default);
        await cutting;
        Assert.Equal([2], await EntriesAsync(await OpenAsync(storage)));
    }

    /// <summary>
    /// Streams of a full page grow, and a write of the storage fails, each in its turn: either the activation ends with it, or it goes on.
    /// </summary>
    [Theory]
    [InlineData(StorageFault.Before, true)]
    [InlineData(StorageFault.After, true)]
    [InlineData(StorageFault.Before, false)]
    [InlineData(StorageFault.After, false)]
    internal async Task Streams_that_grow_move_to_further_pages(StorageFault fault, bool isEnd)
    {
        string[] ids = [.. Enumerable.Range(0, 256).Select(static i => $"s{i}")];
        string[] grown = [.. ids.Where(static (_, i) => i % 3 == 0)];
        bool hasFailed = true;
        for (int failing = 1; hasFailed; failing++)
        {
            var storage = new SharedStorage();
            await (await OpenAsync(storage)).WriteAsync([.. ids.Select(static id => SavedOf(id, 1, 512))], default);
            GrainStreamStore store = await OpenAsync(storage);
            // Those that a pool steps are read before.
            await store.ReadAsync(grown, static (_, _) => { }, default);
            int writes = 0;
            hasFailed = false;
            storage.OnWrite = (_, _) =>
            {
                writes++;
                bool fails = isEnd ? writes >= failing : writes == failing;
                hasFailed |= fails;
                return !fails ? StorageFault.None : writes == failing ? fault : StorageFault.Before;
            };
            SavedStreamData[] saved = [.. grown.Select(static id => SavedOf(id, 2, 12_000))];
            try
            {
                await store.WriteAsync(saved, default);
                Assert.False(hasFailed);
            }
            catch (IOException)
            {
                Assert.True(hasFailed);
            }
            storage.OnWrite = null;
            // The pool uses its memory for others.
            Array.ForEach(saved, static r => MemoryMarshal.AsMemory(r.Data).Span.Clear());
            if (!isEnd)
            {
                await store.WriteAsync([SavedOf("s0", 2, 12_000)], default);
            }
            Dictionary<string, byte[]> found = await SavedAsync(await OpenAsync(storage));
            Assert.Equal(ids.Order(), found.Keys.Order());
            Assert.All(found, r =>
            {
                Assert.InRange(r.Value[0], grown.Contains(r.Key) && !hasFailed ? 2 : 1, grown.Contains(r.Key) ? 2 : 1);
                Assert.Equal(r.Value[0] == 1 ? 512 : 12_000, r.Value.Length);
                Assert.All(r.Value, b => Assert.Equal(r.Value[0], b));
            });
            // What is removed does not come back from a page that it was on.
            await (await OpenAsync(storage)).WriteAsync([.. ids.Select(static id => new SavedStreamData(id, default))], default);
            Assert.Empty(await SavedAsync(await OpenAsync(storage)));
            Assert.InRange(storage.LongestWrite, 1 << 17, 1 << 18);
        }
    }

    [Fact]
    public async Task Pages_are_not_carried_while_one_holds_a_stream_that_has_moved()
    {
        var storage = new SharedStorage();
        string[] ids = [.. Enumerable.Range(0, 256).Select(static i => $"s{i}")];
        GrainStreamStore first = await OpenAsync(storage);
        await first.WriteAsync([.. ids.Select(static id => SavedOf(id, 1, 512))], default);
        storage.OnWrite = static (_, name) => name == "page/0" ? StorageFault.Before : StorageFault.None;
        await Assert.ThrowsAsync<IOException>(
            async () => await first.WriteAsync([.. ids.Select(static id => SavedOf(id, 2, 2_000))], default));
        storage.OnWrite = null;
        GrainStreamStore second = await OpenAsync(storage);
        Assert.Null(second.Carry([], long.MaxValue));
        await second.WriteAsync([], default);
        GrainStreamStore third = await OpenAsync(storage, carried: second.Carry([], long.MaxValue)!);
        Assert.Equal(256, (await SavedAsync(third)).Count);
    }

    [Fact]
    public async Task A_page_of_another_version_stays_as_it_is()
    {
        var storage = new SharedStorage();
        await (await OpenAsync(storage)).WriteAsync([new("a", new byte[] { 1 })], default);
        GrainStates states = StatesOf(storage);
        (byte[] page, string? etag) = await states.ReadAsync("page/0");
        page[0]++;
        await states.WriteAsync("page/0", page, etag);
        IOException refused = await Assert.ThrowsAsync<IOException>(() => OpenAsync(storage));
        Assert.Contains("written by another version", refused.Message, StringComparison.Ordinal);
        Assert.Equal(page, storage.DataOf(Shard, "page/0"));
    }

    /// <summary>Storage fails at random, before or after it wrote, and activations follow one another while earlier ones live on.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_pool_over_a_storage_that_fails_computes_what_one_process_does(int seed)
    {
        var model = SequenceModel<SmallModel>.Create(seed);
        var reference = new Reference(model);
        var random = new Random(seed);
        var storage = new SharedStorage();
        var options = new StreamPoolOptions { IdleTime = null };
        string[] ids = [.. Enumerable.Range(0, 12).Select(static i => $"s{i}")];
        var sequences = new long[ids.Length];
        var expected = ids.ToDictionary(static id => id, _ => Array.Empty<float>());
        var pools = new List<StreamPool<SmallModel>>();
        await OpenPoolAsync();
        storage.OnWrite = (_, _) => random.Next(10) switch { 0 => StorageFault.Before, 1 => StorageFault.After, _ => StorageFault.None };
        int accepted = 0, refused = 0;
        for (int round = 0; round < 400; round++)
        {
            int stream = random.Next(ids.Length);
            string id = ids[stream];
            if (expected[id].Length == 0)
            {
                expected[id] = reference.Step(id, Reference.Token(id, sequences[stream] + 1));
            }
            var output = new float[Reference.OutputWidth];
            var results = new StepResult[1];
            // Now and then an earlier activation gets the token, too: it must refuse it, or know it.
            StreamPool<SmallModel> pool = random.Next(8) == 0 ? pools[random.Next(pools.Count)] : pools[^1];
            await pool.StepManyAsync(
                new[] { id }, Reference.Token(id, sequences[stream] + 1), output, results, new[] { sequences[stream] + 1 });
            if (results[0].HasOutput)
            {
                Assert.Same(pools[^1], pool);
                Assert.Equal(expected[id], output);
                sequences[stream]++;
                expected[id] = [];
                accepted++;
            }
            else
            {
                Assert.True(
                    results[0].Status == StepStatus.Unavailable || !ReferenceEquals(pool, pools[^1]), results[0].ToString());
                refused++;
            }
            switch (random.Next(20))
            {
                case 0:
                    await OpenPoolAsync();
                    break;
                case 1 or 2:
                    await IgnoreAsync(pools[random.Next(4) == 0 ? random.Next(pools.Count) : pools.Count - 1].CheckpointAsync());
                    break;
                default:
                    break;
            }
        }
        Assert.True(accepted > 200 && refused > 20, $"{accepted} accepted, {refused} refused");
        storage.OnWrite = null;
        await OpenPoolAsync();
        for (int i = 0; i < ids.Length; i++)
        {
            long read = (await pools[^1].FindAsync(ids[i]))?.Sequence ?? 0;
            // The last one may have been read though it was refused.
            Assert.InRange(read, sequences[i], sequences[i] + (expected[ids[i]].Length > 0 ? 1 : 0));
        }

        async Task OpenPoolAsync()
        {
            while (true)
            {
                try
                {
                    pools.Add(await StreamPool<SmallModel>.OpenAsync(model, await OpenAsync(storage, ring: 64), options));
                    return;
                }
                catch (IOException)
                {
                    // It is tried again.
                }
            }
        }

        static async Task IgnoreAsync(Task task)
        {
            try
            {
                await task;
            }
            catch (IOException)
            {
                // The log has all.
            }
        }
    }

    private static Task<GrainStreamStore> OpenAsync(SharedStorage storage, int ring = 256, CarriedPages? carried = null) =>
        GrainStreamStore.OpenAsync(StatesOf(storage), ring, carried);

    private static GrainStates StatesOf(SharedStorage storage) => new(storage, Shard, new(), NullLogger.Instance);

    /// <summary>As many streams as a page takes.</summary>
    private static SavedStreamData[] PageOf(int first, byte value) =>
        [.. Enumerable.Range(first, 256).Select(i => new SavedStreamData($"s{i}", new[] { value }))];

    private static SavedStreamData SavedOf(string id, byte value, int bytes)
    {
        var data = new byte[bytes];
        Array.Fill(data, value);
        return new(id, data);
    }

    private static async Task<byte[]> EntriesAsync(GrainStreamStore store)
    {
        var entries = new List<byte>();
        await foreach (StoredLogEntry entry in store.ReadLogAsync(default))
        {
            entries.Add(entry.Data.Span[0]);
        }
        return [.. entries];
    }

    private static async Task<Dictionary<string, byte[]>> SavedAsync(GrainStreamStore store)
    {
        var saved = new Dictionary<string, byte[]>();
        await foreach (SavedStreamData stream in store.ReadAllAsync(default))
        {
            saved.Add(stream.Id, stream.Data.ToArray());
        }
        return saved;
    }

    private static async Task<int> SavedValueAsync(GrainStreamStore store, string id)
    {
        int value = -1;
        await store.ReadAsync([id], (_, data) => value = data[0], default);
        return value;
    }
}
