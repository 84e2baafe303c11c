using System.Diagnostics;

namespace AarenGen.Benchmarks;

/// <summary>One of the programs compared: a call does one unit of work, such as a training step or a token.</summary>
/// <param name="Name">As tables show it.</param>
/// <param name="Run">One unit of work.</param>
internal sealed record Contestant(string Name, Action Run);

/// <summary>What a contestant took.</summary>
/// <param name="Name">The contestant.</param>
/// <param name="Seconds">Seconds a unit of work, a number a round.</param>
/// <param name="AllocatedBytes">Bytes allocated on the managed heap by one unit of work.</param>
internal sealed record Timing(string Name, IReadOnlyList<double> Seconds, double AllocatedBytes)
{
    public double Median => Statistics.Median(Seconds);

    /// <summary>Half the distance between the quartiles, over the median.</summary>
    public double Spread => (Statistics.Quantile(Seconds, .75) - Statistics.Quantile(Seconds, .25)) / 2 / Median;

    /// <summary>How many times faster this one is than another: the median of the rounds' ratios, which were taken side by side.</summary>
    public double TimesFasterThan(Timing other) => Statistics.Median([.. other.Seconds.Zip(Seconds, static (theirs, own) => theirs / own)]);
}

/// <summary>
/// Lets programs take turns: a round runs each once for a slice of time, in an order that changes from round to round, so that
/// a disturbance of the machine affects all alike.
/// </summary>
/// <param name="Rounds">How often each has its turn.</param>
/// <param name="Slice">How long a turn lasts, at least.</param>
internal sealed record Contest(int Rounds, TimeSpan Slice)
{
    public IReadOnlyList<Timing> Run(IReadOnlyList<Contestant> contestants)
    {
        int[] units = [.. contestants.Select(Calibrate)];
        double[][] seconds = [.. contestants.Select(_ => new double[Rounds])];
        double[] allocated = new double[contestants.Count];
        for (int round = 0; round < Rounds; round++)
        {
            for (int turn = 0; turn < contestants.Count; turn++)
            {
                int i = (turn + round) % contestants.Count;
                long before = GC.GetAllocatedBytesForCurrentThread(), started = Stopwatch.GetTimestamp();
                for (int unit = 0; unit < units[i]; unit++)
                {
                    contestants[i].Run();
                }
                seconds[i][round] = Stopwatch.GetElapsedTime(started).TotalSeconds / units[i];
                allocated[i] = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)units[i];
            }
        }
        return [.. contestants.Select((c, i) => new Timing(c.Name, seconds[i], allocated[i]))];
    }

    /// <summary>Units of work in a slice, after a warm-up in which the compiler reaches its last tier.</summary>
    private int Calibrate(Contestant contestant)
    {
        TimeSpan warmUp = TimeSpan.FromMilliseconds(Math.Max(300, 4 * Slice.TotalMilliseconds));
        long started = Stopwatch.GetTimestamp();
        int units = 0, first;
        do
        {
            contestant.Run();
            units++;
        }
        while (Stopwatch.GetElapsedTime(started) < warmUp);
        started = Stopwatch.GetTimestamp();
        for (first = 0; Stopwatch.GetElapsedTime(started) < Slice; first++)
        {
            contestant.Run();
        }
        return Math.Max(1, first);
    }
}
