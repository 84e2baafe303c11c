using System.Globalization;
using AarenGen.Serving.Sqlite;

namespace AarenGen.Serving.Tests;

/// <summary>A service that runs in another process, on the store of a folder.</summary>
internal static class ServiceChild
{
    /// <summary>What the process says before it reads the log of its store.</summary>
    public const string Opened = "open";

    private const int Callers = 4;

    // Half of the disk: SQLite needs nearly as much again to move its write-ahead logs to its databases.
    private const int Seed = 7, FillerBytes = 1 << 20;

    private static readonly SmallModel Model = ServingModels.Create<SmallModel>(Seed);

    /// <summary>
    /// Does operations of streams for ever, and says how the streams are then. It begins behind those that its input says are done, as a
    /// sender does that sends again what has no answer. The folder is called as the kind of streams.
    /// </summary>
    public static async Task ServeForever(string folder)
    {
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder);
        Console.WriteLine(Opened);
        await using KilledStreams streams = KilledStreams.Kinds[Path.GetFileName(folder)]();
        streams.Done = [.. Console.ReadLine()!.Split(' ').Select(static n => long.Parse(n, CultureInfo.InvariantCulture))];
        // A number of shards that is another at each start.
        await streams.StartAsync(store, 1 + Environment.ProcessId % 5);
        // The first that fails ends the process.
        await await Task.WhenAny(
            Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallForeverAsync(streams, caller)))
                .Append(Task.Run(() => ChangeWeightsForeverAsync(streams))));
    }

    private static async Task ChangeWeightsForeverAsync(KilledStreams streams)
    {
        while (true)
        {
            await Task.Delay(Random.Shared.Next(60));
            await streams.UseWeightsAsync(Random.Shared.Next(KilledStreams.WeightVersions));
        }
    }

    private static async Task CallForeverAsync(KilledStreams streams, int caller)
    {
        while (true)
        {
            int[] some =
                [.. Enumerable.Range(0, KilledStreams.Count).Where(s => s % Callers == caller && Random.Shared.Next(3) == 0)];
            // At times the last operation once more. One line for all: what a kill cuts off is no line.
            Console.WriteLine(string.Join(' ', await streams.DoAsync(some, static _ => Random.Shared.Next(4) == 0)));
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
                [.. Enumerable.Range(0, Count).Select(i => ($"{i}", last[i], ServingModels.TokenOf<SmallModel>(i, last[i])))]);
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
            await using StreamService<SmallModel> service = await StreamService<SmallModel>.StartAsync(
                Model, store, new() { Shards = 3 });
            Assert.Equal(0, await StepAllAsync(service));
        }

        // Steps all streams; returns how many of the tokens were refused, because the disk is full.
        async Task<int> StepAllAsync(StreamService<SmallModel> service)
        {
            (StepResult[] results, float[][] all) = await service.Step(
                [.. Enumerable.Range(0, Count).Select(i => ($"{i}", last[i] + 1, ServingModels.TokenOf<SmallModel>(i, last[i] + 1)))]);
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
