using System.Diagnostics;
using System.Globalization;

namespace AarenGen.Fuzzing;

/// <summary>Fuzzes one target in this process: mutates inputs, keeps those that did what none did before, saves those that fail.</summary>
/// <param name="target">The reader.</param>
/// <param name="findings">Where inputs that fail are saved, in a folder of the target's name.</param>
internal sealed class Worker(FuzzTarget target, string findings) : IDisposable
{
    /// <summary>A case that takes more of the processor, or that waits longer, never ends: its process does.</summary>
    private static readonly TimeSpan longestCase = TimeSpan.FromSeconds(20), longestWait = TimeSpan.FromMinutes(5);

    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-fuzzing").FullName;
    private readonly HashSet<string> known = new(StringComparer.Ordinal);
    private readonly List<byte[]> pool = [];
    private readonly Coverage coverage = new();
    private byte[] current = [];
    private long cases, read, caseStart, caseStartOnProcessor;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Runs until the time is over; its last line has the figures.</summary>
    public void Run(TimeSpan time, int seed)
    {
        long started = Stopwatch.GetTimestamp();
        BeginCase([]);
        using var watch = new Timer(_ => StopIfEndless(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        var mutator = new Mutator(seed, target.Words);
        IEnumerable<byte[]> seeds = target.Seeds(Directory.CreateDirectory(Path.Combine(folder, "seeds")).FullName);
        foreach (byte[] input in seeds.Concat(Corpus.Read(Corpus.Folder, target.Name).Select(static c => c.Input)))
        {
            Try(input);
            pool.Add(input);
        }
        long reported = started;
        while (Stopwatch.GetElapsedTime(started) < time)
        {
            mutator.Other = mutator.Choose(pool);
            // Half of the time what was found last, which fewer cases began with.
            int among = mutator.Random.Next(2) == 0 ? pool.Count : Math.Min(pool.Count, 20);
            byte[] input = target.Mutate(pool[^(1 + mutator.Random.Next(among))], mutator);
            if (Try(input))
            {
                pool.Add(input);
            }
            if (Stopwatch.GetElapsedTime(reported) > TimeSpan.FromSeconds(1))
            {
                reported = Stopwatch.GetTimestamp();
                Report();
            }
        }
        Report();
    }

    private void Report() => Console.WriteLine(
        string.Create(CultureInfo.InvariantCulture, $"{cases} {read} {known.Count} {pool.Count} {coverage.Branches}"));

    /// <summary>Whether the case did something new.</summary>
    private bool Try(byte[] input)
    {
        BeginCase(input);
        coverage.Begin();
        CaseResult result = FuzzCase.Run(target, input, folder);
        bool isNew = coverage.End(result.Refusal);
        cases++;
        read += result.IsRead ? 1 : 0;
        if (result.Fault is not null && known.Add(result.FaultKey!))
        {
            Save(result.FaultKey!, input, result.Fault);
        }
        return isNew && result.Fault is null;
    }

    private void BeginCase(byte[] input)
    {
        Volatile.Write(ref current, input);
        Volatile.Write(ref caseStartOnProcessor, Environment.CpuUsage.TotalTime.Ticks);
        Volatile.Write(ref caseStart, Stopwatch.GetTimestamp());
    }

    private void Save(string key, byte[] input, string fault)
    {
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(findings, target.Name)).FullName, key + ".bin");
        File.WriteAllBytes(path, input);
        Console.Error.WriteLine($"{target.Name}: {path}: {fault}");
    }

    private void StopIfEndless()
    {
        TimeSpan worked = Environment.CpuUsage.TotalTime - TimeSpan.FromTicks(Volatile.Read(ref caseStartOnProcessor));
        if (worked > longestCase || Stopwatch.GetElapsedTime(Volatile.Read(ref caseStart)) > longestWait)
        {
            string key = "endless-" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
            Save(key, Volatile.Read(ref current), "It did not end.");
            Process.GetCurrentProcess().Kill();
        }
    }
}
