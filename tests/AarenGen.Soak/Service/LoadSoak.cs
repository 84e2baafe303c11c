using System.Diagnostics;
using Grpc.Net.Client;

namespace AarenGen.Soak;

/// <summary>Load on a service for a long time: no error, and memory that stays where it is.</summary>
internal static class LoadSoak
{
    private const int Lanes = 4, HotStreams = 2_500, ColdStreams = 25_000, Rows = 30, Compared = 200;

    /// <summary>In a shorter run, memory still grows to its size: all streams come once in four minutes.</summary>
    private const double JudgedMinutes = 15;

    /// <summary>The collector takes and returns memory in regions of 4 MiB: without a leak, too, two means may differ by one.</summary>
    private const double RegionBytes = 4 << 20;

    /// <summary>Of two means that are equal, one in 30,000 pairs differs by more standard errors, where noise is normal.</summary>
    private const double StandardErrors = 4;

    /// <param name="minutes">How long.</param>
    /// <param name="tokensPerSecond">The load.</param>
    public static async Task RunAsync(double minutes, int tokensPerSecond)
    {
        string folder = Directory.CreateTempSubdirectory("aarengen-load").FullName;
        try
        {
            using Server server = Server.Start(folder);
            await LoadAsync(server, TimeSpan.FromMinutes(minutes), tokensPerSecond);
            server.Stop();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task LoadAsync(Server server, TimeSpan time, int tokensPerSecond)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server.Http };
        using GrpcChannel channel = GrpcChannel.ForAddress(server.Grpc);
        // Nine tokens of ten are of streams that come all the time, the tenth is of those that were away and left memory.
        (Sender Hot, Sender Cold)[] senders =
            [.. Enumerable.Range(0, Lanes).Select(
                i => (new Sender($"hot-{i}", HotStreams), new Sender($"cold-{i}", ColdStreams)))];
        var visitor = new Visitor(http, channel);
        using var ended = new CancellationTokenSource(time);
        var pace = new Pace(ended.Token);
        Task[] clients =
        [
            .. senders.Select(s => pace.EveryAsync(
                TimeSpan.FromSeconds((double)Lanes * 100 / tokensPerSecond),
                async () => await s.Hot.SendAsync(http, 90) ?? await s.Cold.SendAsync(http, 10))),
            pace.EveryAsync(TimeSpan.FromSeconds(1), visitor.VisitAsync),
        ];
        var rows = new List<(double Anonymous, double Managed)>();
        Console.WriteLine($"{time.TotalMinutes:F1} minutes at {tokensPerSecond:N0} tokens a second over HTTP, SQLite; memory of the "
            + "server's process in MB.");
        Console.WriteLine("\n| minutes | tokens | other requests | errors | resident | no page of a file | managed | streams in memory |");
        Console.WriteLine("|---:|---:|---:|---:|---:|---:|---:|---:|");
        long started = Stopwatch.GetTimestamp();
        for (int row = 1; row <= Rows; row++)
        {
            double resident = 0, anonymous = 0, managed = double.MaxValue;
            int samples = 0;
            ServerInfo info;
            do
            {
                await Task.Delay(Math.Min(1000, (int)(time.TotalMilliseconds / Rows)));
                info = await server.InfoAsync();
                (long all, long own) = server.Memory();
                resident += all;
                anonymous += own;
                // What is alive is the least between two collections.
                managed = Math.Min(managed, info.ManagedBytes);
                samples++;
            }
            while (Stopwatch.GetElapsedTime(started) < time * row / Rows);
            rows.Add((anonymous / samples, managed));
            long tokens = senders.Sum(static s => s.Hot.Tokens + s.Cold.Tokens);
            Console.WriteLine(
                $"| {Stopwatch.GetElapsedTime(started).TotalMinutes:F1} | {tokens:N0} | {visitor.Requests:N0} | {pace.Errors.Length} | "
                + $"{resident / samples / 1e6:F1} | {anonymous / samples / 1e6:F1} | {managed / 1e6:F1} | {info.Streams:N0} |");
        }
        await Task.WhenAll(clients);
        foreach ((Sender hot, Sender cold) in senders)
        {
            pace.Add(await hot.CompareAsync(http, Compared));
            pace.Add(await cold.CompareAsync(http, Compared));
        }
        string[] errors = [.. pace.Errors, .. (await server.InfoAsync()).Errors];
        if (errors.Length > 0)
        {
            throw new SoakException($"{errors.Length} errors, the first of them: {errors[0]}");
        }
        Console.WriteLine($"\nNo error. The last outputs of {2 * Lanes * Compared:N0} streams are those of the model alone, bit for bit.");
        Judge(rows, time);
    }

    /// <exception cref="SoakException">Memory of the last third is above that of the second by more than noise.</exception>
    private static void Judge(List<(double Anonymous, double Managed)> rows, TimeSpan time)
    {
        if (time.TotalMinutes < JudgedMinutes)
        {
            Console.WriteLine($"Memory is judged from {JudgedMinutes} minutes on.");
            return;
        }
        var wrong = new List<string>();
        foreach ((string name, Func<(double Anonymous, double Managed), double> value) in
            (ReadOnlySpan<(string, Func<(double Anonymous, double Managed), double>)>)
            [("no page of a file", static r => r.Anonymous), ("managed", static r => r.Managed)])
        {
            double[] second = [.. rows.Take((Rows / 3)..(2 * Rows / 3)).Select(value)], last = [.. rows.Skip(2 * Rows / 3).Select(value)];
            double growth = last.Average() - second.Average();
            double allowed = RegionBytes + StandardErrors * Math.Sqrt(Variance(second) / second.Length + Variance(last) / last.Length);
            string text = $"\n{name}: {second.Average() / 1e6:F1} MB in the second third, {last.Average() / 1e6:F1} MB in the last one; "
                + $"the growth is {growth / 1e6:F1} MB, and {allowed / 1e6:F1} MB would be noise";
            Console.WriteLine(text);
            if (growth > allowed)
            {
                wrong.Add(text);
            }
        }
        if (wrong.Count > 0)
        {
            throw new SoakException("Memory grows: " + string.Join("; ", wrong));
        }
    }

    private static double Variance(double[] values)
    {
        double mean = values.Average();
        return values.Sum(v => (v - mean) * (v - mean)) / (values.Length - 1);
    }
}
