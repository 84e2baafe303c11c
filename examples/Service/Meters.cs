namespace Service;

/// <summary>What the sensors see of the service: readings that it has read, and how long calls take.</summary>
/// <remarks>Thread safety: any number of threads may add; one reads.</remarks>
internal sealed class Meters
{
    /// <summary>How many readings of the meters make the window of latencies; the first of them make that of the rate.</summary>
    private const int Windows = 40, RateWindows = 4;

    /// <summary>Buckets from a microsecond on, each a twentieth of a power of ten, which is 12 % wide, up to ten seconds.</summary>
    private const int BucketsPerDecade = 20, Buckets = 7 * BucketsPerDecade;

    private readonly int[][] windows = [.. Enumerable.Range(0, Windows).Select(static _ => new int[Buckets])];
    private readonly (long Tokens, TimeSpan Time)[] marks = new (long, TimeSpan)[RateWindows + 1];
    private readonly TimeProvider time = TimeProvider.System;
    private readonly long start;
    private long tokens;
    private int current;
    private string? refusal;

    public Meters() => start = time.GetTimestamp();

    /// <summary>Adds a call that has ended.</summary>
    /// <param name="readings">Readings of it that were read.</param>
    /// <param name="duration">How long it took.</param>
    public void Add(int readings, TimeSpan duration)
    {
        Interlocked.Add(ref tokens, readings);
        double place = BucketsPerDecade * (6 + Math.Log10(duration.TotalSeconds));
        Interlocked.Increment(ref windows[Volatile.Read(ref current)][Math.Clamp((int)place, 0, Buckets - 1)]);
    }

    /// <summary>Notes why the service refused a token.</summary>
    public void Refused(StepResult result) => Volatile.Write(ref refusal, result.Message);

    /// <summary>
    /// Reads the meters: tokens a second now, the median and the 99th percentile of the time of a call, in milliseconds, and why a token
    /// was refused since they were last read.
    /// </summary>
    public (double Rate, double Median, double Slow, string? Refusal) Read()
    {
        Array.Copy(marks, 0, marks, 1, RateWindows);
        marks[0] = (Volatile.Read(ref tokens), time.GetElapsedTime(start));
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
        return (rate, Quantile(sum, 0.5), Quantile(sum, 0.99), Interlocked.Exchange(ref refusal, null));
    }

    /// <summary>The middle of the bucket in which it lies; 0 where nothing was measured.</summary>
    private static double Quantile(long[] counts, double probability)
    {
        double left = probability * counts.Sum();
        int bucket = Array.FindIndex(counts, c => (left -= c) <= 0 && c > 0);
        return bucket < 0 ? 0 : Math.Pow(10, (bucket + 0.5) / BucketsPerDecade - 3);
    }
}
