using System.Globalization;
using AarenGen.Serving.Sqlite;

namespace AarenGen.Serving.Tests;

/// <summary>A store in files that are damaged, of another format, or where none can be.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private const int Count = 60;

    private readonly StoreFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_file_in_place_of_the_folder_is_refused()
    {
        File.WriteAllText(folder.At("file"), "");
        await Refused<IOException>(folder.At("file"), "is a file; a store needs a folder.");
        await Refused<IOException>(Path.Combine(folder.At("file"), "below"), "The folder", "cannot be created");
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_refused()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            // Modes do not bind root, but the kernel's own folders cannot be written by anybody.
            if (OperatingSystem.IsLinux())
            {
                await Refused<IOException>("/proc/aarengen", "The folder /proc/aarengen");
            }
            return;
        }
        string own = Directory.CreateDirectory(folder.At("own")).FullName;
        File.SetUnixFileMode(own, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await Refused<IOException>(own, $"The folder {own} of the store cannot be written:");
        await Refused<IOException>(Path.Combine(own, "below"), "cannot be created:");
        File.SetUnixFileMode(own, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task A_store_is_opened_once()
    {
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.Path);
        await Refused<IOException>(folder.Path, $"The store in {folder.Path} is open already, in this process or another one.");
    }

    [Theory]
    [InlineData("records.db")]
    [InlineData("log-0.db")]
    public async Task Another_format_is_refused(string file)
    {
        await Write();
        // The version of the tables stands in SQLite's header, at 60; 68 says whose file it is.
        Patch(file, 63, 3);
        await Refused<InvalidDataException>(
            folder.Path, $"{folder.At(file)} has format 3; this version of AarenGen.Serving.Sqlite reads and writes format 2.");
        Patch(file, 68, 0);
        await Refused<InvalidDataException>(folder.Path, $"{folder.At(file)} is no database of streams but another program's.");
        Patch(file, 0, 0);
        await Refused<InvalidDataException>(folder.Path, $"{folder.At(file)} is no database of streams, or its beginning is damaged.");
    }

    [Fact]
    public async Task A_damaged_stream_is_handed_out_and_the_others_are_as_they_were()
    {
        await Write();
        Replace("records.db", StoreChild.Bytes(3)[100..120]);
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.Path);
        Assert.Equal(StoreChild.Bytes(2), (await store.Read("s2"))["s2"]);
        // Saved streams have checksums of their own.
        byte[] damaged = (await store.Read("s3"))["s3"];
        Assert.Equal(1, damaged.Zip(StoreChild.Bytes(3)).Count(static b => b.First != b.Second));
        Dictionary<string, byte[]> all = await store.ReadAll();
        Assert.Equal(Count, all.Count);
        Assert.Equal(damaged, all["s3"]);
        all["s3"] = StoreChild.Bytes(3);
        AssertWritten(all, "a bit of s3");
        await store.Write(("s3", StoreChild.Bytes(3)));
        AssertWritten(await store.ReadAll(), "written anew");
    }

    [Fact]
    public async Task A_damaged_entry_is_never_read_as_another()
    {
        await Write();
        Replace("log-0.db", StoreChild.Entry(0, 30)[100..120]);
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.Path);
        IOException error = await Assert.ThrowsAsync<IOException>(store.ReadLogs);
        Assert.Contains("entry 31 is missing or has another checksum", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Of saved streams it is their checksum that says so.</summary>
    [Fact]
    public async Task Wherever_the_file_of_streams_is_damaged_no_stream_is_another()
    {
        var model = SmallModel.Create(1);
        string[] ids = [.. Enumerable.Range(0, Count).Select(static i => $"s{i}")];
        float[][] outputs;
        await using (SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.Path))
        await using (StreamPool<SmallModel> pool = await StreamPool<SmallModel>.OpenAsync(model, store))
        {
            (_, outputs) = await pool.Step([.. ids.Select(static (id, i) => (id, 1L, ServingModels.TokenOf<SmallModel>(i, 1)))]);
        }
        string file = folder.At("records.db");
        byte[] whole = File.ReadAllBytes(file);
        var random = new Random(1);
        int refused = 0, found = 0;
        for (int i = 0; i < 100; i++)
        {
            byte[] damaged = [.. whole];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            File.Delete(file + "-wal");
            File.WriteAllBytes(file, i % 20 == 0 ? whole[..random.Next(1, whole.Length)] : damaged);
            try
            {
                await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.Path);
                await using StreamPool<SmallModel> pool = await StreamPool<SmallModel>.OpenAsync(model, store);
                for (int k = 0; k < ids.Length; k++)
                {
                    var output = new float[2];
                    try
                    {
                        if (await pool.FindAsync(ids[k], output) is { } stream)
                        {
                            Assert.Equal(1, stream.Sequence);
                            PoolCalls.AssertSame(outputs[k], output);
                            found++;
                        }
                    }
                    catch (Exception e) when (e is IOException or ModelFileException)
                    {
                        refused++;
                    }
                }
            }
            catch (Exception e) when (e is IOException or InvalidDataException or ModelFileException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 50, int.MaxValue);
        Assert.InRange(found, 50 * Count, int.MaxValue);
    }

    [Fact]
    public async Task Wherever_the_file_of_a_log_is_damaged_other_bytes_are_never_read()
    {
        const string file = "log-0.db";
        await Write();
        byte[] whole = File.ReadAllBytes(folder.At(file));
        var random = new Random(1);
        int refused = 0;
        for (int i = 0; i < 150; i++)
        {
            byte[] damaged = [.. whole];
            int at = random.Next(damaged.Length);
            damaged[at] ^= (byte)(1 << random.Next(8));
            await OpenDamaged(damaged, $"bit at {at}");
        }
        for (int i = 0; i < 10; i++)
        {
            await OpenDamaged(whole[..random.Next(1, whole.Length)], "cut off");
        }
        Assert.NotEqual(0, refused);

        async Task OpenDamaged(byte[] bytes, string what)
        {
            File.Delete(folder.At(file + "-wal"));
            File.WriteAllBytes(folder.At(file), bytes);
            try
            {
                await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.Path);
                AssertWritten(await store.ReadAll(), what);
                foreach ((string id, byte[] data) in await store.Read([.. Enumerable.Range(0, Count).Select(static i => $"s{i}")]))
                {
                    Assert.Equal(StoreChild.Bytes(int.Parse(id[1..], CultureInfo.InvariantCulture)), data);
                }
                List<StoredLogEntry> entries = (await store.ReadLogs()).GetValueOrDefault(0, []);
                Assert.True(entries.Count == Count, $"{what}: {entries.Count} entries are there.");
                Assert.All(entries.Index(), static e => Assert.Equal(StoreChild.Entry(0, e.Index), e.Item.Data.ToArray()));
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                refused++;
            }
        }
    }

    [Fact]
    public async Task A_write_ahead_log_that_was_cut_off_gives_the_entries_before()
    {
        string copy = Directory.CreateDirectory(folder.At("copy")).FullName, own = folder.At("own");
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(own);
        for (int i = 0; i < 30; i++)
        {
            await store.AppendAsync(0, StoreChild.Entry(0, i), default);
        }
        byte[] database = Shared(Path.Combine(own, "log-0.db")), ahead = Shared(Path.Combine(own, "log-0.db-wal"));
        int last = 0;
        int[] lengths = [.. Enumerable.Range(0, ahead.Length / 4999).Select(static i => 4999 * i), ahead.Length - 1, ahead.Length];
        foreach (int length in lengths)
        {
            foreach (string file in Directory.GetFiles(copy))
            {
                File.Delete(file);
            }
            File.WriteAllBytes(Path.Combine(copy, "log-0.db"), database);
            File.WriteAllBytes(Path.Combine(copy, "log-0.db-wal"), ahead[..length]);
            await using SqliteStreamStore cut = await SqliteStreamStore.OpenAsync(copy);
            List<StoredLogEntry> entries = (await cut.ReadLogs()).GetValueOrDefault(0, []);
            Assert.All(entries.Index(), static e => Assert.Equal(StoreChild.Entry(0, e.Index), e.Item.Data.ToArray()));
            Assert.InRange(entries.Count, last, 30);
            last = entries.Count;
            Assert.Equal(last + 1, await cut.AppendAsync(0, (byte[])[1], default));
        }
        Assert.Equal(30, last);
    }

    [Fact]
    public async Task A_file_that_a_process_left_before_it_wrote_to_it_is_a_new_log()
    {
        await Write();
        File.WriteAllBytes(folder.At("log-12.db"), []);
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.Path);
        Assert.Equal([0], (await store.ReadLogs()).Keys);
        await store.AppendAsync(12, (byte[])[1], default);
        Assert.Equal([0, 12], (await store.ReadLogs()).Keys.Order());
    }

    [Fact]
    public async Task Space_of_removed_entries_is_used_again()
    {
        const int round = 500, rounds = 6;
        byte[] entry = new byte[12_000];
        for (int i = 0; i < rounds; i++)
        {
            // A store that is closed has removed what it was told to.
            await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.Path);
            await store.TruncateAsync(0, await AppendMany(store, entry, round), default);
        }
        // An entry takes three pages of 4 KiB and a fourth for what remains.
        Assert.InRange(new FileInfo(folder.At("log-0.db")).Length, 0, 2 * round * 4 * 4096);
        Assert.False(File.Exists(folder.At("log-0.db-wal")));
    }

    [Fact]
    public async Task The_write_ahead_log_of_a_busy_writer_stays_small()
    {
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.Path);
        await AppendMany(store, new byte[12_000], 12_000);
        // 64 MiB, by an estimate of the pages.
        Assert.InRange(new FileInfo(folder.At("log-0.db-wal")).Length, 0, 100 << 20);
    }

    [Fact]
    public async Task What_a_caller_gives_is_checked()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => SqliteStreamStore.OpenAsync(""));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => SqliteStreamStore.OpenAsync(folder.Path, new() { Durability = (StoreDurability)7 }));
        SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.Path);
        await Assert.ThrowsAsync<ArgumentException>(() => store.AppendAsync(0, default, default).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.AppendAsync(-1, (byte[])[1], default).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.TruncateAsync(-1, 1, default).AsTask());
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => store.Write((new('ü', 129), [1])));
        Assert.Equal("The id of a stream has 255 bytes of UTF-8 at most; this one has 258.", error.Message);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => store.Write(("\ud800", [1])));
        await store.DisposeAsync();
        await store.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.Read("a"));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.Write(("a", [1])));
        await Assert.ThrowsAsync<ObjectDisposedException>(store.ReadAll);
        await Assert.ThrowsAsync<ObjectDisposedException>(store.ReadLogs);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.AppendAsync(0, (byte[])[1], default).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.TruncateAsync(0, 1, default).AsTask());
    }

    private static async Task<long> AppendMany(SqliteStreamStore store, byte[] entry, int count)
    {
        long last = 0;
        for (int i = 0; i < count; i++)
        {
            last = await store.AppendAsync(0, entry, default);
        }
        return last;
    }

    private static void AssertWritten(Dictionary<string, byte[]> all, string what)
    {
        Assert.True(all.Count == Count, $"{what}: {all.Count} streams are there.");
        Assert.All(all, static r => Assert.Equal(StoreChild.Bytes(int.Parse(r.Key[1..], CultureInfo.InvariantCulture)), r.Value));
    }

    private static async Task Refused<T>(string path, params string[] parts) where T : Exception
    {
        T error = await Assert.ThrowsAsync<T>(() => SqliteStreamStore.OpenAsync(path));
        Assert.All(parts, p => Assert.Contains(p, error.Message, StringComparison.Ordinal));
    }

    /// <summary>Reads a file that a store has open.</summary>
    private static byte[] Shared(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private async Task Write()
    {
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.Path);
        await store.Write([.. Enumerable.Range(0, Count).Select(static i => ($"s{i}", StoreChild.Bytes(i)))]);
        for (int i = 0; i < Count; i++)
        {
            await store.AppendAsync(0, StoreChild.Entry(0, i), default);
        }
    }

    private void Patch(string file, int offset, byte value)
    {
        using FileStream stream = File.OpenWrite(folder.At(file));
        stream.Position = offset;
        stream.WriteByte(value);
    }

    /// <summary>Changes the bytes of a file where these stand.</summary>
    private void Replace(string file, byte[] bytes)
    {
        byte[] all = File.ReadAllBytes(folder.At(file));
        int at = all.AsSpan().IndexOf(bytes);
        Assert.NotEqual(-1, at);
        all[at] ^= 1;
        File.WriteAllBytes(folder.At(file), all);
    }
}
