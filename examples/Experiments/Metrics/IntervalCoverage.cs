using System.Globalization;

namespace Experiments;

/// <summary>How often the truth lies in the interval forecast for it, and how wide these intervals are.</summary>
internal sealed class IntervalCoverage
{
    private long inside;
    private double widths;

    /// <summary>How many intervals were scored.</summary>
    public long Count { get; private set; }

    /// <summary>The share of intervals that held the truth, borders included; NaN before the first.</summary>
    public double Coverage => inside / (double)Count;

    /// <summary>Mean of upper - lower, in the truth's unit; NaN before the first.</summary>
    public double MeanWidth => widths / Count;

    /// <summary>Scores an interval.</summary>
    /// <exception cref="ArgumentException">The lower border is not at most the upper one.</exception>
    public void Add(double lower, double upper, double truth)
    {
        if (!(lower <= upper))
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture,
                    $"The interval reaches from {lower} to {upper}; sort the borders, and give no NaN."), nameof(lower));
        }
        inside += truth >= lower && truth <= upper ? 1 : 0;
        widths += upper - lower;
        Count++;
    }
}
