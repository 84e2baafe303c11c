using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace AarenGen.Benchmarks;

/// <summary>
/// Services of streams behind ASP.NET Core, beside ONNX Runtime behind the same host with states in a dictionary. Host and client are
/// processes of their own; the client has one core, and the host what it leaves of two.
/// </summary>
internal sealed class ServingHttpBenchmark : IBenchmark
{
    /// <summary>Tokens a second that every host is measured at, beside half of what it reaches: half of what is asked of it.</summary>
    private const double BatchLoad = 50_000, SingleLoad = 10_000;

    private static readonly string[] LatencyColumns =
        ["tokens/s", "median, ms", "p99, ms", "p99.9, ms", "largest, ms", "a sleeper's p99, ms", "its largest, ms"];

    private const string HostCommand = "serving-http-host", ClientCommand = "serving-http-client";

    public string Name => "serving-http";

    public string Description => "Services of streams over HTTP and gRPC, beside ONNX Runtime behind the same host";

    /// <summary>The commands that run in separate processes.</summary>
    public static IEnumerable<Command> Children()
    {
        Argument<string> kind = new("kind"), folder = new("folder"), url = new("url");
        Argument<int> streams = new("streams");
        Argument<double> warmUp = new("warm-up"), seconds = new("seconds"), rate = new("rate");
        var host = new Command(HostCommand) { kind, folder };
        host.Hidden = true;
        host.SetAction(parsed => HttpHost.RunAsync(parsed.GetValue(kind)!, parsed.GetValue(folder)!));
        var client = new Command(ClientCommand) { url, kind, streams, warmUp, seconds, rate };
        client.Hidden = true;
        client.SetAction(parsed => HttpLoad.RunAsync(
            parsed.GetValue(url)!, parsed.GetValue(kind)!, parsed.GetValue(streams),
            parsed.GetValue(warmUp), parsed.GetValue(seconds), parsed.GetValue(rate)));
        return [host, client];
    }

