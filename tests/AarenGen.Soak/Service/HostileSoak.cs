using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Grpc.Net.Client;

namespace AarenGen.Soak;

/// <summary>Hostile clients beside ordinary ones: they are refused, and the others are served as before.</summary>
internal static class HostileSoak
{
    private const int Lanes = 4, Streams = 250, Batch = 16, Compared = 100, SpareFiles = 500;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(40);

    /// <param name="seconds">How long each kind of them attacks.</param>
    public static async Task RunAsync(double seconds)
    {
        CheckOpenFiles(Attacks.ConnectionsIn(seconds) + SpareFiles);
        string folder = Directory.CreateTempSubdirectory("aarengen-hostile").FullName;
        try
        {
            using Server server = Server.Start(folder);
            await AttackAsync(server, seconds);
            server.Stop();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task AttackAsync(Server server, double seconds)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server.Http };
        using GrpcChannel channel = GrpcChannel.ForAddress(server.Grpc);
        Sender[] senders = [.. Enumerable.Range(0, Lanes).Select(i => new Sender($"good-{i}", Streams))];
        var visitor = new Visitor(http, channel);
        using var ended = new CancellationTokenSource();
        var pace = new Pace(ended.Token);
        Task[] clients =
        [
            .. senders.Select(s => pace.EveryAsync(Interval, () => s.SendAsync(http, Batch), isTimed: true)),
            pace.EveryAsync(TimeSpan.FromSeconds(1), visitor.VisitAsync),
        ];
        Console.WriteLine($"Ordinary clients: {Lanes / Interval.TotalSeconds:F0} batches of {Batch} tokens a second, single tokens, gRPC, "
            + $"events, resets and removals; each kind of hostile ones for {seconds:F0} s. Memory of the server's process in MB.");
        Console.WriteLine("\n| hostile clients | errors of ordinary ones | open files | resident, at most | managed, after | "
            + "what the hostile ones were answered |");
        Console.WriteLine("|---|---:|---:|---:|---:|---|");
        var latencies = new List<string>();
        // Compiled, and as large as they get.
        await Task.Delay(TimeSpan.FromSeconds(Math.Min(5, seconds)));
        await PhaseAsync(null, "none, before");
        foreach (string kind in Attacks.Kinds.Keys)
        {
            await PhaseAsync(kind, kind.ToLowerInvariant());
        }
        await Task.Delay(TimeSpan.FromSeconds(Math.Min(5, seconds)));
        await PhaseAsync(null, "none, after");
        await ended.CancelAsync();
        await Task.WhenAll(clients);
        foreach (Sender sender in senders)
        {
            pace.Add(await sender.CompareAsync(http, Compared));
        }
        string[] errors = [.. pace.Errors, .. (await server.InfoAsync()).Errors];
        if (errors.Length > 0)
        {
            throw new SoakException($"{errors.Length} errors, the first of them: {errors[0]}");
        }
        Console.WriteLine($"\n{senders.Sum(static s => s.Tokens):N0} tokens and {visitor.Requests:N0} other requests of ordinary clients, "
            + $"no error. The last outputs of {Lanes * Compared} streams are those of the model alone, bit for bit.");
        Console.WriteLine("\nBatches of ordinary clients, from when they were due:\n");
        Console.WriteLine("| hostile clients | batches | median, ms | p99, ms | slowest, ms |\n|---|---:|---:|---:|---:|");
        latencies.ForEach(Console.WriteLine);

        async Task PhaseAsync(string? kind, string name)
        {
            int before = pace.Errors.Length;
            pace.TakeMilliseconds();
            string text = Invariant(seconds);
            using Process? hostile = kind is null ? null
                : ChildProcess.Start([], Attacks.Command, server.Http.ToString(), server.Grpc.ToString(), kind, text);
            Task<string>? answers = hostile?.StandardOutput.ReadToEndAsync(), wrong = hostile?.StandardError.ReadToEndAsync();
            long started = Stopwatch.GetTimestamp(), resident = 0;
            int files = 0;
            while (hostile is null ? Stopwatch.GetElapsedTime(started).TotalSeconds < seconds : !hostile.HasExited)
            {
                await Task.Delay(250);
                resident = Math.Max(resident, server.Memory().Resident);
                files = Math.Max(files, server.OpenFiles());
            }
            double[] taken = [.. pace.TakeMilliseconds().Order()];
            ServerInfo info = await server.InfoAsync();
            string told = "";
            if (kind is not null)
            {
                if (hostile!.ExitCode != 0)
                {
                    throw new SoakException($"{kind}: {await wrong!}");
                }
                Dictionary<string, int> counts = JsonSerializer.Deserialize<Dictionary<string, int>>(await answers!)!;
                told = string.Join(", ", counts.OrderBy(static c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key}: {c.Value:N0}"));
                string[] unexpected = [.. counts.Keys.Except(Attacks.Kinds[kind])];
                if (unexpected.Length > 0)
                {
                    throw new SoakException($"{kind} was answered with {string.Join(", ", unexpected)}: {told}. "
                        + string.Join("\n", info.Errors));
                }
                if (kind == nameof(Attacks.Connections) && files < Attacks.ConnectionsIn(seconds))
                {
                    throw new SoakException($"The server had {files:N0} files open, and not all connections.");
                }
            }
            Console.WriteLine($"| {name} | {pace.Errors.Length - before} | {files:N0} | {resident / 1e6:F0} | "
                + $"{info.ManagedBytes / 1e6:F0} | {told} |");
            latencies.Add($"| {name} | {taken.Length:N0} | {At(taken, .5):F1} | {At(taken, .99):F1} | {At(taken, 1):F1} |");
        }
    }

    private static double At(double[] sorted, double share) => sorted[(int)Math.Ceiling(share * (sorted.Length - 1))];

    private static string Invariant(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>.NET raises the limit of a process to what the user may have.</summary>
    private static void CheckOpenFiles(int needed)
    {
        const string limits = "/proc/self/limits";
        if (File.Exists(limits))
        {
            string line = File.ReadLines(limits).First(static l => l.StartsWith("Max open files", StringComparison.Ordinal));
            string may = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4];
            if (int.TryParse(may, CultureInfo.InvariantCulture, out int files) && files < needed)
            {
                throw new SoakException($"A process may open {files} files here, and {needed} are needed: raise the "
                    + "hard limit (ulimit -Hn, or LimitNOFILE of the unit that starts it).");
            }
        }
    }
}
