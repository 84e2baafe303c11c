using System.Globalization;

namespace Experiments;

/// <summary>
/// Running mean pinball loss of quantile forecasts: max(l d, (l - 1) d) with d = truth - forecast at level l, over all levels and
/// numbers (Koenker and Bassett, Econometrica 1978). In the truth's unit; at level 0.5 it is half the absolute error. A truth that is NaN
/// is missing, and left out.
/// </summary>
internal sealed class PinballLoss
{
    private readonly double[] levels;
    private double sum;

    /// <summary>Scores forecasts at these levels.</summary>
    /// <param name="levels">At least one level, each between 0 and 1, both excluded.</param>
    /// <exception cref="ArgumentException">There are no levels, or one is not between 0 and 1.</exception>
    public PinballLoss(params ReadOnlySpan<double> levels)
    {
        if (levels.IsEmpty)
        {
            throw new ArgumentException("At least one level is needed.", nameof(levels));
        }
        foreach (double level in levels)
        {
            if (!(level > 0 && level < 1))
            {
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture, $"A level is {level}, but must lie between 0 and 1."), nameof(levels));
            }
        }
        this.levels = levels.ToArray();
    }

    /// <summary>Number of scored numbers.</summary>
    public long Count { get; private set; }

    /// <summary>The mean over numbers and levels; NaN before the first number.</summary>
    public double Mean => sum / Count / levels.Length;

    /// <summary>Scores one number.</summary>
    /// <param name="forecasts">One forecast per level, in the order of the levels.</param>
    /// <param name="truth">The true value.</param>
    /// <exception cref="ArgumentException">There are not as many forecasts as levels.</exception>
    public void Add(ReadOnlySpan<float> forecasts, double truth)
    {
        if (forecasts.Length != levels.Length)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"{forecasts.Length} forecasts for {levels.Length} levels; give one each."),
                nameof(forecasts));
        }
        for (int i = 0; i < levels.Length && !double.IsNaN(truth); i++)
        {
            double difference = truth - forecasts[i];
            sum += Math.Max(levels[i] * difference, (levels[i] - 1) * difference);
        }
        Count += double.IsNaN(truth) ? 0 : 1;
    }
}
