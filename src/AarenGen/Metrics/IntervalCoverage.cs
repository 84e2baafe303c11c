using System.Globalization;

namespace AarenGen;

/// <summary>
/// Fraction of true values inside their forecast intervals, and the width of these intervals. A truth that is NaN is missing, and its
/// interval left out. Not thread-safe; give each thread its own and <see cref="Merge"/> them.
/// </summary>
public sealed class IntervalCoverage
{
    private long inside;
    private double widths;

    /// <summary>Number of scored intervals.</summary>
    public long Count { get; private set; }

    /// <summary>Those among them that have no finite width, as conformal intervals may have none.</summary>
    public long UnboundedCount { get; private set; }

    /// <summary>The fraction of intervals that held the truth, bounds included; NaN before the first.</summary>
    public double Coverage => inside / (double)Count;

    /// <summary>Mean of upper - lower over the intervals of finite width, in the truth's unit; NaN before the first.</summary>
    public double MeanWidth => widths / (Count - UnboundedCount);

    /// <summary>Scores an interval.</summary>
    /// <param name="lower">Its lower bound, which may be infinite.</param>
    /// <param name="upper">Its upper bound, not below the lower one.</param>
    /// <param name="truth">The true value; NaN: missing.</param>
    /// <exception cref="ArgumentException">The lower bound is not at most the upper bound.</exception>
    public void Add(double lower, double upper, double truth)
    {
        if (!(lower <= upper))
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture,
                    $"The interval reaches from {lower} to {upper}; sort the bounds, and give no NaN."), nameof(lower));
        }
        if (double.IsNaN(truth))
        {
            return;
        }
        inside += truth >= lower && truth <= upper ? 1 : 0;
        double width = upper - lower;
        if (double.IsFinite(width))
        {
            widths += width;
        }
        else
        {
            UnboundedCount++;
        }
        Count++;
    }

    /// <summary>Adds what another one scored.</summary>
    /// <param name="other">It stays as it is.</param>
    public void Merge(IntervalCoverage other)
    {
        ArgumentNullException.ThrowIfNull(other);
        inside += other.inside;
        widths += other.widths;
        Count += other.Count;
        UnboundedCount += other.UnboundedCount;
    }
}
