using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace AarenGen.Benchmarks;

/// <summary>
/// Embedded stores of streams side by side, behind the same interface. Each run of the workload is a process of its own; stores take turns.
/// </summary>
internal sealed class StoresBenchmark : IBenchmark
{
    private const string WorkCommand = "stores-work", AppendCommand = "stores-append";
    private const int KillAfter = 400;

    public string Name => "stores";

    public string Description => "SQLite, RocksDB, LMDB and FASTER as the store of a service of streams";

    /// <summary>The commands that run in separate processes.</summary>
    public static IEnumerable<Command> Children()
    {
        Argument<string> store = new("store"), folder = new("folder");
        Argument<bool> isFlushed = new("flushed");
        Argument<int> streams = new("streams"), entries = new("entries");
        var work = new Command(WorkCommand) { store, isFlushed, folder, streams, entries };
        work.Hidden = true;
        work.SetAction(async parsed =>
        {
            StoreFigures figures = await StoreWorkload.Run(
                Find(parsed.GetValue(store)!), parsed.GetValue(isFlushed), parsed.GetValue(folder)!, parsed.GetValue(streams),
                parsed.GetValue(entries));
            Console.WriteLine(JsonSerializer.Serialize(figures));
        });
        var append = new Command(AppendCommand) { store, folder };
        append.Hidden = true;
        append.SetAction(parsed => StoreWorkload.AppendForever(Find(parsed.GetValue(store)!), parsed.GetValue(folder)!));
        return [work, append];
    }

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        (int streams, int entries, int rounds, int kills) = thoroughness.IsShort ? (5_000, 500, 1, 1) : (100_000, 10_000, 5, 10);
        yield return Measure("stores", "every change survives the end of the process", false);
        yield return Measure("stores-flushed", "every change is flushed to the disk", true);
        (string Name, int Acknowledged, int Lost)[] killed = [.. StoreKind.All.Select(kind =>
        {
            (int Acknowledged, int Lost)[] each = [.. Enumerable.Range(0, kills).Select(_ => Kill(kind, cancellation))];
            return (kind.Name, each.Sum(static k => k.Acknowledged), each.Sum(static k => k.Lost));
        })];
        yield return new(
            "stores-killed", $"Processes killed while two threads append: {kills} of each",
            ["store", "entries acknowledged", "of these lost"],
            [.. killed.Select(static k => (string[])[k.Name, Number(k.Acknowledged, "N0"), Number(k.Lost, "N0")])],
            killed.Select(static k => new { k.Name, k.Acknowledged, k.Lost }));

        Section Measure(string name, string title, bool isFlushed)
        {
            var figures = new Dictionary<string, List<StoreFigures>>();
            for (int round = 0; round < rounds; round++)
            {
                for (int turn = 0; turn < StoreKind.All.Count; turn++)
                {
                    StoreKind kind = StoreKind.All[(turn + round) % StoreKind.All.Count];
                    cancellation.ThrowIfCancellationRequested();
                    string result = InFolder(folder => Work(kind, isFlushed, folder, streams, entries));
                    figures.TryAdd(kind.Name, []);
                    figures[kind.Name].Add(JsonSerializer.Deserialize<StoreFigures>(result)!);
                }
            }
            double plain = InFolder(folder => StoreWorkload.PlainFile(Path.Combine(folder, "plain"), isFlushed));
            (string Heading, Func<StoreFigures, double> Value, string Format)[] columns =
            [
                ("append, µs", static f => f.AppendMicroseconds, "N0"),
                ("its 99th percentile", static f => f.Append99Microseconds, "N0"),
                ("its processor time", static f => f.AppendCpuMicroseconds, "N0"),
                ("99th percentile beside writing, µs", static f => f.AppendBeside99Microseconds, "N0"),
                ("write 1,000, ms", static f => f.WriteMilliseconds, "N1"),
                ("read 256, ms", static f => f.ReadMilliseconds, "N2"),
                ("open, read log, ms", static f => f.OpenMilliseconds, "N0"),
                ("read all streams, ms", static f => f.ReadAllMilliseconds, "N0"),
                ("truncate, ms", static f => f.TruncateMilliseconds, "N1"),
                ("disk, MB", static f => f.DiskBytes / 1e6, "N0"),
                ("memory, MB", static f => f.MemoryBytes / 1e6, "N0"),
            ];
            return new(
                name, $"Stores of streams: {title}", ["store", .. columns.Select(static c => c.Heading)],
                [.. StoreKind.All.Select(kind => (string[])[kind.Name, .. columns.Select(c => Cell(figures, kind, c.Value, c.Format))])],
                figures)
            {
                Notes =
                [
                    $"Medians over {rounds} runs; in brackets, how many times that of SQLite in the same round. "
                    + $"{Number(entries, "N0")} entries of {Number(StoreWorkload.EntryBytes, "N0")} bytes by two threads to two logs; "
                    + $"{Number(streams, "N0")} streams of 1,300 bytes, each written twice.",
                    $"Writing such an entry to a file alone takes {Number(plain, "N0")} µs. Memory is what is no page of a file.",
                ],
            };
        }
    }

    private static string Cell(
        Dictionary<string, List<StoreFigures>> figures, StoreKind kind, Func<StoreFigures, double> value, string format)
    {
        IEnumerable<double> own = figures[kind.Name].Select(value), first = figures[StoreKind.All[0].Name].Select(value);
        string median = Number(Statistics.Median([.. own]), format);
        return kind == StoreKind.All[0]
            ? median : $"{median} ({Number(Statistics.Median([.. own.Zip(first, static (a, b) => a / b)]), "0.0")})";
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static StoreKind Find(string name) => StoreKind.All.Single(k => k.Name == name);

    private static string Work(StoreKind kind, bool isFlushed, string folder, int streams, int entries)
    {
        using Process process = ChildProcess.Start(
            WorkCommand, kind.Name, isFlushed ? "true" : "false", folder, Number(streams, "0"), Number(entries, "0"));
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidDataException($"{kind.Name} failed; its message is above.");
    }

    private static (int Acknowledged, int Lost) Kill(StoreKind kind, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return InFolder(folder =>
        {
            using Process process = ChildProcess.Start(AppendCommand, kind.Name, folder);
            int[] acknowledged = new int[2];
            long? started = null;
            while (process.StandardOutput.ReadLine() is { } line)
            {
                started ??= Stopwatch.GetTimestamp();
                // The last line may be cut off.
                if (line.Split(' ') is [var log, var entry] && int.TryParse(entry, CultureInfo.InvariantCulture, out int index))
                {
                    ref int count = ref acknowledged[log[^1] - '0'];
                    count = Math.Max(count, index + 1);
                }
                if (Stopwatch.GetElapsedTime(started.Value).TotalMilliseconds > KillAfter && !process.HasExited)
                {
                    process.Kill();
                }
            }
            process.WaitForExit();
            int[] there = StoreWorkload.CountEntries(kind, folder).GetAwaiter().GetResult();
            return (acknowledged.Sum(), acknowledged.Zip(there, static (a, t) => Math.Max(0, a - t)).Sum());
        });
    }

    private static T InFolder<T>(Func<string, T> work)
    {
        string folder = Directory.CreateTempSubdirectory("aarengen-stores").FullName;
        try
        {
            return work(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
