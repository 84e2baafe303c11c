using System.Diagnostics;
using System.Globalization;

namespace Service;

/// <summary>
/// Stands for the sensors: sends their readings to the service, and judges each by the forecast of it that came before.
/// </summary>
/// <remarks>
/// A reading is judged, written to the history, and then sent with its number. After the end of the process, however it came, the
/// service says which reading of each sensor was its last: those after it are sent, and what was sent but not acknowledged is sent again,
/// which does no harm.
/// </remarks>
internal sealed class Sender(
    IServiceProvider services, Settings settings, IHome home, History history, Meters meters, Alarms alarms) : BackgroundService
{
    private const int LargestCall = 1024, CallsPerSecond = 40, CallsAtATime = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly TaskCompletionSource<IStreamService<Forecaster>> started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly string[] ids = [.. Enumerable.Range(0, settings.Sensors).Select(Fleet.IdOf)];
    private readonly long[] sequences = new long[settings.Sensors];
    private readonly float[] outputs = new float[settings.Sensors * Forecaster.OutputWidth];

    /// <summary>What is known of each sensor; only this object writes it.</summary>
    public SensorRecord[] Records { get; } = new SensorRecord[settings.Sensors];

    /// <summary>The service, once the sensors have found their places.</summary>
    public Task<IStreamService<Forecaster>> Started => started.Task;

    /// <summary>How much of what sensors read at full speed at the beginning is done, from 0 to 1.</summary>
    public double WarmUp { get; private set; }

    /// <summary>Whether all was sent that a run in the short form sends.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Tokens that were acknowledged before this start; known once it has <see cref="Started"/>.</summary>
    public long AcknowledgedBefore { get; private set; }

    /// <summary>Tokens that were acknowledged, of all starts.</summary>
    public long Acknowledged => sequences.Sum();

    /// <summary>The model's last output for a sensor: the forecast of its next readings.</summary>
    public ReadOnlySpan<float> OutputOf(int sensor) => Row(sensor).Span;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var service = services.GetRequiredService<IStreamService<Forecaster>>();
            await FindPlacesAsync(service, stoppingToken);
            AcknowledgedBefore = Acknowledged;
            started.SetResult(service);
            await WarmUpAsync(service, stoppingToken);
            await (settings.IsShort ? RushAsync(service, stoppingToken) : KeepPaceAsync(service, stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
        catch (Exception e)
        {
            started.TrySetException(e);
            throw;
        }
        finally
        {
            started.TrySetCanceled(CancellationToken.None);
        }
    }

    /// <summary>Each sensor goes on after its last token.</summary>
    private async Task FindPlacesAsync(IStreamService<Forecaster> service, CancellationToken cancellation)
    {
        // Many at a time: a cluster answers over a network.
        var many = new ParallelOptions { MaxDegreeOfParallelism = CallsAtATime, CancellationToken = cancellation };
        await Parallel.ForAsync(0, ids.Length, many, async (sensor, ended) =>
            Place(sensor, (await service.FindAsync(ids[sensor], Row(sensor), ended))?.Sequence ?? 0));
        alarms.AddRange(Enumerable.Range(0, ids.Length).Where(i => Records[i].LastAlarm.Reading > 0)
            .Select(i => (Sensor: i, Records[i].LastAlarm)).OrderBy(static a => a.LastAlarm.Time).TakeLast(Alarms.Kept));
    }

    private void Place(int sensor, long sequence)
    {
        sequences[sensor] = sequence;
        SensorRecord record = history.Read(sensor);
        // The last reading may have been judged and then not have been read. Anything else is another folder's history, or a stream that
        // somebody removed: the service is right.
        Records[sensor] = record.Reading == sequence || record.Reading == sequence + 1 ? record : new() { Reading = sequence };
    }

    /// <summary>The first two days of sensors, and what new ones lack, at full speed: nobody wants to wait for it.</summary>
    private async Task WarmUpAsync(IStreamService<Forecaster> service, CancellationToken cancellation)
    {
        long goal = Math.Max(Fleet.HealthyReadings, sequences.Max()), all = goal * ids.Length;
        for (long left; (left = all - sequences.Sum(s => Math.Min(s, goal))) > 0;)
        {
            WarmUp = 1 - (double)left / all;
            int[] behind = [.. Enumerable.Range(0, ids.Length).Where(i => sequences[i] < goal)];
            foreach (int[] some in behind.Chunk(LargestCall))
            {
                await SendAsync(service, some, cancellation);
            }
        }
        WarmUp = 1;
    }

    private async Task RushAsync(IStreamService<Forecaster> service, CancellationToken cancellation)
    {
        for (int round = 0; round < settings.ShortReadings || !home.HasShownAll; round++)
        {
            foreach (int[] some in Enumerable.Range(0, ids.Length).Chunk(LargestCall))
            {
                await SendAsync(service, some, cancellation);
            }
        }
        HasEnded = true;
    }

    /// <summary>A reading of each sensor in turn, evenly over time. What the service cannot do in time is not made up for.</summary>
    private async Task KeepPaceAsync(IStreamService<Forecaster> service, CancellationToken cancellation)
    {
        int size = Math.Clamp(settings.Rate / CallsPerSecond, 1, Math.Min(LargestCall, ids.Length));
        int[][] chunks = [.. Enumerable.Range(0, ids.Length).Chunk(size)];
        long start = Stopwatch.GetTimestamp(), sent = 0;
        while (true)
        {
            foreach (int[] some in chunks)
            {
                TimeSpan ahead = TimeSpan.FromSeconds((double)sent / settings.Rate) - Stopwatch.GetElapsedTime(start);
                if (ahead > TimeSpan.Zero)
                {
                    await Task.Delay(ahead, cancellation);
                }
                else if (ahead < -TimeSpan.FromSeconds(1))
                {
                    (start, sent) = (Stopwatch.GetTimestamp(), 0);
                }
                await SendAsync(service, some, cancellation);
                sent += some.Length;
            }
        }
    }

    /// <summary>Sends the next reading of some sensors, again and again until the service has read all.</summary>
    private async Task SendAsync(IStreamService<Forecaster> service, int[] sensors, CancellationToken cancellation)
    {
        string[] names = [.. sensors.Select(i => ids[i])];
        var tokens = new float[sensors.Length * Forecaster.InputWidth];
        var numbers = new long[sensors.Length];
        for (int i = 0; i < sensors.Length; i++)
        {
            numbers[i] = Prepare(sensors[i], tokens.AsSpan(i * Forecaster.InputWidth, Forecaster.InputWidth));
        }
        var results = new StepResult[sensors.Length];
        var answers = new float[sensors.Length * Forecaster.OutputWidth];
        bool[] isDone = new bool[sensors.Length];
        while (true)
        {
            long start = Stopwatch.GetTimestamp();
            await service.StepManyAsync(names, tokens, answers, results, numbers, cancellation);
            meters.Add(results.Count(static r => r.Status == StepStatus.Accepted), Stopwatch.GetElapsedTime(start));
            for (int i = 0; i < sensors.Length; i++)
            {
                isDone[i] = isDone[i] || Take(sensors[i], results[i], answers.AsSpan(i * Forecaster.OutputWidth, Forecaster.OutputWidth));
            }
            if (isDone.All(static d => d))
            {
                return;
            }
            meters.Refused(results.First(static r => !r.HasOutput));
            await Task.Delay(Patience, cancellation);
        }
    }

    /// <returns>The number of the reading.</returns>
    private long Prepare(int sensor, Span<float> token)
    {
        ref SensorRecord record = ref Records[sensor];
        Point point;
        if (record.Reading == sequences[sensor])
        {
            point = record.Judge(sensor, record.Reading == 0 ? default : Row(sensor).Span);
            history.Write(sensor, ref record, point);
            if (record.LastAlarm.Reading == record.Reading)
            {
                alarms.Add(sensor, record.LastAlarm);
            }
        }
        else
        {
            // It was judged before the process ended.
            long first = record.Reading;
            point = history.Points(sensor, ref first)[0];
        }
        Forecaster.WriteToken(record.Reading, point.Marks.HasFlag(PointMarks.Doubted) ? float.NaN : point.Value, token);
        return record.Reading;
    }

    /// <returns>Whether there is nothing more to do with the reading.</returns>
    private bool Take(int sensor, StepResult result, ReadOnlySpan<float> output)
    {
        switch (result.Status)
        {
            case StepStatus.Accepted or StepStatus.Repeated:
                output.CopyTo(Row(sensor).Span);
                sequences[sensor] = result.Sequence;
                return true;
            case StepStatus.Gap or StepStatus.Stale:
                // Somebody else removed the stream, or sent tokens to it.
                Place(sensor, result.Sequence);
                return true;
            case StepStatus.Invalid:
                throw new InvalidOperationException(string.Create(
                    CultureInfo.InvariantCulture, $"{ids[sensor]}, reading {Records[sensor].Reading}: {result.Message}"));
            default:
                return false;
        }
    }

    private Memory<float> Row(int sensor) => outputs.AsMemory(sensor * Forecaster.OutputWidth, Forecaster.OutputWidth);
}
