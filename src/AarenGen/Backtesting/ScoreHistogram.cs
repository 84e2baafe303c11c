namespace AarenGen;

/// <summary>Counts anomaly scores in bins, so that its memory is constant, and finds thresholds of them.</summary>
internal sealed class ScoreHistogram
{
    /// <summary>Bins reach from 0 to the largest score; beyond it scores count as that.</summary>
    private const int BinsOfOne = 200, LargestScore = 64, MinTail = 50;

    private readonly long[] bins = new long[BinsOfOne * LargestScore + 1];

    /// <summary>The highest bin that is not empty.</summary>
    private int highest;

    public long Count { get; private set; }

    /// <summary>Adds a score of at least 0; NaN is ignored.</summary>
    public void Add(double score)
    {
        if (!double.IsNaN(score))
        {
            int bin = (int)(Math.Min(score, LargestScore) * BinsOfOne);
            bins[bin]++;
            highest = Math.Max(highest, bin);
            Count++;
        }
    }

    public void Merge(ScoreHistogram other)
    {
        for (int i = 0; i <= other.highest; i++)
        {
            bins[i] += other.bins[i];
        }
        highest = Math.Max(highest, other.highest);
        Count += other.Count;
    }

    /// <summary>The threshold above which a given number of such scores lie; NaN where there are fewer than 100 scores.</summary>
    /// <param name="wanted">
    /// The number, above 0; fewer than a fiftieth of the scores, or than 50, are found beyond the data, by an exponential tail.
    /// </param>
    public double Threshold(double wanted)
    {
        if (Count < 2 * MinTail)
        {
            return double.NaN;
        }
        long tail = Math.Max(MinTail, Count / MinTail);
        if (wanted >= tail)
        {
            return Largest(wanted);
        }
        double start = Largest(tail), scale = (Largest(tail / 2.0) - start) / Math.Log(2);
        return start + scale * Math.Log(tail / wanted);
    }

    /// <summary>How many scores lie above a value, interpolated within its bin.</summary>
    public double CountAbove(double value)
    {
        double place = Math.Clamp(value, 0, LargestScore) * BinsOfOne;
        var bin = (int)place;
        double above = (bin + 1 - place) * bins[bin];
        for (int i = bin + 1; i <= highest; i++)
        {
            above += bins[i];
        }
        return above;
    }

    /// <summary>The value above which the given number of scores lie, interpolated within a bin.</summary>
    private double Largest(double number)
    {
        double above = 0;
        for (int i = highest; i >= 0; i--)
        {
            if (above + bins[i] >= number)
            {
                return (i + 1 - (number - above) / bins[i]) / BinsOfOne;
            }
            above += bins[i];
        }
        return 0;
    }
}
