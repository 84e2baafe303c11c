using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace AarenGen.Benchmarks;

/// <summary>
/// A million streams of the small model: memory of a process that holds them, and the start of another one after the first was killed. Each
/// is a process of its own.
/// </summary>
internal sealed class StreamsBenchmark : IBenchmark
{
    private const string FillCommand = "serving-streams-fill", StartCommand = "serving-streams-start";

    public string Name => "serving-streams";

    public string Description => "A million streams: memory, and the start after the process was killed";

    /// <summary>The commands that run in separate processes.</summary>
    public static IEnumerable<Command> Children()
    {
        Argument<string> folder = new("folder");
        Argument<int> streams = new("streams");
        Argument<long> tokens = new("tokens");
        var fill = new Command(FillCommand) { folder, streams };
        fill.Hidden = true;
        fill.SetAction(parsed => StreamsWorkload.FillAsync(parsed.GetValue(folder)!, parsed.GetValue(streams)));
        var start = new Command(StartCommand) { folder, streams, tokens };
        start.Hidden = true;
        start.SetAction(
            parsed => StreamsWorkload.StartAsync(parsed.GetValue(folder)!, parsed.GetValue(streams), parsed.GetValue(tokens)));
        return [fill, start];
    }

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        (int streams, int rounds) = thoroughness.IsShort ? (20_000, 1) : (1_000_000, 3);
        var fills = new List<FillFigures>();
        var starts = new List<StartFigures>();
        for (int round = 0; round < rounds; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            string folder = Directory.CreateTempSubdirectory("aarengen-streams").FullName;
            try
            {
                FillFigures filled = FillAndKill(folder, streams);
                fills.Add(filled);
                FileCache.Drop(folder);
                using Process process = ChildProcess.Start(StartCommand, folder, Number(streams, "0"), Number(filled.Tokens, "0"));
                string output = process.StandardOutput.ReadToEnd();
                process.WaitForExit();
                starts.Add(process.ExitCode == 0
                    ? JsonSerializer.Deserialize<StartFigures>(output)!
                    : throw new InvalidDataException("The process that starts again failed; its message is above."));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
        yield return new(
            "serving-streams", $"{Number(streams, "N0")} streams of the small model", ["", "median", "smallest", "largest"],
            [
                Row("bytes of a stream's state and output", fills, static f => f.StateBytes, "N0"),
                Row("bytes of a stream in the service", fills, f => f.PoolBytes / (double)streams, "N0"),
                Row("memory of the process before the first stream, MB", fills, static f => f.EmptyBytes / 1e6, "N0"),
                Row("memory of the process with all streams, MB", fills, static f => f.FilledBytes / 1e6, "N0"),
                Row("the most that it ever had, with the checkpoint, MB", fills, static f => f.PeakBytes / 1e6, "N0"),
                Row("checkpoint of all streams, s", fills, static f => f.CheckpointSeconds, "N1"),
                Row("tokens/s beside that checkpoint", fills, static f => f.TokensPerSecondBesideCheckpoint, "N0"),
                Row("p99 of batches beside it, ms", fills, static f => f.P99BesideCheckpoint, "N1"),
                Row("p99 of batches without it, ms", fills, static f => f.P99, "N1"),
                Row("tokens in the log when the process is killed", fills, static f => f.LogTokens, "N0"),
                Row("files, MB", fills, static f => f.FileBytes / 1e6, "N0"),
                Row("from the start of the process to the start of the service, s", starts, static s => s.ProcessSeconds, "N2"),
                Row("from there to the first answer, s", starts, static s => s.FirstAnswerSeconds, "N2"),
                Row("from the first answer until all streams have answered, s", starts, static s => s.AllAnswersSeconds, "N1"),
                Row("memory of the second process with all streams, MB", starts, static s => s.FilledBytes / 1e6, "N0"),
                Row("the most that it ever had, MB", starts, static s => s.PeakBytes / 1e6, "N0"),
            ],
            new { Streams = streams, Fills = fills, Starts = starts })
        {
            Notes =
            [
                $"{rounds} rounds. Memory is the working set; the most is the system's own count. The first process is killed when its "
                + "logs are nearly as long as they get; then the file cache is dropped. The second process sends each stream a token: all "
                + "streams have read exactly the tokens that were acknowledged, and the outputs of a hundred are those of the model alone, "
                + "bit for bit.",
            ],
        };
    }

    private static FillFigures FillAndKill(string folder, int streams)
    {
        using Process process = ChildProcess.Start(FillCommand, folder, Number(streams, "0"));
        string? line = process.StandardOutput.ReadLine();
        long files = new DirectoryInfo(folder).EnumerateFiles().Sum(static f => f.Length);
        process.Kill();
        process.WaitForExit();
        return line is null
            ? throw new InvalidDataException("The process that fills the store failed; its message is above.")
            : JsonSerializer.Deserialize<FillFigures>(line)! with { FileBytes = files };
    }

    private static string[] Row<T>(string name, List<T> figures, Func<T, double> value, string format)
    {
        double[] values = [.. figures.Select(value)];
        return [name, Number(Statistics.Median(values), format), Number(values.Min(), format), Number(values.Max(), format)];
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
