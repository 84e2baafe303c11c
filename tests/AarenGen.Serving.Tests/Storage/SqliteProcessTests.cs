using System.Diagnostics;
using System.Globalization;
using AarenGen.Serving.Sqlite;
using Xunit.Abstractions;

namespace AarenGen.Serving.Tests;

/// <summary>A store whose process is killed, whose disk is full, or that two processes want.</summary>
public sealed class SqliteProcessTests(ITestOutputHelper log) : IDisposable
{
    private readonly StoreFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(20)]
    [InlineData(200)]
    [InlineData(700)]
    [InlineData(1500)]
    public async Task No_acknowledged_entry_is_lost_when_the_process_is_killed(int milliseconds)
    {
        List<string> said = KillAfter(milliseconds, nameof(StoreChild.AppendForever));
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.Path);
        Dictionary<int, List<StoredLogEntry>> logs = await store.ReadLogs();
        for (int number = 0; number < StoreChild.Logs; number++)
        {
            int[] Indices(char sign) =>
                [.. said.Select(static l => l.Split(' '))
                    .Where(l => l[0][0] == sign && int.Parse(l[1], CultureInfo.InvariantCulture) == number)
                    .Select(static l => int.Parse(l[2], CultureInfo.InvariantCulture))];
            int acknowledged = Indices('+').DefaultIfEmpty(-1).Max(), removed = Indices('-').DefaultIfEmpty(-1).Max();
            List<StoredLogEntry> entries = logs.GetValueOrDefault(number, []);
            log.WriteLine($"log {number}: {acknowledged + 1} acknowledged, {removed + 1} removed, {entries.Count} there");
            if (acknowledged < 0)
            {
                continue;
            }
            int first = BitConverter.ToInt32(entries[0].Data.Span), last = first + entries.Count - 1;
            Assert.All(entries.Index(), e => Assert.Equal(StoreChild.Entry(number, first + e.Index), e.Item.Data.ToArray()));
            // The last entry may be there though nobody was told; the last removal may be done or not.
            Assert.InRange(last, acknowledged, acknowledged + 1);
            Assert.Contains(first, (int[])[removed + 1, Math.Max(0, removed + 1 - 100)]);
            long position = await store.AppendAsync(number, (byte[])[1], default);
            Assert.Equal(entries[^1].Position + 1, position);
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(900)]
    public async Task A_batch_of_streams_is_there_whole_when_the_process_is_killed(int milliseconds)
    {
        int acknowledged = KillAfter(milliseconds, nameof(StoreChild.WriteForever))
            .Max(static l => int.Parse(l.Split(' ')[2], CultureInfo.InvariantCulture));
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.Path);
        Dictionary<string, byte[]> all = await store.ReadAll();
        Assert.Equal(StoreChild.Streams, all.Count);
        int batch = BitConverter.ToInt32(all["0"]);
        log.WriteLine($"{acknowledged + 1} batches acknowledged, {batch + 1} there");
        Assert.InRange(batch, acknowledged, acknowledged + 1);
        Assert.All(all.Values, r => Assert.Equal(StoreChild.Bytes(batch), r));
    }

    [SmallDiskFact]
    public void A_full_disk_is_said_and_loses_nothing()
    {
        using Process process = Program.Start(SmallDisk.Launcher(folder.Path), nameof(StoreChild.FillDisk), folder.Path);
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal("", error);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task Another_process_is_refused_until_the_first_is_gone()
    {
        using (Process process = Program.Start([], nameof(StoreChild.OpenOnly), folder.Path))
        {
            Assert.Equal("open", process.StandardOutput.ReadLine());
            IOException error = await Assert.ThrowsAsync<IOException>(() => SqliteStreamStore.OpenAsync(folder.Path));
            Assert.Equal($"The store in {folder.Path} is open already, in this process or another one.", error.Message);
            process.Kill();
            process.WaitForExit();
        }
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder.Path);
        Assert.Empty(await store.ReadAll());
    }

    /// <summary>Starts a child on the folder and kills it after a while; its whole lines.</summary>
    private List<string> KillAfter(int milliseconds, string command)
    {
        using Process process = Program.Start([], command, folder.Path);
        var lines = new List<string>();
        long? started = null;
        string text = "";
        char[] buffer = new char[4096];
        while (process.StandardOutput.Read(buffer) is > 0 and int count)
        {
            text += new string(buffer, 0, count);
            string[] split = text.Split('\n');
            lines.AddRange(split[..^1]);
            // What a kill cut off is no line.
            text = split[^1];
            started ??= Stopwatch.GetTimestamp();
            if (Stopwatch.GetElapsedTime(started.Value).TotalMilliseconds >= milliseconds && !process.HasExited)
            {
                process.Kill();
            }
        }
        process.WaitForExit();
        Assert.NotEqual(0, process.ExitCode);
        Assert.Equal("", process.StandardError.ReadToEnd());
        return lines;
    }
}
