using System.Diagnostics.Metrics;

namespace Service;

/// <summary>Listens to the metrics of the service: tokens, and how long calls take.</summary>
/// <remarks>Thread safety: any number of threads may measure; one reads.</remarks>
internal sealed class Meters : IDisposable
{
    /// <summary>So many readings of the meters make the window of latencies, and the first ones that of the rate.</summary>
    private const int Windows = 40, RateWindows = 4;

    /// <summary>Buckets from a microsecond on, each a twentieth of a power of ten, which is 12 % wide, up to ten seconds.</summary>
    private const int BucketsPerDecade = 20, Buckets = 7 * BucketsPerDecade;

    private readonly MeterListener listener = new();
    private readonly int[][] windows = [.. Enumerable.Range(0, Windows).Select(static _ => new int[Buckets])];
    private readonly (long Tokens, TimeSpan Time)[] marks = new (long, TimeSpan)[RateWindows + 1];
    private readonly TimeProvider time = TimeProvider.System;
    private readonly long start;
    private long tokens;
    private int current;

    public Meters()
    {
        start = time.GetTimestamp();
        listener.InstrumentPublished = static (instrument, listening) =>
        {
            if (instrument is { Meter.Name: "AarenGen.Serving", Name: "aarengen.tokens" or "aarengen.step.duration" })
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref tokens, count));
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => Interlocked.Increment(
            ref windows[Volatile.Read(ref current)][Math.Clamp((int)(BucketsPerDecade * (6 + Math.Log10(seconds))), 0, Buckets - 1)]));
        listener.Start();
    }

    /// <summary>Why the service last refused a token; null: not since the last reading of the meters.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Tokens since the start of the program.</summary>
    public long Tokens => Volatile.Read(ref tokens);

    public void Refused(StepResult result) => Refusal = result.Message;

    /// <summary>
    /// Reads the meters: tokens a second now, and the median and the 99th percentile of the time of a call, in milliseconds.
    /// </summary>
    public (double Rate, double Median, double Slow, string? Refusal) Read()
    {
        Array.Copy(marks, 0, marks, 1, RateWindows);
        marks[0] = (Tokens, time.GetElapsedTime(start));
        double seconds = (marks[0].Time - marks[^1].Time).TotalSeconds;
        double rate = seconds > 0 ? (marks[0].Tokens - marks[^1].Tokens) / seconds : 0;
        int next = (current + 1) % Windows;
        var sum = new long[Buckets];
        foreach (int[] window in windows)
        {
            for (int i = 0; i < Buckets; i++)
            {
                sum[i] += window[i];
            }
        }
        Array.Clear(windows[next]);
        Volatile.Write(ref current, next);
        string? refusal = Refusal;
        Refusal = null;
        return (rate, Quantile(sum, 0.5), Quantile(sum, 0.99), refusal);
    }

    public void Dispose() => listener.Dispose();

    /// <summary>The middle of the bucket in which it lies; 0 where nothing was measured.</summary>
    private static double Quantile(long[] counts, double probability)
    {
        double left = probability * counts.Sum();
        int bucket = Array.FindIndex(counts, c => (left -= c) <= 0 && c > 0);
        return bucket < 0 ? 0 : Math.Pow(10, (bucket + 0.5) / BucketsPerDecade - 3);
    }
}
