using System.Globalization;

namespace Experiments;

/// <summary>
/// Fraction of true values inside their forecast intervals, and the width of these intervals. A truth that is NaN is missing, and its
/// interval left out.
/// </summary>
internal sealed class IntervalCoverage
{
    private long inside;
    private double widths;

    /// <summary>Number of scored intervals.</summary>
    public long Count { get; private set; }

    /// <summary>The fraction of intervals that held the truth, bounds included; NaN before the first.</summary>
    public double Coverage => inside / (double)Count;

    /// <summary>Mean of upper - lower, in the truth's unit; NaN before the first.</summary>
    public double MeanWidth => widths / Count;

    /// <summary>Scores an interval.</summary>
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
        widths += upper - lower;
        Count++;
    }
}
