using System.Diagnostics;
using System.Globalization;
using AarenGen.Serving.Sqlite;

namespace AarenGen.Serving.Tests;

/// <summary>
/// Kills a service under load again and again, and checks that all acknowledged tokens are in, none twice, and all outputs bit for bit
/// those of one process that read all tokens.
/// </summary>
internal sealed class ServiceKills(Action<string> log) : IDisposable
{
    private readonly StoreFolder folder = new();
    private readonly Random random = new(1);

    /// <summary>What one process that reads all tokens computes, as far as it was needed.</summary>
    private readonly StreamState<SmallModel>[] states =
        [.. Enumerable.Range(0, ServiceChild.Streams).Select(static _ => ServiceChild.Model.CreateState())];
    private readonly List<ulong>[] expected = [.. Enumerable.Range(0, ServiceChild.Streams).Select(static _ => new List<ulong>())];
    private readonly long[] acknowledged = new long[ServiceChild.Streams];

    /// <summary>How many tokens behind it may have been read and not acknowledged: one for each process that was killed since.</summary>
    private readonly int[] doubtful = new int[ServiceChild.Streams];

    public void Dispose() => folder.Dispose();

    /// <summary>From the command line: how often.</summary>
    public static async Task Run(string count)
    {
        using var kills = new ServiceKills(Console.WriteLine);
        await kills.RunAsync(int.Parse(count, CultureInfo.InvariantCulture));
    }

    public async Task RunAsync(int count)
    {
        long answers = 0;
        for (int kill = 1; kill <= count; kill++)
        {
            long before = answers;
            // At times while it still starts, which is when it reads the log.
            bool isEarly = kill % 4 == 0;
            answers += KillOnce(TimeSpan.FromMilliseconds(isEarly ? random.Next(200) : random.Next(20, 250)), isEarly);
            log($"kill {kill}: {answers - before} answers, {acknowledged.Sum()} tokens acknowledged in all");
        }
        Assert.True(answers > 0);
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.Path);
        await using StreamService<SmallModel> service = await ServiceChild.StartAsync(store, 2);
        for (int stream = 0; stream < ServiceChild.Streams; stream++)
        {
            var output = new float[2];
            StreamInfo? info = await service.FindAsync(ServiceChild.IdOf(stream), output);
            long sequence = info?.Sequence ?? 0;
            Assert.InRange(sequence, acknowledged[stream], acknowledged[stream] + doubtful[stream]);
            Assert.Equal(sequence, info?.TokenCount ?? 0);
            if (sequence > 0)
            {
                Assert.Equal(Expected(stream, sequence), ServiceChild.HashOf(output));
            }
        }
        log($"{count} kills, {acknowledged.Sum()} tokens acknowledged, none lost, none read twice, {answers} answers bit for bit");
    }

    /// <summary>
    /// Runs the service until so long after its first answers, or after its store is open; returns how many tokens it answered.
    /// </summary>
    private long KillOnce(TimeSpan time, bool isEarly)
    {
        using Process process = Program.Start([], nameof(ServiceChild.ServeForever), folder.Path);
        using var errors = new StringWriter();
        process.ErrorDataReceived += (_, e) => errors.Write(e.Data);
        process.BeginErrorReadLine();
        long answers = 0;
        long? first = null;
        string text = "";
        char[] buffer = new char[1 << 16];
        while (process.StandardOutput.Read(buffer) is > 0 and int count)
        {
            text += new string(buffer, 0, count);
            string[] lines = text.Split('\n');
            text = lines[^1];
            foreach (string answer in lines[..^1].Where(static l => l != ServiceChild.Opened)
                .SelectMany(static l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
            {
                Check(answer);
                answers++;
            }
            if (isEarly)
            {
                // It says nothing while it starts.
                Thread.Sleep(time);
                process.Kill();
            }
            first = answers > 0 ? first ?? Stopwatch.GetTimestamp() : null;
            if (first is { } begin && Stopwatch.GetElapsedTime(begin) >= time)
            {
                process.Kill();
            }
        }
        process.WaitForExit();
        Assert.Equal("", errors.ToString());
        Assert.NotEqual(0, process.ExitCode);
        foreach (ref int tokens in doubtful.AsSpan())
        {
            tokens++;
        }
        return answers;
    }

    private void Check(string answer)
    {
        string[] words = answer.Split(':');
        int stream = int.Parse(words[0], CultureInfo.InvariantCulture);
        long sequence = long.Parse(words[1], CultureInfo.InvariantCulture);
        Assert.InRange(sequence, acknowledged[stream], acknowledged[stream] + doubtful[stream] + 1);
        Assert.Equal(Expected(stream, sequence), ulong.Parse(words[2], CultureInfo.InvariantCulture));
        (acknowledged[stream], doubtful[stream]) = (sequence, 0);
    }

    private ulong Expected(int stream, long sequence)
    {
        while (expected[stream].Count < sequence)
        {
            var output = new float[2];
            ServiceChild.Model.Step(
                states[stream], ServingModels.TokenOf<SmallModel>(stream, expected[stream].Count + 1), output);
            expected[stream].Add(ServiceChild.HashOf(output));
        }
        return expected[stream][(int)sequence - 1];
    }
}
