using System.Globalization;
using AarenGen.Serving.Sqlite;

namespace AarenGen.Serving.Tests;

/// <summary>What runs in another process, on the store of a folder.</summary>
internal static class StoreChild
{
    public const int Logs = 2, Streams = 40;

    private const int EntryBytes = 12_000, FillerBytes = 512 << 10;

    /// <summary>The entry of a log that is its n-th.</summary>
    public static byte[] Entry(int log, int index)
    {
        // Of many lengths, also longer than a page.
        byte[] entry = new byte[8 + 37 * index % 20_000];
        new Random(2 * index + log).NextBytes(entry);
        BitConverter.TryWriteBytes(entry, index);
        return entry;
    }

    /// <summary>The bytes of any stream in the n-th batch.</summary>
    public static byte[] Bytes(int batch)
    {
        byte[] saved = new byte[1300];
        new Random(batch).NextBytes(saved);
        BitConverter.TryWriteBytes(saved, batch);
        return saved;
    }

    /// <summary>Appends to two logs at the same time and says what was acknowledged; at times truncates.</summary>
    public static async Task AppendForever(string folder)
    {
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder);
        await Task.WhenAll(Enumerable.Range(0, Logs).Select(log => Task.Run(async () =>
        {
            using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
            for (int i = 0; ; i++)
            {
                long position = await store.AppendAsync(log, Entry(log, i), default);
                await output.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"+ {log} {i}\n"));
                if (i % 100 == 99)
                {
                    // Said before, since it may be done when the process dies.
                    await output.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"- {log} {i - 20}\n"));
                    await store.TruncateAsync(log, position - 20, default);
                }
            }
        })));
    }

    /// <summary>Saves the same streams batch after batch and says what was acknowledged.</summary>
    public static async Task WriteForever(string folder)
    {
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder);
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        for (int batch = 0; ; batch++)
        {
            byte[] saved = Bytes(batch);
            await store.WriteAsync(
                [.. Enumerable.Range(0, Streams).Select(s => new SavedStreamData(s.ToString(CultureInfo.InvariantCulture), saved))],
                default);
            await output.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"+ 0 {batch}\n"));
        }
    }

    /// <summary>Opens the store and waits for a line.</summary>
    public static async Task OpenOnly(string folder)
    {
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder);
        Console.WriteLine("open");
        Console.ReadLine();
    }

    /// <summary>The folder's file system is small. It gets full, gets space, and loses nothing.</summary>
    public static async Task FillDisk(string folder)
    {
        string filler = Path.Combine(folder, "filler"), own = Path.Combine(folder, "store");
        await File.WriteAllBytesAsync(filler, new byte[FillerBytes]);
        var expected = new List<byte[]>();
        byte[] saved = Bytes(1);
        await using (SqliteStreamStore store = await SqliteStreamStore.OpenAsync(own))
        {
            await store.WriteAsync([new("a", saved)], default);
            await Fill(store, expected);
            // A batch larger than what is left of the disk.
            await Fails(() => store.WriteAsync(
                [new("a", Bytes(2)), .. Enumerable.Range(0, 500).Select(i => new SavedStreamData($"b{i}", saved))], default).AsTask());
            await AssertIntact(store, expected, saved);
            File.Delete(filler);
            await Append(store, expected);
            await AssertIntact(store, expected, saved);
            await Fill(store, expected);
            await AssertIntact(store, expected, saved);
        }
        // It may be opened on a full disk or not, but nothing is lost.
        try
        {
            await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(own);
            await AssertIntact(store, expected, saved);
            // Entries that are not needed any more make space.
            await store.TruncateAsync(0, long.MaxValue, default);
            expected.Clear();
        }
        catch (IOException)
        {
        }
        finally
        {
            File.Delete(filler);
        }
        await using (SqliteStreamStore store = await SqliteStreamStore.OpenAsync(own))
        {
            await AssertIntact(store, expected, saved);
        }
    }

    private static async Task Fill(SqliteStreamStore store, List<byte[]> expected)
    {
        await Fails(async () =>
        {
            // Bounded where the disk is not.
            for (int i = 0; i < 10_000; i++)
            {
                await Append(store, expected);
            }
        });
        // So full that nothing small fits, either.
        await Fails(async () =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                byte[] small = BitConverter.GetBytes(i);
                await store.AppendAsync(0, small, default);
                expected.Add(small);
            }
        });
    }

    private static async Task Append(SqliteStreamStore store, List<byte[]> expected)
    {
        byte[] entry = new byte[EntryBytes];
        new Random(expected.Count).NextBytes(entry);
        await store.AppendAsync(0, entry, default);
        expected.Add(entry);
    }

    private static async Task Fails(Func<Task> work)
    {
        IOException error = await Assert.ThrowsAsync<IOException>(work);
        Assert.Contains("The disk is full", error.Message, StringComparison.Ordinal);
    }

    private static async Task AssertIntact(SqliteStreamStore store, List<byte[]> expected, byte[] saved)
    {
        int count = 0;
        await foreach (StoredLogEntry entry in store.ReadLogAsync(default))
        {
            Assert.Equal(expected[count++], entry.Data.ToArray());
        }
        Assert.Equal(expected.Count, count);
        Dictionary<string, byte[]> all = await store.ReadAll();
        Assert.Equal(["a"], all.Keys);
        Assert.Equal(saved, all["a"]);
    }
}
