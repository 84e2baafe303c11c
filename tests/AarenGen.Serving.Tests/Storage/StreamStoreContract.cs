using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace AarenGen.Serving.Tests;

/// <summary>What any store must do. A store's tests derive from this.</summary>
public abstract class StreamStoreContract : IAsyncLifetime
{
    private const int Many = 3000;

    private IStreamStore? store;

    private IStreamStore Store => store!;

    /// <summary>Opens a store; again after it was disposed of, with what it kept.</summary>
    internal abstract Task<IStreamStore> OpenAsync();

    public async Task InitializeAsync() => store = await OpenAsync();

    public virtual async Task DisposeAsync() => await Store.DisposeAsync();

    [Fact]
    public async Task Streams_are_read_as_they_were_saved()
    {
        await Store.Write(("a", [1, 2, 3]), ("b", Bytes(1, 5000)), ("c", [4]));
        string[] ids = ["c", "missing", "a", "b"];
        var received = new Dictionary<int, byte[]>();
        await Store.ReadAsync(ids, (index, data) => received.Add(index, data.ToArray()), default);
        Assert.Equal([0, 2, 3], received.Keys.Order());
        Assert.Equal((byte[])[4], received[0]);
        Assert.Equal((byte[])[1, 2, 3], received[2]);
        Assert.Equal(Bytes(1, 5000), received[3]);
    }

    [Fact]
    public async Task A_saved_stream_takes_the_place_of_the_one_before_and_none_removes_it()
    {
        await Store.Write(("a", [1]), ("b", [2]), ("c", [3]));
        await Store.Write(("b", Bytes(2, 9000)), ("c", []), ("never there", []));
        await Store.Write(("a", [7]), ("a", [8, 9]));
        Dictionary<string, byte[]> all = await Store.ReadAll();
        Assert.Equal(["a", "b"], all.Keys.Order());
        Assert.Equal((byte[])[8, 9], all["a"]);
        Assert.Equal(Bytes(2, 9000), all["b"]);
        Assert.Empty(await Store.Read("c"));
        await Store.Write(("c", [5]));
        Assert.Equal((byte[])[5], (await Store.Read("c"))["c"]);
    }