    public string? WhyImpossible() => OperatingSystem.IsLinux() ? null : "It gives the client a core by taskset, which only Linux has.";

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        (int streams, int rounds, HttpTimes times) =
            thoroughness.IsShort ? (2_048, 1, new HttpTimes(.5, .5, .5)) : (100_000, 3, new HttpTimes(4, 3, 6));
        HttpCase[] cases =
        [
            new("JSON, batches of 256", HttpHost.Memory, HttpLoad.Batches, BatchLoad),
            new("JSON, batches of 256, SQLite", HttpHost.Sqlite, HttpLoad.Batches, BatchLoad),
            new("JSON, batches of 256, ONNX Runtime and a dictionary", HttpHost.Onnx, HttpLoad.Batches, BatchLoad),
            new("gRPC, single tokens", HttpHost.Memory, HttpLoad.Grpc, SingleLoad),
            new("gRPC, single tokens, SQLite", HttpHost.Sqlite, HttpLoad.Grpc, SingleLoad),
        ];
        const int Own = 0, Peer = 2;
        List<HttpTurn>[] turns = [.. cases.Select(static _ => new List<HttpTurn>())];
        for (int round = 0; round < rounds; round++)
        {
            for (int turn = 0; turn < cases.Length; turn++)
            {
                cancellation.ThrowIfCancellationRequested();
                int i = (turn + round) % cases.Length;
                turns[i].Add(Measure(cases[i], streams, times));
            }
            Compare(turns[Own][round].Highest.First, turns[Peer][round].Highest.First);
        }
        double[] ratios = [.. turns[Own].Zip(turns[Peer], static (o, p) => o.Highest.TokensPerSecond / p.Highest.TokensPerSecond)];
        string taken = $"Medians over {rounds} rounds, in which each case has one turn with a host and clients of its own.";
        string[] how =
        [
            "The client has one of the two cores, the host what it leaves of both. Requests are sent at exponentially distributed times, "
            + "each counted from when it was due; the client wakes once a millisecond, and sends what is due together. Garbage collection "
            + "of the hosts is the server's.",
            "A sleeper: a thread of a third process, which only sleeps for a millisecond each time, and how much later it woke, in the "
            + "same seconds. What it waits for is no service's doing.",
        ];
        yield return new(
            "serving-http", $"Small model, {Number(streams, "N0")} streams, over HTTP: highest load, and requests at half of it",
            ["", "highest, tokens/s", .. LatencyColumns],
            [.. cases.Zip(turns, (c, t) => (string[])[
                c.Name, Cell(t, static x => x.Highest.TokensPerSecond, "N0"), .. Latencies(t, static x => x.Half)])],
            new
            {
                Streams = streams, Ratios = ratios,
                Cases = cases.Zip(turns, static (c, t) => new { c.Name, Rounds = t.Select(static x => new
                {
                    Highest = x.Highest.TokensPerSecond, Half = Data(x.Half),
                }) }),
            })
        {
            Notes =
            [
                $"{taken} Batches through the service reach {Number(Statistics.Median(ratios), "0.0")} times the tokens of ONNX Runtime "
                + "behind the same host; outputs are the same.",
                .. how,
            ],
        };
        yield return new(
            "serving-http-load",
            $"The same at {Number(BatchLoad, "N0")} tokens/s in batches, and at {Number(SingleLoad, "N0")} single tokens/s",
            ["", .. LatencyColumns],
            [.. cases.Zip(turns, (c, t) => (string[])[c.Name, .. Latencies(t, static x => x.Fixed)])],
            new
            {
                Streams = streams,
                Cases = cases.Zip(turns, static (c, t) => new { c.Name, Rounds = t.Select(static x => Data(x.Fixed)) }),
            })
        {
            Notes = [taken, .. how],
        };
    }

    private static string[] Latencies(List<HttpTurn> turns, Func<HttpTurn, HttpAnswers> load) =>
    [
        Cell(turns, x => load(x).Figures.TokensPerSecond, "N0"), Cell(turns, x => load(x).Figures.Median, "N2"),
        Cell(turns, x => load(x).Figures.P99, "N2"), Cell(turns, x => load(x).Figures.P999, "N1"),
        Cell(turns, x => load(x).Figures.Max, "N1"), Cell(turns, x => load(x).SleeperP99, "N2"),
        Cell(turns, x => load(x).SleeperMax, "N1"),
    ];

    private static object Data(HttpAnswers load) => new
    {
        load.Figures.TokensPerSecond, load.Figures.Median, load.Figures.P99, load.Figures.P999, load.Figures.Max, load.SleeperP99,
        load.SleeperMax,
    };

    private static HttpTurn Measure(HttpCase measured, int streams, HttpTimes times)
    {
        string folder = Directory.CreateTempSubdirectory("aarengen-http").FullName;
        try
        {
            ProcessStartInfo start = ChildProcess.Describe(HostCommand, measured.Host, folder);
            start.RedirectStandardInput = true;
            start.Environment["DOTNET_gcServer"] = "1";
            start.Environment["DOTNET_gcConcurrent"] = "1";
            using Process running = Process.Start(start)!;
            try
            {
                string[] urls = running.StandardOutput.ReadLine()?.Split(' ')
                    ?? throw new InvalidDataException("The host failed; its message is above.");
                string url = urls[measured.Client == HttpLoad.Grpc ? 1 : 0];
                HttpFigures highest = Load(url, measured.Client, streams, times.WarmUp, times.Highest, 0);
                var turn = new HttpTurn(highest, Answers(highest.TokensPerSecond / 2), Answers(measured.Load));
                running.StandardInput.Close();
                running.WaitForExit();
                return turn;

                HttpAnswers Answers(double tokensPerSecond)
                {
                    using var sleeper = new Sleeper();
                    HttpFigures figures = Load(url, measured.Client, streams, times.WarmUp, times.Answers, tokensPerSecond);
                    double[] late = sleeper.Stop(times.Answers);
                    return new(figures, Statistics.Quantile(late, .99), late.Max());
                }
            }
            finally
            {
                if (!running.HasExited)
                {
                    running.Kill();
                    running.WaitForExit();
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static HttpFigures Load(string url, string client, int streams, double warmUp, double seconds, double rate)
    {
        ProcessStartInfo start = ChildProcess.Describe(
            ClientCommand, url, client, Number(streams, "0"), Number(warmUp, "R"), Number(seconds, "R"), Number(rate, "R"));
        start.ArgumentList.Insert(0, start.FileName);
        start.ArgumentList.Insert(0, "1");
        start.ArgumentList.Insert(0, "-c");
        start.FileName = "taskset";
        // Neither the client's collections nor its compiling in the background may take its core meanwhile: both would be taken for the
        // host's doing.
        start.Environment["DOTNET_GCgen0size"] = "0x30000000";
        start.Environment["DOTNET_TieredCompilation"] = "0";
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? JsonSerializer.Deserialize<HttpFigures>(output)!
            : throw new InvalidDataException("The client failed; its message is above.");
    }

    /// <exception cref="InvalidDataException">Outputs differ by more than rounding: the peer sums in float32.</exception>
    private static void Compare(float[] own, float[] peer)
    {
        double largest = own.Zip(peer, static (a, b) => Math.Abs((double)a - b)).Max(), size = own.Max(Math.Abs);
        if (own.Length != peer.Length || !(largest <= 1e-3 * size))
        {
            throw new InvalidDataException($"Outputs differ by {largest}, where they are up to {size}.");
        }
    }

    private static string Cell(List<HttpTurn> figures, Func<HttpTurn, double> value, string format) =>
        Number(Statistics.Median([.. figures.Select(value)]), format);

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>A host, and what its client sends.</summary>
    /// <param name="Name">What it is, in words.</param>
    /// <param name="Host">The kind of host.</param>
    /// <param name="Client">The kind of requests.</param>
    /// <param name="Load">Tokens a second at which each host of this kind of requests is measured.</param>
    private sealed record HttpCase(string Name, string Host, string Client, double Load);

    /// <summary>Seconds of each client's warm-up, of the highest load, and of the answers at another one.</summary>
    private sealed record HttpTimes(double WarmUp, double Highest, double Answers);

    /// <summary>What a turn came to: at the highest load, at half of it, and at that of all hosts.</summary>
    private sealed record HttpTurn(HttpFigures Highest, HttpAnswers Half, HttpAnswers Fixed);

    /// <summary>Answers at a load, and how many milliseconds a sleeper woke too late meanwhile.</summary>
    private sealed record HttpAnswers(HttpFigures Figures, double SleeperP99, double SleeperMax);
}
