namespace AarenGen.Soak;

/// <summary>A service whose disk is slow: callers wait, or are told that it is busy, and nothing that was acknowledged is lost.</summary>
internal static class SlowDiskSoak
{
    private const int Streams = 500, Compared = 500;

    private static readonly HashSet<string> Busy = ["busy"];

    private static readonly (string Name, string Disk, int Lanes, int Batch)[] Cases =
    [
        ("as it is, 64 tokens at a time", "0,0", 4, 16),
        ("50 ms a call, 64 tokens at a time", "50,0", 4, 16),
        ("50 ms a call, each 20th a second, 64 tokens at a time", "50,20", 4, 16),
        ("50 ms a call, each 20th a second, 8,000 tokens at a time", "50,20", 16, 500),
    ];

    /// <param name="seconds">How long each case takes.</param>
    public static async Task RunAsync(double seconds)
    {
        Console.WriteLine($"SQLite, {ServerHost.SlowDiskPendingTokens:N0} tokens may wait; the server is killed at the end of each case, "
            + "and its last outputs are compared with those of the model alone after the next start.");
        Console.WriteLine("\n| disk and load | tokens acknowledged | refused as busy | lost or read twice |\n|---|---:|---:|---:|");
        var latencies = new List<string>();
        foreach ((string name, string disk, int lanes, int batch) in Cases)
        {
            string folder = Directory.CreateTempSubdirectory("aarengen-slow").FullName;
            try
            {
                double[] taken = await RunAsync(folder, name, disk, lanes, batch, seconds);
                latencies.Add($"| {name} | {taken.Length:N0} | {At(taken, .5):F0} | {At(taken, .99):F0} | {At(taken, 1):F0} |");
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        Console.WriteLine("\nBatches, each sent when the one before it was answered:\n");
        Console.WriteLine("| disk and load | batches | median, ms | p99, ms | slowest, ms |\n|---|---:|---:|---:|---:|");
        latencies.ForEach(Console.WriteLine);
    }

    /// <returns>Milliseconds of the batches, ascending.</returns>

    private static async Task<double[]> RunAsync(
        string folder, string name, string disk, int lanes, int batch, double seconds)
    {
        using var ended = new CancellationTokenSource();
        var pace = new Pace(ended.Token);
        Sender[] senders = [.. Enumerable.Range(0, lanes).Select(static i => new Sender($"slow-{i}", Streams) { Tolerated = Busy })];
        using (Server server = Server.Start(folder, disk))
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server.Http };
            ended.CancelAfter(TimeSpan.FromSeconds(seconds));
            await Task.WhenAll(senders.Select(s => pace.EveryAsync(
                TimeSpan.FromMilliseconds(40), () => s.SendAsync(http, batch), isTimed: true, isCatchingUp: false)));
            foreach (string error in (await server.InfoAsync()).Errors)
            {
                pace.Add(error);
            }
            server.Kill();
        }
        using (Server server = Server.Start(folder))
        {
            using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server.Http };
            foreach (Sender sender in senders)
            {
                pace.Add(await sender.CompareAsync(http, Compared));
            }
            server.Stop();
        }
        Console.WriteLine($"| {name} | {senders.Sum(static s => s.Tokens):N0} | {senders.Sum(static s => s.Refused):N0} | "
            + $"{pace.Errors.Length} |");
        if (pace.Errors is [string first, ..])
        {
            throw new SoakException($"{name}: {pace.Errors.Length} errors, the first of them: {first}");
        }
        return [.. pace.TakeMilliseconds().Order()];
    }

    private static double At(double[] sorted, double share) => sorted[(int)Math.Ceiling(share * (sorted.Length - 1))];
}
