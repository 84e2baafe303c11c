using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using AarenGen.Serving;
using AarenGen.Serving.Sqlite;

namespace AarenGen.Benchmarks;

/// <summary>
/// The highest load of a service, and how long its callers wait at half of it. At half load calls come at random times that do not depend
/// on earlier answers, and a call's time counts from when it was due.
/// </summary>
internal sealed class ServingLatencyBenchmark : IBenchmark
{
    private const int Seed = 1, Streams = 100_000, BatchTokens = 256, BatchCallers = 4, SingleCallers = 64;

    /// <summary>One token, or a batch of them.</summary>
    private interface ICall
    {
        int Tokens { get; }

        ValueTask StepAsync(StreamService<SmallModel> service);
    }

    public string Name => "serving-latency";

    public string Description => "Calls of a service of streams, in process, at half of its highest load";

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        SmallModel model = SequenceModel<SmallModel>.Create(Seed);
        string folder = Directory.CreateTempSubdirectory("aarengen-serving").FullName;
        try
        {
            yield return Measure(model, folder, thoroughness, cancellation);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Section Measure(SmallModel model, string folder, Thoroughness thoroughness, CancellationToken cancellation)
    {
        (int streams, int rounds, TimeSpan full, TimeSpan half) = thoroughness.IsShort
            ? (2_000, 1, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(200))
            : (Streams, 3, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(6));
        (string Name, bool IsBatched, bool IsStored, TimeSpan Delay)[] cases =
        [
            ("batches of 256", true, false, TimeSpan.FromMilliseconds(1)),
            ("batches of 256, SQLite", true, true, TimeSpan.FromMilliseconds(1)),
            ("single tokens", false, false, TimeSpan.FromMilliseconds(1)),
            ("single tokens, no delay", false, false, TimeSpan.Zero),
            ("single tokens, SQLite", false, true, TimeSpan.FromMilliseconds(1)),
            ("single tokens, no delay, SQLite", false, true, TimeSpan.Zero),
        ];
        var figures = cases.Select(static _ => new List<LoadFigures>()).ToArray();
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < cases.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                (_, bool isBatched, bool isStored, TimeSpan delay) = cases[i];
                string own = Path.Combine(folder, $"latency-{round}-{i}");
                figures[i].Add(
                    MeasureAsync(model, isStored ? own : null, isBatched, delay, streams, full, half).GetAwaiter().GetResult());
                if (isStored)
                {
                    Directory.Delete(own, recursive: true);
                }
            }
        }
        (string Heading, Func<LoadFigures, double> Value)[] columns =
        [
            ("highest, tokens/s", static f => f.HighestTokensPerSecond), ("half, tokens/s", static f => f.TokensPerSecond),
            ("median, µs", static f => f.Median), ("p99, µs", static f => f.P99), ("p99.9, µs", static f => f.P999),
            ("largest, µs", static f => f.Max), ("checkpoints", static f => f.Checkpoints),
            ("processor time at half, %", static f => f.ProcessorPercent),
        ];
        return new(
            "serving-latency",
            $"Small model, {streams.ToString("N0", CultureInfo.InvariantCulture)} streams, two shards: calls at half load",
            ["", .. columns.Select(static c => c.Heading)],
            [.. cases.Zip(figures, (c, f) => (string[])[
                c.Name, .. columns.Select(column =>
                    Statistics.Median([.. f.Select(column.Value)]).ToString("N0", CultureInfo.InvariantCulture))])],
            cases.Zip(figures, static (c, f) => new { c.Name, Figures = f }))
        {
            Notes =
            [
                $"Medians over {rounds} services of their own. Highest: {BatchCallers} callers of batches, or {SingleCallers} of single "
                + "tokens, one call after the other, while a thread takes one of the cores. Half: calls at exponentially distributed "
                + "times, by that thread; a call counts from when it was due. Processor time is that of the whole process, with that "
                + "thread, of one core.",
            ],
        };
    }

    private static async Task<LoadFigures> MeasureAsync(
        SmallModel model, string? folder, bool isBatched, TimeSpan delay, int streams, TimeSpan full, TimeSpan half)
    {
        await using SqliteStreamStore? store = folder is null ? null : await SqliteStreamStore.OpenAsync(folder).ConfigureAwait(false);
        await using StreamService<SmallModel> service = await StreamService<SmallModel>.StartAsync(
            model, store, new() { Shards = 2, MaxDelay = delay }).ConfigureAwait(false);
        using var checkpoints = new CheckpointCounter();
        SensorBatch[] all = SensorBatch.All(streams, BatchTokens, seed: 0);
        foreach (SensorBatch batch in all)
        {
            await batch.StepAsync((ids, tokens, outputs, results) => service.StepManyAsync(ids, tokens, outputs, results))
                .ConfigureAwait(false);
        }
        ICall[] calls = isBatched ? [.. all.Select(static b => new BatchCall(b))]
            : [.. Enumerable.Range(0, Math.Min(streams, 20_000)).Select(static i => new SingleCall(i))];
        var idle = new ConcurrentQueue<ICall>(calls);
        await FullLoadAsync(service, idle, isBatched ? BatchCallers : SingleCallers, full / 2).ConfigureAwait(false);
        double highest = await FullLoadAsync(service, idle, isBatched ? BatchCallers : SingleCallers, full).ConfigureAwait(false);
        long before = checkpoints.Count;
        using Process process = Process.GetCurrentProcess();
        TimeSpan cpu = process.TotalProcessorTime;
        (double[] microseconds, TimeSpan elapsed, long tokens) =
            await HalfLoadAsync(service, idle, highest / 2, half).ConfigureAwait(false);
        process.Refresh();
        return new(
            highest, tokens / elapsed.TotalSeconds, Statistics.Median(microseconds), Statistics.Quantile(microseconds, .99),
            Statistics.Quantile(microseconds, .999), microseconds.Max(), checkpoints.Count - before,
            100 * (process.TotalProcessorTime - cpu) / elapsed);
    }

    /// <summary>
    /// So many callers, each with one call after the other; tokens a second. A thread takes a core meanwhile, as the sender does at half
    /// load.
    /// </summary>
    private static async Task<double> FullLoadAsync(
        StreamService<SmallModel> service, ConcurrentQueue<ICall> idle, int callers, TimeSpan time)
    {
        long started = Stopwatch.GetTimestamp(), tokens = 0;
        var sender = new Thread(() =>
        {
            while (Stopwatch.GetElapsedTime(started) < time)
            {
                Thread.Yield();
            }
        });
        sender.Start();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            while (Stopwatch.GetElapsedTime(started) < time && idle.TryDequeue(out ICall? call))
            {
                await call.StepAsync(service).ConfigureAwait(false);
                Interlocked.Add(ref tokens, call.Tokens);
                idle.Enqueue(call);
            }
        }))).ConfigureAwait(false);
        double perSecond = tokens / Stopwatch.GetElapsedTime(started).TotalSeconds;
        sender.Join();
        return perSecond;
    }

    /// <summary>Calls at random times; microseconds of each from when it was due.</summary>
    private static async Task<(double[] Microseconds, TimeSpan Elapsed, long Tokens)> HalfLoadAsync(
        StreamService<SmallModel> service, ConcurrentQueue<ICall> idle, double tokensPerSecond, TimeSpan time)
    {
        var random = new Random(1);
        double ticksPerCall = Stopwatch.Frequency / tokensPerSecond * (idle.TryPeek(out ICall? some) ? some.Tokens : 1);
        var taken = new ConcurrentBag<double>();
        var done = new TaskCompletionSource();
        int open = 1;
        long started = Stopwatch.GetTimestamp(), sent = 0;
        var sender = new Thread(() =>
        {
            double due = started;
            while (Stopwatch.GetElapsedTime(started) < time)
            {
                due -= Math.Log(1 - random.NextDouble()) * ticksPerCall;
                while (Stopwatch.GetTimestamp() < due)
                {
                    Thread.Yield();
                }
                ICall? call;
                while (!idle.TryDequeue(out call))
                {
                    // The service does not keep up: the call is late, which its time will tell.
                    Thread.Yield();
                }
                Interlocked.Increment(ref open);
                sent += call.Tokens;
                _ = CallAsync(call, (long)due);
            }
            Close();
        });
        sender.Start();
        await done.Task.ConfigureAwait(false);
        sender.Join();
        return ([.. taken], Stopwatch.GetElapsedTime(started), sent);

        async Task CallAsync(ICall call, long due)
        {
            try
            {
                await call.StepAsync(service).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                done.TrySetException(error);
            }
            taken.Add(Stopwatch.GetElapsedTime(due).TotalMicroseconds);
            idle.Enqueue(call);
            Close();
        }

        void Close()
        {
            if (Interlocked.Decrement(ref open) == 0)
            {
                done.TrySetResult();
            }
        }
    }

    /// <param name="HighestTokensPerSecond">With as many callers as its tables say.</param>
    /// <param name="TokensPerSecond">At half load.</param>
    /// <param name="Median">Microseconds of a call at half load.</param>
    /// <param name="P99">Of a hundred calls the slowest but one.</param>
    /// <param name="P999">Of a thousand.</param>
    /// <param name="Max">The slowest.</param>
    /// <param name="Checkpoints">How many fell into the time at half load.</param>
    /// <param name="ProcessorPercent">Processor time of the process at half load, of one core.</param>
    private sealed record LoadFigures(
        double HighestTokensPerSecond, double TokensPerSecond, double Median, double P99, double P999, double Max, double Checkpoints,
        double ProcessorPercent);

    private sealed class BatchCall(SensorBatch batch) : ICall
    {
        public int Tokens => batch.Streams.Length;

        public ValueTask StepAsync(StreamService<SmallModel> service) =>
            batch.StepAsync((ids, tokens, outputs, results) => service.StepManyAsync(ids, tokens, outputs, results));
    }

    private sealed class SingleCall : ICall
    {
        private readonly string id;
        private readonly float[] token = new float[SensorFleet.InputWidth], output = new float[SensorFleet.OutputWidth];

        public SingleCall(int stream)
        {
            id = SensorFleet.Id(stream);
            SensorFleet.Token(stream, 1, token);
        }

        public int Tokens => 1;

        public async ValueTask StepAsync(StreamService<SmallModel> service) =>
            await service.StepAsync(id, token, output).ConfigureAwait(false);
    }
}
