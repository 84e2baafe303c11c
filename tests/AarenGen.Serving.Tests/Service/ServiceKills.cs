using System.Diagnostics;
using System.Globalization;
using AarenGen.Serving.Sqlite;

namespace AarenGen.Serving.Tests;

/// <summary>
/// Kills services under load again and again, of each kind of streams by turns, and checks that all acknowledged operations are done, none
/// twice, and all outputs bit for bit those of one process that did all of them.
/// </summary>
internal sealed class ServiceKills : IDisposable
{
    private readonly Action<string> log;
    private readonly StoreFolder folder = new();
    private readonly Random random = new(1);
    private readonly (string Name, KilledStreams Streams)[] kinds =
        [.. KilledStreams.Kinds.Select(static k => (k.Key, k.Value()))];

    public ServiceKills(Action<string> log)
    {
        this.log = log;
        foreach ((string name, _) in kinds)
        {
            Directory.CreateDirectory(folder.At(name));
        }
    }

    public void Dispose() => folder.Dispose();

    /// <summary>From the command line: how often.</summary>
    public static async Task Run(string count)
    {
        using var kills = new ServiceKills(Console.WriteLine);
        await kills.RunAsync(int.Parse(count, CultureInfo.InvariantCulture));
    }

    public async Task RunAsync(int count)
    {
        var answers = new long[kinds.Length];
        for (int kill = 1; kill <= count; kill++)
        {
            int kind = kill % kinds.Length;
            (string name, KilledStreams streams) = kinds[kind];
            // At times while it still starts, which is when it reads the log.
            bool isEarly = kill % 4 == 0;
            long some = KillOnce(name, streams, TimeSpan.FromMilliseconds(isEarly ? random.Next(200) : random.Next(20, 250)), isEarly);
            answers[kind] += some;
            log($"kill {kill}: {some} answers of {name}, {streams.Done.Sum()} operations acknowledged in all");
        }
        for (int kind = 0; kind < kinds.Length; kind++)
        {
            (string name, KilledStreams streams) = kinds[kind];
            Assert.True(answers[kind] > 0);
            await CheckEndAsync(name, streams);
            log(string.Create(
                CultureInfo.InvariantCulture,
                $"{count} kills, {streams.Done.Sum():N0} operations on streams of {name} acknowledged, none lost, none done twice, ")
                + string.Create(CultureInfo.InvariantCulture, $"{answers[kind]:N0} answers bit for bit"));
        }
    }

    /// <summary>The operations that may be done go on where the acknowledged ones end.</summary>
    private async Task CheckEndAsync(string name, KilledStreams streams)
    {
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.At(name));
        await using KilledStreams last = KilledStreams.Kinds[name]();
        last.Done = [.. streams.Done];
        await last.StartAsync(store, 2);
        for (int round = 0; round < 2; round++)
        {
            Array.ForEach(await last.DoAsync([.. Enumerable.Range(0, KilledStreams.Count)], static _ => false), streams.Check);
        }
    }

    /// <summary>
    /// Runs the service for some time after its first answers, or after its store is open; returns how many answers it gave.
    /// </summary>
    private long KillOnce(string name, KilledStreams streams, TimeSpan time, bool isEarly)
    {
        using Process process = Program.Start([], nameof(ServiceChild.ServeForever), folder.At(name));
        using var errors = new StringWriter();
        process.ErrorDataReceived += (_, e) => errors.Write(e.Data);
        process.BeginErrorReadLine();
        process.StandardInput.WriteLine(string.Join(' ', streams.Done));
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
                streams.Check(KilledAnswer.Parse(answer));
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
        string told = errors.ToString();
        Assert.True(told.Length == 0, told);
        Assert.NotEqual(0, process.ExitCode);
        return answers;
    }
}
