using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using AarenGen.Serving.Sqlite;

namespace AarenGen.Serving.Tests;

/// <summary>A service that runs in another process, on the store of a folder.</summary>
internal static class ServiceChild
{
    public const int Callers = 4, StreamsPerCaller = 25, Streams = Callers * StreamsPerCaller;

    /// <summary>What the process says before it reads the log of its store.</summary>
    public const string Opened = "open";

    // Half of the disk: SQLite needs nearly as much again to move its write-ahead logs to its databases.
    private const int Seed = 7, FillerBytes = 1 << 20;

    public static SmallModel Model { get; } = ServingModels.Create<SmallModel>(Seed);

    /// <summary>What says which output it was.</summary>
    public static ulong HashOf(ReadOnlySpan<float> output) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(output));

    public static string IdOf(int stream) => $"sensor/{stream}";

    /// <summary>Starts the service of a folder; streams leave memory, and checkpoints are made, all the time.</summary>
    public static Task<StreamService<SmallModel>> StartAsync(IStreamStore store, int shards) => StreamService<SmallModel>.StartAsync(
        Model, store, new()
        {
            Shards = shards, MaxDelay = TimeSpan.FromMilliseconds(shards % 2), CheckpointInterval = TimeSpan.FromMilliseconds(20),
            Pool = new() { MaxStreams = Streams / 2, IdleTime = TimeSpan.FromSeconds(1) },
        });

    /// <summary>
    /// Steps streams for ever, and says which tokens were acknowledged with which outputs. It begins with what it may have sent before it
    /// was killed, as a sender does that does not know whether that was read.
    /// </summary>
    public static async Task ServeForever(string folder)
    {
        // A number of shards that is another at each start.
        int shards = 1 + Environment.ProcessId % 5;
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder);
        Console.WriteLine(Opened);
        await using StreamService<SmallModel> service = await StartAsync(store, shards);
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallForeverAsync(service, caller))));
    }

    private static async Task CallForeverAsync(StreamService<SmallModel> service, int caller)
    {
        var random = new Random();
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        int[] streams = [.. Enumerable.Range(caller * StreamsPerCaller, StreamsPerCaller)];
        var last = new Dictionary<int, long>();
        foreach (int stream in streams)
        {
            last[stream] = (await service.FindAsync(IdOf(stream)))?.Sequence ?? 0;
        }
        while (true)
        {
            int[] some = [.. streams.Where(_ => random.Next(3) == 0)];
            // At times the last token once more.
            long[] numbers = [.. some.Select(s => last[s] + (last[s] > 0 && random.Next(4) == 0 ? 0 : 1))];
            var outputs = new float[2 * some.Length];
            var results = new StepResult[some.Length];
            await service.StepManyAsync(
                (string[])[.. some.Select(IdOf)],
                (float[])[.. some.Zip(numbers).SelectMany(static t => ServingModels.TokenOf<SmallModel>(t.First, t.Second))],
                outputs, results, numbers);
            for (int i = 0; i < some.Length; i++)
            {
                StepStatus expected = numbers[i] > last[some[i]] ? StepStatus.Accepted : StepStatus.Repeated;
                if (results[i] != new StepResult(expected, numbers[i]))
                {
                    throw new InvalidOperationException($"Token {numbers[i]} of stream {some[i]} is {results[i]}, not {expected}.");
                }
                last[some[i]] = numbers[i];
            }
            // One line a batch: what a kill cuts off is no line.
            await output.WriteAsync(string.Join(' ', some.Select((s, i) => string.Create(
                CultureInfo.InvariantCulture, $"{s}:{numbers[i]}:{HashOf(outputs.AsSpan(2 * i, 2))}"))) + "\n");
        }
    }

    /// <summary>The folder's file system is small. It gets full under a service, gets space, and no acknowledged token is lost.</summary>
    public static async Task ServeOnFullDisk(string folder)
    {
        const int Count = 40;
        string filler = Path.Combine(folder, "filler"), own = Path.Combine(folder, "store");
        await File.WriteAllBytesAsync(filler, new byte[FillerBytes]);
        StreamState<SmallModel>[] states = [.. Enumerable.Range(0, Count).Select(static _ => Model.CreateState())];
        var outputs = new float[Count][];
        var last = new long[Count];
        await using (SqliteStreamStore store = await SqliteStreamStore.OpenAsync(own))
        {
            // Nothing makes room by itself.
            await using StreamService<SmallModel> service = await StreamService<SmallModel>.StartAsync(
                Model, store, new() { Shards = 2, MaxDelay = TimeSpan.Zero, CheckpointInterval = TimeSpan.FromHours(1) });
            int refused = 0;
            for (int round = 0; refused < 3 * Count; round++)
            {
                // Bounded where the disk is not.
                Assert.InRange(round, 0, 100_000);
                refused += await StepAllAsync(service);
            }
            Assert.Contains("full", service.Failure!.Message, StringComparison.Ordinal);
            // What has its output already is answered nevertheless.
            (StepResult[] repeated, float[][] same) = await service.Step(
                [.. Enumerable.Range(0, Count).Select(i => (IdOf(i), last[i], ServingModels.TokenOf<SmallModel>(i, last[i])))]);
            for (int i = 0; i < Count; i++)
            {
                Assert.Equal(new(StepStatus.Repeated, last[i]), repeated[i]);
                PoolCalls.AssertSame(outputs[i], same[i]);
            }
            File.Delete(filler);
            for (int round = 0; round < 5; round++)
            {
                Assert.Equal(0, await StepAllAsync(service));
            }
            await service.CheckpointAsync();
            Assert.Null(service.Failure);
            for (int round = 0; round < 20; round++)
            {
                Assert.Equal(0, await StepAllAsync(service));
            }
        }
        await using (SqliteStreamStore store = await SqliteStreamStore.OpenAsync(own))
        {
            await using StreamService<SmallModel> service = await StartAsync(store, 3);
            Assert.Equal(0, await StepAllAsync(service));
        }

        // Steps all streams; returns how many of the tokens were refused, because the disk is full.
        async Task<int> StepAllAsync(StreamService<SmallModel> service)
        {
            (StepResult[] results, float[][] all) = await service.Step(
                [.. Enumerable.Range(0, Count).Select(i => (IdOf(i), last[i] + 1, ServingModels.TokenOf<SmallModel>(i, last[i] + 1)))]);
            for (int i = 0; i < Count; i++)
            {
                if (results[i].Status == StepStatus.Unavailable)
                {
                    Assert.Contains("The disk is full", results[i].Message, StringComparison.Ordinal);
                    Assert.Equal(last[i], results[i].Sequence);
                    continue;
                }
                Assert.Equal(new(StepStatus.Accepted, ++last[i]), results[i]);
                outputs[i] = new float[2];
                Model.Step(states[i], ServingModels.TokenOf<SmallModel>(i, last[i]), outputs[i]);
                PoolCalls.AssertSame(outputs[i], all[i]);
            }
            return results.Count(static r => r.Status == StepStatus.Unavailable);
        }
    }
}
