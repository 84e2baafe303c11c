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
        (int streams, int rounds, double warmUp, double full, double half) =
            thoroughness.IsShort ? (2_048, 1, .5, .5, .5) : (100_000, 3, 4.0, 3.0, 6.0);
        (string Name, string Host, string Client)[] cases =
        [
            ("JSON, batches of 256", HttpHost.Memory, HttpLoad.Batches),
            ("JSON, batches of 256, SQLite", HttpHost.Sqlite, HttpLoad.Batches),
            ("JSON, batches of 256, ONNX Runtime and a dictionary", HttpHost.Onnx, HttpLoad.Batches),
            ("gRPC, single tokens", HttpHost.Memory, HttpLoad.Grpc), ("gRPC, single tokens, SQLite", HttpHost.Sqlite, HttpLoad.Grpc),
        ];
        const int Own = 0, Peer = 2;
        List<(HttpFigures Full, HttpFigures Half)>[] figures = [.. cases.Select(static _ => new List<(HttpFigures, HttpFigures)>())];
        for (int round = 0; round < rounds; round++)
        {
            for (int turn = 0; turn < cases.Length; turn++)
            {
                cancellation.ThrowIfCancellationRequested();
                int i = (turn + round) % cases.Length;
                figures[i].Add(Measure(cases[i].Host, cases[i].Client, streams, warmUp, full, half));
            }
            Compare(figures[Own][round].Full.First, figures[Peer][round].Full.First);
        }
        double[] ratios = [.. figures[Own].Zip(figures[Peer], static (o, p) => o.Full.TokensPerSecond / p.Full.TokensPerSecond)];
        yield return new(
            "serving-http", $"Small model, {Number(streams, "N0")} streams, over HTTP: highest load, and requests at half of it",
            ["", "highest, tokens/s", "half, tokens/s", "median, ms", "p99, ms", "p99.9, ms", "largest, ms"],
            [.. cases.Zip(figures, (c, f) => (string[])[
                c.Name, Cell(f, static x => x.Full.TokensPerSecond, "N0"), Cell(f, static x => x.Half.TokensPerSecond, "N0"),
                Cell(f, static x => x.Half.Median, "N2"), Cell(f, static x => x.Half.P99, "N2"), Cell(f, static x => x.Half.P999, "N1"),
                Cell(f, static x => x.Half.Max, "N1")])],
            new
            {
                Streams = streams, Ratios = ratios,
                Cases = cases.Zip(figures, static (c, f) => new { c.Name, Rounds = f.Select(static x => new
                {
                    Highest = x.Full.TokensPerSecond, x.Half.TokensPerSecond, x.Half.Median, x.Half.P99, x.Half.P999, x.Half.Max,
                }) }),
            })
        {
            Notes =
            [
                $"Medians over {rounds} rounds, in which each case has one turn with a host and clients of its own. Batches through the "
                + $"service reach {Number(Statistics.Median(ratios), "0.0")} times the tokens of ONNX Runtime behind the same host; "
                + "outputs are the same.",
                "The client has one of the two cores, the host what it leaves of both. Half: requests at exponentially distributed times, "
                + "each counted from when it was due; the client wakes once a millisecond, and sends what is due together. Garbage "
                + "collection of the hosts is the server's.",
            ],
        };
    }

    private static (HttpFigures Full, HttpFigures Half) Measure(
        string host, string client, int streams, double warmUp, double full, double half)
    {
        string folder = Directory.CreateTempSubdirectory("aarengen-http").FullName;
        try
        {
            ProcessStartInfo start = ChildProcess.Describe(HostCommand, host, folder);
            start.RedirectStandardInput = true;
            start.Environment["DOTNET_gcServer"] = "1";
            start.Environment["DOTNET_gcConcurrent"] = "1";
            using Process running = Process.Start(start)!;
            try
            {
                string[] urls = running.StandardOutput.ReadLine()?.Split(' ')
                    ?? throw new InvalidDataException("The host failed; its message is above.");
                string url = urls[client == HttpLoad.Grpc ? 1 : 0];
                HttpFigures highest = Load(url, client, streams, warmUp, full, 0);
                HttpFigures relaxed = Load(url, client, streams, warmUp, half, highest.TokensPerSecond / 2);
                running.StandardInput.Close();
                running.WaitForExit();
                return (highest, relaxed);
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

    private static string Cell(
        List<(HttpFigures Full, HttpFigures Half)> figures, Func<(HttpFigures Full, HttpFigures Half), double> value, string format) =>
        Number(Statistics.Median([.. figures.Select(value)]), format);

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
