using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using AarenGen.Serving;
using AarenGen.Serving.Sqlite;

namespace AarenGen.Benchmarks;

/// <summary>The process that holds many streams.</summary>
/// <param name="Tokens">All tokens that were acknowledged: stream after stream, again and again.</param>
/// <param name="StateBytes">Bytes of a state, an output and what the log's tokens need of a stream.</param>
/// <param name="PoolBytes">What the service says of its memory.</param>
/// <param name="EmptyBytes">Working set before the first stream.</param>
/// <param name="FilledBytes">With all streams.</param>
/// <param name="PeakBytes">The largest ever.</param>
/// <param name="CheckpointSeconds">Writing all streams, while tokens come.</param>
/// <param name="TokensPerSecondBesideCheckpoint">Tokens that came meanwhile.</param>
/// <param name="P99BesideCheckpoint">Milliseconds of their batches: of a hundred the slowest but one.</param>
/// <param name="P99">The same without a checkpoint.</param>
/// <param name="LogTokens">Tokens after the last checkpoint.</param>
/// <param name="FileBytes">Bytes in the folder.</param>
internal sealed record FillFigures(
    long Tokens, double StateBytes, long PoolBytes, long EmptyBytes, long FilledBytes, long PeakBytes, double CheckpointSeconds,
    double TokensPerSecondBesideCheckpoint, double P99BesideCheckpoint, double P99, double LogTokens, long FileBytes);

/// <summary>The process that starts after the other was killed.</summary>
/// <param name="ProcessSeconds">From its start to the call that starts the service.</param>
/// <param name="FirstAnswerSeconds">From there to the answer to the first token.</param>
/// <param name="AllAnswersSeconds">From there until all streams have answered.</param>
/// <param name="FilledBytes">Working set with all streams.</param>
/// <param name="PeakBytes">The largest ever.</param>
internal sealed record StartFigures(
    double ProcessSeconds, double FirstAnswerSeconds, double AllAnswersSeconds, long FilledBytes, long PeakBytes);

/// <summary>Fills a service with streams until it is killed, and starts it again.</summary>
internal static class StreamsWorkload
{
    private const int Seed = 1, BatchTokens = 256, Callers = 4, Checked = 100;

    /// <summary>A log is nearly full with so many bytes in a shard; a token takes 56.</summary>
    private const long LogBytes = 60L << 20;

    public static async Task FillAsync(string folder, int streams)
    {
        SmallModel model = SequenceModel<SmallModel>.Create(Seed);
        SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder);
        // The checkpoints are those that are called for below.
        StreamService<SmallModel> service = await StreamService<SmallModel>.StartAsync(
            model, store,
            new() { CheckpointInterval = TimeSpan.FromDays(1), MaxLogBytes = long.MaxValue, Pool = new() { IdleTime = null } });
        var fleet = new Fleet(service, streams);
        // Everything is compiled and has its size before memory counts.
        await fleet.SendAsync(BatchTokens * Callers);
        long empty = WorkingSet();
        await fleet.SendAsync(2L * streams - fleet.Sent);
        long filled = WorkingSet();
        List<double> without = [];
        await fleet.SendAsync(streams, without);

