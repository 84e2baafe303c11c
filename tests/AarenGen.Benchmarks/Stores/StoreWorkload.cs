using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using AarenGen.Serving;

namespace AarenGen.Benchmarks;

/// <summary>What a store took for one run of the workload, in a process of its own.</summary>
/// <param name="AppendMicroseconds">An entry of 12 KiB, two threads on two logs: the median.</param>
/// <param name="Append99Microseconds">Of a hundred the slowest but one.</param>
/// <param name="AppendCpuMicroseconds">Processor time an entry, with all that the library does in other threads.</param>
/// <param name="AppendBeside99Microseconds">As above, one thread, while another writes streams.</param>
/// <param name="WriteMilliseconds">A thousand streams of 1.3 KB: the median.</param>
/// <param name="ReadMilliseconds">256 streams at random: the median.</param>
/// <param name="OpenMilliseconds">Opening the store again and reading all entries.</param>
/// <param name="ReadAllMilliseconds">Reading all streams.</param>
/// <param name="TruncateMilliseconds">Removing all entries of both logs.</param>
/// <param name="DiskBytes">What lies in the folder before entries are removed.</param>
/// <param name="MemoryBytes">Memory of the process that is no file, beyond what it had before.</param>
internal sealed record StoreFigures(
    double AppendMicroseconds, double Append99Microseconds, double AppendCpuMicroseconds, double AppendBeside99Microseconds,
    double WriteMilliseconds, double ReadMilliseconds, double OpenMilliseconds, double ReadAllMilliseconds, double TruncateMilliseconds,
    double DiskBytes, double MemoryBytes);

/// <summary>What a service asks of its store: entries of batches appended, streams written and read, all read at the start.</summary>
internal static class StoreWorkload
{
    /// <summary>256 tokens of 7 numbers with ids of 20 bytes.</summary>
    public const int EntryBytes = 256 * (7 * sizeof(float) + 20);

    private const int StreamBytes = 1300, BatchOfStreams = 1000, BatchOfReads = 256, Logs = 2, WarmUp = 500;

    public static async Task<StoreFigures> Run(StoreKind kind, bool isFlushed, string folder, int streams, int entries)
    {
        long memory = AnonymousMemory();
        IStreamStore store = await kind.Open(folder, isFlushed);
        for (int log = 0; log < Logs; log++)
        {
            long last = 0;
            for (int i = 0; i < WarmUp; i++)
            {
                last = await store.AppendAsync(log, Entry(log, i), default);
            }
            await store.TruncateAsync(log, last, default);
        }
        using Process process = Process.GetCurrentProcess();
        TimeSpan cpu = process.TotalProcessorTime;
        double[][] appends = await Task.WhenAll(
            Enumerable.Range(0, Logs).Select(log => Task.Run(() => Append(store, log, entries / Logs))));
        process.Refresh();
        double appendCpu = (process.TotalProcessorTime - cpu).TotalMicroseconds / entries;

        string[] ids =
            [.. Enumerable.Range(0, streams).Select(static i => string.Create(CultureInfo.InvariantCulture, $"site-{i % 97}/{i:D9}"))];
        var random = new Random(1);
        List<double> writes = [], reads = [];
        // The second time each is there already.
        for (int round = 0; round < 2; round++)
        {
            random.Shuffle(ids);
            foreach (string[] batch in ids.Chunk(BatchOfStreams))
            {
                SavedStreamData[] written = [.. batch.Select(static id => new SavedStreamData(id, Bytes(id)))];
                long started = Stopwatch.GetTimestamp();
                await store.WriteAsync(written, default);
                writes.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        }
        for (int i = 0; i < Math.Max(40, streams / BatchOfReads); i++)
        {
            string[] batch = [.. Enumerable.Range(0, BatchOfReads).Select(_ => ids[random.Next(ids.Length)])];
            byte[][] expected = [.. batch.Select(Bytes)];
            int found = 0;
            long started = Stopwatch.GetTimestamp();
            await store.ReadAsync(batch, (index, data) => found += data.SequenceEqual(expected[index]) ? 1 : 0, default);
            reads.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            Expect(found, BatchOfReads, "streams read");
        }
        long disk = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static f => f.Length);
        double beside = await AppendBeside(store, ids);
        GC.Collect();
        long memoryUsed = AnonymousMemory() - memory;
        await store.DisposeAsync();

        long opened = Stopwatch.GetTimestamp();
        store = await kind.Open(folder, isFlushed);
        long[] lasts = new long[Logs];
        int read = 0;
        await foreach (StoredLogEntry entry in store.ReadLogAsync(default))
        {
            Expect(entry.Data.Length, EntryBytes, "bytes of an entry");
            (lasts[entry.Log], read) = (entry.Position, read + (entry.Log < Logs ? 1 : 0));
        }
        double open = Stopwatch.GetElapsedTime(opened).TotalMilliseconds;
        Expect(read, entries + BesideAppends, "entries read");
        opened = Stopwatch.GetTimestamp();
        int all = 0;
        await foreach (SavedStreamData saved in store.ReadAllAsync(default))
        {
            all += saved.Data.Length == StreamBytes ? 1 : 0;
        }
        double readAll = Stopwatch.GetElapsedTime(opened).TotalMilliseconds;
        Expect(all, streams, "streams read at the start");
        opened = Stopwatch.GetTimestamp();
        for (int log = 0; log < Logs; log++)
        {
            await store.TruncateAsync(log, lasts[log], default);
        }
        double truncate = Stopwatch.GetElapsedTime(opened).TotalMilliseconds;
        await foreach (StoredLogEntry entry in store.ReadLogAsync(default))
        {
            throw new InvalidDataException($"{kind.Name}: entry {entry.Position} is there after its removal.");
        }
        await store.DisposeAsync();
        double[] sorted = [.. appends.SelectMany(static a => a)];
        return new(
            Statistics.Median(sorted), Statistics.Quantile(sorted, .99), appendCpu, beside, Statistics.Median(writes),
            Statistics.Median(reads), open, readAll, truncate, disk, memoryUsed);
    }

