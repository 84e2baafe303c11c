using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Service;

/// <summary>What pages show, made once for all of them, four times a second.</summary>
internal sealed class Dashboard(Settings settings, IHome home, Sender sender, Meters meters, Alarms alarms) : BackgroundService
{
    /// <summary>How often pages get news.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(1);

    /// <summary>How many points of throughput and latency are kept: those of a minute.</summary>
    private const int KeptSamples = 240;

    /// <summary>How many sensors with an alarm are shown at a time.</summary>
    private const int MaxShown = 2000;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private readonly Lock samplesLock = new();
    private readonly Queue<Sample> samples = new();
    private StreamServiceInfo info;
    private Task asking = Task.CompletedTask;
    private long asked;
    private TaskCompletionSource next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int pages;

    /// <summary>Throughput and latency of a moment.</summary>
    private readonly record struct Sample(double Rate, double Slow);

    /// <summary>The news of all sensors, as JSON; empty before there are any.</summary>
    public string Status { get; private set; } = "";

    /// <summary>Completes with the next news.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    /// <summary>Changes with every alarm.</summary>
    public long AlarmVersion => alarms.Version;

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Format);

    /// <summary>Counts a page.</summary>
    /// <returns>How many pages there are with it.</returns>
    public int Enter() => Interlocked.Increment(ref pages);

    public void Leave() => Interlocked.Decrement(ref pages);

    /// <summary>What a page has to know once: throughput and latency of the last minute.</summary>
    public string Past()
    {
        lock (samplesLock)
        {
            return Write(new
            {
                settings.Sensors, Home = home.Name, Fleet.ReadingsPerDay, Kept = KeptSamples,
                Rate = samples.Select(static s => Math.Round(s.Rate)), Slow = samples.Select(static s => Round(s.Slow)),
            });
        }
    }

    /// <summary>The newest alarms.</summary>
    public string NewestAlarms() => Write(alarms.Newest().Select(static a => new
    {
        Sensor = Fleet.IdOf(a.Sensor), a.Alarm.Reading, a.Alarm.Time, a.Alarm.Reason,
        Planted = Scoring.FaultOf(a.Sensor, a.Alarm.Reading)?.Kind,
        After = Scoring.FaultOf(a.Sensor, a.Alarm.Reading) is { } fault ? a.Alarm.Reading - fault.Start : 0,
    }));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        IStreamService<Forecaster> service = await sender.Started;
        using var timer = new PeriodicTimer(Interval);
        try
        {
            do
            {
                Ask(service, stoppingToken);
                Status = Write(Measure());
                Interlocked.Exchange(ref next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    /// <summary>Asks the service how it is, once a second at most; pages do not wait for the answer.</summary>
    private void Ask(IStreamService<Forecaster> service, CancellationToken cancellation)
    {
        if (asking.IsCompleted && Stopwatch.GetElapsedTime(asked) > AskInterval)
        {
            asked = Stopwatch.GetTimestamp();
            asking = AskAsync(service, cancellation);
        }
    }

    private async Task AskAsync(IStreamService<Forecaster> service, CancellationToken cancellation)
    {
        try
        {
            info = await service.GetInfoAsync(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The host stops.
        }
        catch (IOException e)
        {
            info = info with { Failure = e.Message };
        }
    }

    /// <summary>What became of the planted faults so far.</summary>
    public (FaultCounts[] Kinds, int FalseAlarms) Score()
    {
        var kinds = new FaultCounts[FaultCountsByKind.KindCount];
        int falseAlarms = 0;
        foreach (ref SensorRecord record in sender.Records.AsSpan())
        {
            falseAlarms += record.Scoring.FalseAlarms;
            for (int kind = 0; kind < kinds.Length; kind++)
            {
                FaultCounts counts = record.Scoring[(FaultKind)kind];
                kinds[kind].Planted += counts.Planted;
                kinds[kind].Found += counts.Found;
                kinds[kind].Missed += counts.Missed;
                kinds[kind].Delay += counts.Delay;
            }
        }
        return (kinds, falseAlarms);
    }

    private object Measure()
    {
        (double rate, double median, double slow, string? refusal) = meters.Read();
        lock (samplesLock)
        {
            samples.Enqueue(new(rate, slow));
            if (samples.Count > KeptSamples)
            {
                samples.Dequeue();
            }
        }
        (FaultCounts[] kinds, int falseAlarms) = Score();
        return new
        {
            WarmUp = Round(sender.WarmUp), Rate = Math.Round(rate), Median = Round(median), Slow = Round(slow),
            Tokens = sender.Acknowledged, Memory = info.MemoryBytes, Pages = Volatile.Read(ref pages),
            Period = settings.IsShort ? 0 : Round((double)settings.Sensors / settings.Rate),
            Trouble = info.Failure ?? refusal,
            Faults = kinds.Select(static (k, i) => new
            {
                Kind = (FaultKind)i, k.Planted, k.Found, k.Missed, Delay = k.Found > 0 ? Math.Round((double)k.Delay / k.Found, 1) : 0,
            }),
            FalseAlarms = falseAlarms, home.Silos,
            Alarmed = sender.Records.Select(static (r, i) => (r.Detector.HasAlarm, i)).Where(static r => r.HasAlarm).Take(MaxShown)
                .Select(static r => r.i),
        };
    }

    private static double Round(double value) => Math.Round(value, 3);
}