        List<double> beside = [];
        long before = fleet.Sent, started = Stopwatch.GetTimestamp();
        Task checkpoint = Task.Run(() => service.CheckpointAsync());
        await fleet.SendAsync(long.MaxValue, beside, checkpoint);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        long during = fleet.Sent - before;
        // What came meanwhile is in the log; it is filled.
        long room = service.Options.Shards * LogBytes / 56 - during;
        await fleet.SendAsync(Math.Min(Math.Max(0, room), 4L * streams));
        var figures = new FillFigures(
            fleet.Sent,
            SequenceModel<SmallModel>.Description.Layout.StateDoubles * sizeof(double) + SensorFleet.OutputWidth * sizeof(float),
            service.MemoryBytes, empty, filled, Peak(), seconds, during / seconds, Statistics.Quantile(beside, .99),
            Statistics.Quantile(without, .99), fleet.Sent - before, 0);
        Console.WriteLine(JsonSerializer.Serialize(figures));
        await Task.Delay(Timeout.Infinite);
    }

    public static async Task StartAsync(string folder, int streams, long tokens)
    {
        SmallModel model = SequenceModel<SmallModel>.Create(Seed);
        double process = (DateTime.Now - Process.GetCurrentProcess().StartTime).TotalSeconds;
        long started = Stopwatch.GetTimestamp();
        await using SqliteStreamStore store = await SqliteStreamStore.OpenAsync(folder);
        StreamService<SmallModel> service = await StreamService<SmallModel>.StartAsync(
            model, store,
            new() { CheckpointInterval = TimeSpan.FromDays(1), MaxLogBytes = long.MaxValue, Pool = new() { IdleTime = null } });
        var fleet = new Fleet(service, streams) { Expected = tokens };
        await fleet.SendAsync(1);
        double first = Stopwatch.GetElapsedTime(started).TotalSeconds;
        started = Stopwatch.GetTimestamp();
        await fleet.SendAsync(streams - 1);
        double all = Stopwatch.GetElapsedTime(started).TotalSeconds;
        long filled = WorkingSet();
        await CheckAsync(model, service, streams);
        Console.WriteLine(JsonSerializer.Serialize(new StartFigures(process, first, all, filled, Peak())));
    }

    /// <summary>Streams have read what the model alone would have read: their last outputs are the same.</summary>
    /// <exception cref="InvalidDataException">An output differs.</exception>
    private static async Task CheckAsync(SmallModel model, StreamService<SmallModel> service, int streams)
    {
        float[] token = new float[SensorFleet.InputWidth], expected = new float[SensorFleet.OutputWidth],
            actual = new float[SensorFleet.OutputWidth];
        for (int i = 0; i < Checked; i++)
        {
            int stream = (int)((long)i * streams / Checked);
            StreamInfo info = await service.FindAsync(SensorFleet.Id(stream), actual)
                ?? throw new InvalidDataException($"Stream {stream} is not there.");
            StreamState<SmallModel> state = model.CreateState();
            for (long sequence = 1; sequence <= info.Sequence; sequence++)
            {
                SensorFleet.Token(stream, sequence, token);
                model.Step(state, token, expected);
            }
            if (!expected.AsSpan().SequenceEqual(actual))
            {
                throw new InvalidDataException($"The last output of stream {stream} is not that of the model alone.");
            }
        }
    }

    private static long WorkingSet()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Environment.WorkingSet;
    }

    private static long Peak()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    /// <summary>Sends tokens: stream after stream, again and again, in batches of several callers.</summary>
    private sealed class Fleet(StreamService<SmallModel> service, int streams)
    {
        /// <summary>Tokens that were acknowledged.</summary>
        public long Sent { get; private set; }

        /// <summary>Tokens that streams have read before the first one is sent.</summary>
        public long Expected { get; init; }

        /// <param name="count">How many tokens.</param>
        /// <param name="milliseconds">Receives how long each batch took.</param>
        /// <param name="end">Once it is completed, no more are sent.</param>
        /// <exception cref="InvalidDataException">A stream has read another number of tokens.</exception>
        public async Task SendAsync(long count, List<double>? milliseconds = null, Task? end = null)
        {
            long next = Sent, last = count == long.MaxValue ? long.MaxValue : Sent + count, sent = 0;
            List<double>[] taken = await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
            {
                var own = new List<double>();
                var (ids, sequences) = (new string[BatchTokens], new long[BatchTokens]);
                var tokens = new float[BatchTokens * SensorFleet.InputWidth];
                var outputs = new float[BatchTokens * SensorFleet.OutputWidth];
                var results = new StepResult[BatchTokens];
                while (end is not { IsCompleted: true })
                {
                    long first = Interlocked.Add(ref next, BatchTokens) - BatchTokens;
                    int size = (int)Math.Clamp(last - first, 0, BatchTokens);
                    if (size == 0)
                    {
                        break;
                    }
                    for (int i = 0; i < size; i++)
                    {
                        (int stream, sequences[i]) = Place(first + i);
                        ids[i] = SensorFleet.Id(stream);
                        SensorFleet.Token(
                            stream, sequences[i], tokens.AsSpan(i * SensorFleet.InputWidth, SensorFleet.InputWidth));
                    }
                    long started = Stopwatch.GetTimestamp();
                    // Numbers are not sent: two batches may overtake each other, and none of a stream's tokens is sent twice.
                    await service.StepManyAsync(
                        ids.AsMemory(0, size), tokens.AsMemory(0, size * SensorFleet.InputWidth),
                        outputs.AsMemory(0, size * SensorFleet.OutputWidth), results.AsMemory(0, size));
                    own.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                    for (int i = 0; i < size; i++)
                    {
                        if (results[i].Status != StepStatus.Accepted || results[i].Sequence != sequences[i])
                        {
                            throw new InvalidDataException(string.Create(
                                CultureInfo.InvariantCulture,
                                $"Token {sequences[i]} of {ids[i]} became {results[i].Status}, {results[i].Sequence}: "
                                + $"{results[i].Message}"));
                        }
                    }
                    Interlocked.Add(ref sent, size);
                }
                return own;
            })));
            Sent += sent;
            milliseconds?.AddRange(taken.SelectMany(static t => t));
        }

        /// <summary>The stream of a token that is sent, and its number there.</summary>
        private (int Stream, long Sequence) Place(long sent)
        {
            // A process that goes on begins with the first stream, and gives each one token.
            int stream = (int)(sent % streams);
            return Expected == 0 ? (stream, sent / streams + 1) : (stream, Expected / streams + (stream < Expected % streams ? 1 : 0) + 1);
        }
    }
}