    /// <summary>Appends to two logs until the process is killed, and says each entry that was acknowledged.</summary>
    public static async Task AppendForever(StoreKind kind, string folder)
    {
        IStreamStore store = await kind.Open(folder, false);
        await Task.WhenAll(Enumerable.Range(0, Logs).Select(log => Task.Run(async () =>
        {
            using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
            for (int i = 0; ; i++)
            {
                await store.AppendAsync(log, Entry(log, i), default);
                await output.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{log} {i}\n"));
            }
        })));
    }

    /// <summary>How many entries each log has, after a check that they are the first that <see cref="AppendForever"/> appended.</summary>
    public static async Task<int[]> CountEntries(StoreKind kind, string folder)
    {
        await using IStreamStore store = await kind.Open(folder, false);
        int[] counts = new int[Logs];
        await foreach (StoredLogEntry entry in store.ReadLogAsync(default))
        {
            if (!entry.Data.Span.SequenceEqual(Entry(entry.Log, counts[entry.Log]++)))
            {
                throw new InvalidDataException($"{kind.Name}: an entry has other bytes than were appended.");
            }
        }
        return counts;
    }

    /// <summary>Writing the same entries to a file, and nothing else: microseconds, the median.</summary>
    public static double PlainFile(string path, bool isFlushed)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        byte[] entry = Entry(0, 0);
        return Statistics.Median([.. Enumerable.Range(0, 2000).Select(i =>
        {
            long started = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, entry, (long)i * entry.Length);
            if (isFlushed)
            {
                RandomAccess.FlushToDisk(file);
            }
            return Stopwatch.GetElapsedTime(started).TotalMicroseconds;
        })]);
    }

    private const int BesideAppends = 500;

    private static async Task<double[]> Append(IStreamStore store, int log, int entries)
    {
        double[] microseconds = new double[entries];
        byte[] entry = Entry(log, 1);
        for (int i = 0; i < entries; i++)
        {
            long started = Stopwatch.GetTimestamp();
            await store.AppendAsync(log, entry, default);
            microseconds[i] = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
        }
        return microseconds;
    }

    /// <summary>An entry each 2 ms, while streams are written one batch after the other.</summary>
    private static async Task<double> AppendBeside(IStreamStore store, string[] ids)
    {
        bool isDone = false;
        Task writing = Task.Run(async () =>
        {
            for (int start = 0; !Volatile.Read(ref isDone); start = (start + BatchOfStreams) % ids.Length)
            {
                await store.WriteAsync(
                    [.. ids.Skip(start).Take(BatchOfStreams).Select(static id => new SavedStreamData(id, Bytes(id)))], default);
            }
        });
        byte[] entry = Entry(0, 1);
        double[] microseconds = new double[BesideAppends];
        for (int i = 0; i < microseconds.Length; i++)
        {
            await Task.Delay(2);
            long started = Stopwatch.GetTimestamp();
            await store.AppendAsync(0, entry, default);
            microseconds[i] = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
        }
        Volatile.Write(ref isDone, true);
        await writing;
        return Statistics.Quantile(microseconds, .99);
    }

    /// <summary>Bytes that no compression makes smaller.</summary>
    private static byte[] Entry(int log, int index)
    {
        byte[] entry = new byte[EntryBytes];
        new Random(31 * index + log).NextBytes(entry);
        return entry;
    }

    private static byte[] Bytes(string id)
    {
        byte[] saved = new byte[StreamBytes];
        int seed = int.Parse(id.AsSpan(id.IndexOf('/', StringComparison.Ordinal) + 1), CultureInfo.InvariantCulture);
        for (int i = 0; i + 4 <= saved.Length; i += 4)
        {
            BinaryPrimitives.WriteInt32LittleEndian(saved.AsSpan(i), seed = unchecked(seed * 1664525 + 1013904223));
        }
        return saved;
    }

    private static void Expect(int actual, int expected, string what)
    {
        if (actual != expected)
        {
            throw new InvalidDataException($"{actual} {what} instead of {expected}.");
        }
    }

    /// <summary>Linux counts pages of files apart; elsewhere they are in.</summary>
    private static long AnonymousMemory()
    {
        const string Status = "/proc/self/status";
        return File.Exists(Status)
            ? long.Parse(
                File.ReadLines(Status).First(static l => l.StartsWith("RssAnon:", StringComparison.Ordinal)).Split(
                    (char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10
            : Environment.WorkingSet;
    }
}