    [Fact]
    public async Task Ids_may_be_empty_long_and_of_any_letters()
    {
        // 255 bytes; two that differ in case alone; two that look alike.
        string[] ids =
            ["", new('x', 255), new('x', 254), "Größe/°C", "größe/°C", "e\u0301", "\u00e9", "🌡️", "a\0b", "a", " a", "'; --", "%"];
        await Store.Write([.. ids.Select(static (id, i) => (id, new[] { (byte)(i + 1) }))]);
        Dictionary<string, byte[]> read = await Store.Read(ids);
        Assert.All(ids.Index(), i => Assert.Equal((byte[])[(byte)(i.Index + 1)], read[i.Item]));
        Dictionary<string, byte[]> all = await Store.ReadAll();
        Assert.Equal(ids.Order(StringComparer.Ordinal), all.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_id_that_is_too_long_is_refused_and_each_stream_of_its_batch_is_written_whole_or_not_at_all()
    {
        string tooLong = new('x', 256);
        await Store.Write(("a", Bytes(1, 5000)), ("b", [2]));
        await Assert.ThrowsAsync<ArgumentException>(
            () => Store.Write(("a", Bytes(9, 7000)), ("b", []), (tooLong, [1]), ("c", Bytes(3, 6000))));
        Dictionary<string, byte[]> all = await Store.ReadAll();
        Assert.True(all["a"].AsSpan().SequenceEqual(Bytes(1, 5000)) || all["a"].AsSpan().SequenceEqual(Bytes(9, 7000)));
        Assert.True(!all.TryGetValue("b", out byte[]? b) || b is [2]);
        Assert.True(!all.TryGetValue("c", out byte[]? c) || c.AsSpan().SequenceEqual(Bytes(3, 6000)));
        Assert.DoesNotContain(tooLong, all.Keys);
        await Store.Write(("c", [3]));
        Assert.Equal((byte[])[3], (await Store.ReadAll())["c"]);
    }

    [Fact]
    public async Task All_streams_are_read_once()
    {
        await Store.Write([.. Enumerable.Range(0, Many).Select(static i => (Id(i), Bytes(i, i % 50 + 1)))]);
        Dictionary<string, byte[]> all = await Store.ReadAll();
        Assert.Equal(Many, all.Count);
        Assert.All(Enumerable.Range(0, Many), i => Assert.Equal(Bytes(i, i % 50 + 1), all[Id(i)]));
    }

    [Fact]
    public async Task Streams_that_are_saved_while_all_are_read_are_as_they_were_or_as_they_are()
    {
        await Store.Write([.. Enumerable.Range(0, Many).Select(static i => (Id(i), new byte[] { 1 }))]);
        var seen = new HashSet<string>();
        int count = 0;
        await foreach ((string id, ReadOnlyMemory<byte> data) in Store.ReadAllAsync(default))
        {
            Assert.True(seen.Add(id), $"{id} came twice.");
            Assert.InRange(data.Span[0], (byte)1, (byte)2);
            if (count++ % 100 == 0)
            {
                await Store.Write((Id(count - 1), [2]), (Id(Many - count), [2]), ($"new {count}", [2]));
            }
        }
        Assert.Subset(seen, new HashSet<string>(Enumerable.Range(0, Many).Select(Id)));
    }

    [Fact]
    public async Task Entries_are_read_in_the_order_of_their_log()
    {
        var appended = new Dictionary<int, List<StoredLogEntry>>();
        for (int i = 0; i < 600; i++)
        {
            int log = ((int[])[0, 7, 3])[i % 3];
            byte[] data = Bytes(i, 1 + 97 * i % 4000);
            long position = await Store.AppendAsync(log, data, default);
            if (!appended.TryGetValue(log, out List<StoredLogEntry>? entries))
            {
                appended.Add(log, entries = []);
            }
            Assert.True(entries.Count == 0 || position > entries[^1].Position, "Positions do not ascend.");
            entries.Add(new(log, position, data));
        }
        AssertSame(appended, await Store.ReadLogs());
    }

    [Fact]
    public async Task Truncating_removes_entries_up_to_a_position_of_one_log_alone()
    {
        long[] positions = new long[100];
        for (int i = 0; i < positions.Length; i++)
        {
            positions[i] = await Store.AppendAsync(0, Bytes(i, 3000), default);
            await Store.AppendAsync(1, Bytes(i, 10), default);
        }
        await Store.TruncateAsync(0, positions[59], default);
        // Less than is removed already, and a log that never was.
        await Store.TruncateAsync(0, positions[10], default);
        await Store.TruncateAsync(5, 1000, default);
        Dictionary<int, List<StoredLogEntry>> logs = await Store.ReadLogs();
        Assert.Equal(positions[60..], logs[0].Select(static e => e.Position));
        Assert.Equal(Bytes(60, 3000), logs[0][0].Data.ToArray());
        Assert.Equal([0, 1], logs.Keys.Order());
        Assert.Equal(100, logs[1].Count);
    }

    [Fact]
    public async Task Positions_ascend_for_ever()
    {
        long last = 0;
        for (int round = 0; round < 4; round++)
        {
            for (int i = 0; i < 5; i++)
            {
                long position = await Store.AppendAsync(2, (byte[])[1], default);
                Assert.True(position > last, $"Position {position} follows {last}.");
                last = position;
            }
            await Store.TruncateAsync(2, round % 2 == 0 ? last : long.MaxValue, default);
            Assert.Empty(await Store.ReadLogs());
            await Reopen();
            Assert.Empty(await Store.ReadLogs());
        }
    }

    [Fact]
    public async Task What_a_store_keeps_is_there_when_it_is_opened_again()
    {
        await Store.Write(("a", Bytes(1, 1300)), ("", [2]));
        long first = await Store.AppendAsync(0, (byte[])[1], default);
        long second = await Store.AppendAsync(0, Bytes(2, 12_000), default);
        await Store.TruncateAsync(0, first, default);
        await Reopen();
        Dictionary<string, byte[]> all = await Store.ReadAll();
        Assert.Equal(["", "a"], all.Keys.Order());
        Assert.Equal(Bytes(1, 1300), all["a"]);
        StoredLogEntry entry = Assert.Single((await Store.ReadLogs())[0]);
        Assert.Equal(second, entry.Position);
        Assert.Equal(Bytes(2, 12_000), entry.Data.ToArray());
    }

    [Fact]
    public async Task Flushing_changes_no_log()
    {
        await Store.FlushLogAsync(0, default);
        long position = await Store.AppendAsync(0, (byte[])[1], default);
        await Store.FlushLogAsync(0, default);
        await Store.FlushLogAsync(7, default);
        await Reopen();
        (int log, List<StoredLogEntry> entries) = Assert.Single(await Store.ReadLogs());
        Assert.Equal((0, position), (log, Assert.Single(entries).Position));
    }

    [Fact]
    public async Task Streams_and_entries_may_be_large()
    {
        await Store.Write(("large", Bytes(1, 3 << 20)));
        await Store.AppendAsync(0, Bytes(2, 5 << 20), default);
        Assert.Equal(Bytes(1, 3 << 20), (await Store.Read("large"))["large"]);
        Assert.Equal(Bytes(2, 5 << 20), Assert.Single((await Store.ReadLogs())[0]).Data.ToArray());
    }

    [Fact]
    public async Task What_is_cancelled_before_it_begins_does_nothing()
    {
        await Store.Write(("a", [1]));
        long position = await Store.AppendAsync(0, (byte[])[1], default);
        var cancelled = new CancellationToken(canceled: true);
        Func<Task>[] calls =
        [
            async () => await Store.WriteAsync([new("a", (byte[])[2])], cancelled),
            async () => await Store.AppendAsync(0, (byte[])[2], cancelled),
            async () => await Store.FlushLogAsync(0, cancelled),
            async () => await Store.TruncateAsync(0, position, cancelled),
            async () => await Store.ReadAsync(["a"], static (_, _) => Assert.Fail("It was read."), cancelled),
            async () => await Store.ReadAllAsync(cancelled).GetAsyncEnumerator(cancelled).MoveNextAsync(),
            async () => await Store.ReadLogAsync(cancelled).GetAsyncEnumerator(cancelled).MoveNextAsync(),
        ];
        foreach (Func<Task> call in calls)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(call);
        }
        Assert.Equal((byte[])[1], (await Store.ReadAll())["a"]);
        Assert.Single((await Store.ReadLogs())[0]);
    }

    [Fact]
    public async Task Threads_work_at_the_same_time()
    {
        const int threads = 4, each = 200;
        var positions = new ConcurrentDictionary<int, List<long>>();
        await Task.WhenAll(Enumerable.Range(0, threads).SelectMany(t => (Task[])
        [
            Task.Run(async () =>
            {
                List<long> own = positions[t] = [];
                for (int i = 0; i < each; i++)
                {
                    own.Add(await Store.AppendAsync(t, Bytes(1000 * t + i, 2000), default));
                    if (i % 50 == 49)
                    {
                        await Store.TruncateAsync(t, own[i - 10], default);
                    }
                }
            }),
            Task.Run(async () =>
            {
                for (int i = 0; i < each / 4; i++)
                {
                    await Store.Write([.. Enumerable.Range(0, 50).Select(k => ($"{t}/{k}", Bytes(i, 100)))]);
                }
            }),
            Task.Run(async () =>
            {
                for (int i = 0; i < each / 4; i++)
                {
                    // In one stream no two batches are mixed.
                    Assert.All((await Store.Read($"{t}/0", $"{t}/49")).Values, static r => Assert.Equal(Bytes(r), r));
                }
            }),
        ]));
        Dictionary<int, List<StoredLogEntry>> logs = await Store.ReadLogs();
        Assert.All(Enumerable.Range(0, threads), t =>
        {
            Assert.Equal(positions[t][(each - 10)..], logs[t].Select(static e => e.Position));
            Assert.All(logs[t].Index(), e => Assert.Equal(Bytes(1000 * t + each - 10 + e.Index, 2000), e.Item.Data.ToArray()));
        });
        Dictionary<string, byte[]> all = await Store.ReadAll();
        Assert.Equal(threads * 50, all.Count);
        Assert.All(all.Values, static r => Assert.Equal(Bytes(each / 4 - 1, 100), r));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_store_agrees_with_collections_whatever_is_done(int seed)
    {
        var random = new Random(seed);
        var saved = new Dictionary<string, byte[]>();
        var logs = new Dictionary<int, List<StoredLogEntry>>();
        for (int i = 0; i < 400; i++)
        {
            switch (random.Next(20))
            {
                case < 8:
                    int log = random.Next(3);
                    byte[] entry = Bytes(i, 1 + random.Next(8000));
                    long position = await Store.AppendAsync(log, entry, default);
                    (logs.TryGetValue(log, out List<StoredLogEntry>? entries) ? entries : logs[log] = []).Add(new(log, position, entry));
                    break;
                case < 16:
                    (string Id, byte[] Data)[] batch = [.. Enumerable.Range(0, random.Next(30)).Select(
                        _ => (Id(random.Next(60)), random.Next(4) == 0 ? [] : Bytes(random.Next(), 1 + random.Next(3000))))];
                    await Store.Write(batch);
                    foreach ((string id, byte[] data) in batch)
                    {
                        _ = data.Length == 0 ? saved.Remove(id) : (saved[id] = data) is not null;
                    }
                    break;
                case < 18:
                    if (logs.Count > 0)
                    {
                        (int truncated, List<StoredLogEntry> of) = logs.ElementAt(random.Next(logs.Count));
                        long last = of[random.Next(of.Count)].Position;
                        await Store.TruncateAsync(truncated, last, default);
                        of.RemoveAll(e => e.Position <= last);
                        if (of.Count == 0)
                        {
                            logs.Remove(truncated);
                        }
                    }
                    break;
                case < 19:
                    await Reopen();
                    break;
                default:
                    AssertSame(logs, await Store.ReadLogs());
                    Assert.Equal(saved, await Store.ReadAll());
                    break;
            }
        }
        AssertSame(logs, await Store.ReadLogs());
        Assert.Equal(saved, await Store.ReadAll());
    }

    private protected async Task Reopen()
    {
        await Store.DisposeAsync();
        store = await OpenAsync();
    }

    private static string Id(int i) => string.Create(CultureInfo.InvariantCulture, $"sensor {i}");

    /// <summary>Bytes of a number: no two numbers have the same.</summary>
    private protected static byte[] Bytes(int seed, int count)
    {
        byte[] bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        BitConverter.TryWriteBytes(bytes, seed);
        return bytes;
    }

    /// <summary>As the bytes' own beginning says.</summary>
    private static byte[] Bytes(byte[] like) => Bytes(BitConverter.ToInt32(like), like.Length);

    private static void AssertSame(Dictionary<int, List<StoredLogEntry>> expected, Dictionary<int, List<StoredLogEntry>> actual)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());
        Assert.All(expected, log =>
        {
            Assert.Equal(log.Value.Select(static e => e.Position), actual[log.Key].Select(static e => e.Position));
            Assert.All(log.Value.Zip(actual[log.Key]), static e => Assert.True(e.First.Data.Span.SequenceEqual(e.Second.Data.Span)));
        });
    }
}
