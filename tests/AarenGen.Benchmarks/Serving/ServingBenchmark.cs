using System.Globalization;
using AarenGen.Serving;
using AarenGen.Serving.Sqlite;

namespace AarenGen.Benchmarks;

/// <summary>Pools and services of streams, in process, in turns with the model alone.</summary>
internal sealed class ServingBenchmark : IBenchmark
{
    private const int Seed = 1, BatchTokens = 256, Few = 256, Many = 100_000, Callers = 4;

    public string Name => "serving";

    public string Description => "Pools and services of streams, in process, beside StepMany alone";

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        SmallModel model = SequenceModel<SmallModel>.Create(Seed);
        string folder = Directory.CreateTempSubdirectory("aarengen-serving").FullName;
        try
        {
            yield return Throughput(model, folder, thoroughness);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Section Throughput(SmallModel model, string folder, Thoroughness thoroughness)
    {
        int many = thoroughness.IsShort ? 2_000 : Many;
        var make = new ServingContestants(model, BatchTokens);
        using var resources = new Resources();
        ServingContestant[] contestants =
        [
            make.Model(Few),
            make.Model(Few, threads: 2),
            Pool(Few, isStored: false),
            Service("1 shard", Few, shards: 1, callers: 1, isStored: false),
            Service("1 shard", Few, shards: 1, callers: Callers, isStored: false),
            Service("2 shards", Few, shards: 2, callers: 1, isStored: false),
            Service("2 shards", Few, shards: 2, callers: Callers, isStored: false),
            Pool(Few, isStored: true),
            Service("1 shard", Few, shards: 1, callers: 1, isStored: true),
            Service("1 shard", Few, shards: 1, callers: Callers, isStored: true),
            Service("2 shards", Few, shards: 2, callers: Callers, isStored: true),
            Single("1 shard", shards: 1, isStored: false),
            Single("2 shards", shards: 2, isStored: false),
            Single("2 shards", shards: 2, isStored: true),
            make.Model(many),
            Pool(many, isStored: false),
            Service("2 shards", many, shards: 2, callers: Callers, isStored: false),
            Service("2 shards", many, shards: 2, callers: Callers, isStored: true),
        ];
        double[] allocated = [.. contestants.Select(Allocated)];
        IReadOnlyList<Timing> timings = thoroughness.Contest.Run([.. contestants.Select(static c => new Contestant(c.Name, c.Run))]);
        var rows = contestants.Zip(timings, allocated).Select(row =>
        {
            (ServingContestant contestant, Timing timing, double bytes) = row;
            int alone = Array.FindIndex(contestants, c => c.Streams == contestant.Streams);
            return new
            {
                contestant.Name,
                contestant.Streams,
                TokensPerSecond = contestant.Tokens / timing.Median,
                OfStepManyAlone = Statistics.Median(
                    [.. timings[alone].Seconds.Zip(timing.Seconds, (a, own) => a / contestants[alone].Tokens * contestant.Tokens / own)]),
                timing.Spread,
                AllocatedBytesPerToken = bytes,
                timing.Seconds,
            };
        }).ToList();
        return new(
            "serving", $"Small model, in process: batches of {BatchTokens} tokens of different streams",
            ["", "streams", "tokens/s", "± %", "of StepMany alone, %", "bytes allocated a token"],
            [.. rows.Select(static r => (string[])[
                r.Name, Number(r.Streams, "N0"), Number(r.TokensPerSecond, "N0"), Number(100 * r.Spread, "N0"),
                Number(100 * r.OfStepManyAlone, "N0"), Number(r.AllocatedBytesPerToken, "N1")])],
            rows)
        {
            Notes =
            [
                "In each round each row has one turn; ratios are medians over rounds, against StepMany on one thread with as many streams. "
                + "All outputs were equal, bit for bit, to those of the model alone before measuring.",
                "SQLite: the log is written before a token is acknowledged; no checkpoint falls into the turns.",
            ],
        };

        ServingContestant Pool(int streams, bool isStored)
        {
            StreamPool<SmallModel> pool = isStored
                ? Wait(StreamPool<SmallModel>.OpenAsync(model, resources.Store(folder))) : new StreamPool<SmallModel>(model);
            resources.Add(pool);
            return make.Batched(
                "StreamPool" + Suffix(isStored), streams, 1,
                (ids, tokens, outputs, results) => pool.StepManyAsync(ids, tokens, outputs, results));
        }

        ServingContestant Service(string name, int streams, int shards, int callers, bool isStored)
        {
            StreamService<SmallModel> service = Start(shards, isStored);
            return make.Batched(
                $"StreamService, {name}, {(callers == 1 ? "1 caller" : $"{callers} callers")}{Suffix(isStored)}", streams, callers,
                (ids, tokens, outputs, results) => service.StepManyAsync(ids, tokens, outputs, results));
        }

        ServingContestant Single(string name, int shards, bool isStored) =>
            make.Single($"StreamService, {name}, 64 callers of single tokens{Suffix(isStored)}", Few, Start(shards, isStored));

        StreamService<SmallModel> Start(int shards, bool isStored)
        {
            StreamService<SmallModel> service = Wait(StreamService<SmallModel>.StartAsync(
                model, isStored ? resources.Store(folder) : null,
                new() { Shards = shards, CheckpointInterval = TimeSpan.FromDays(1), MaxLogBytes = long.MaxValue }));
            resources.Add(service);
            return service;
        }
    }

    private static string Suffix(bool isStored) => isStored ? ", SQLite" : "";

    /// <summary>Bytes that a token allocates in all threads, after a turn in which everything has reached its size.</summary>
    private static double Allocated(ServingContestant contestant)
    {
        const int Turns = 10;
        contestant.Run();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        for (int i = 0; i < Turns; i++)
        {
            contestant.Run();
        }
        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)(Turns * contestant.Tokens);
    }

    private static T Wait<T>(Task<T> task) => task.GetAwaiter().GetResult();

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>What is disposed after a measurement, the last first.</summary>
    private sealed class Resources : IDisposable
    {
        private readonly Stack<IAsyncDisposable> all = [];

        public void Add(IAsyncDisposable resource) => all.Push(resource);

        /// <summary>Opens a store of its own.</summary>
        public SqliteStreamStore Store(string folder)
        {
            SqliteStreamStore store = Wait(SqliteStreamStore.OpenAsync(Path.Combine(folder, Guid.NewGuid().ToString("N"))));
            Add(store);
            return store;
        }

        public void Dispose()
        {
            while (all.TryPop(out IAsyncDisposable? resource))
            {
                resource.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }
        }
    }
}
