using System.Globalization;

namespace AarenGen;

/// <summary>
/// Running mean pinball loss of quantile forecasts: max(l d, (l - 1) d) with d = truth - forecast at level l, over all levels and
/// numbers (Koenker and Bassett, Econometrica 1978). In the truth's unit; at level 0.5 it is half the absolute error. A truth that is NaN
/// is missing, and left out. Not thread-safe; give each thread its own and <see cref="Merge"/> them.
/// </summary>
public sealed class PinballLoss
{
    private readonly double[] levels, sums;

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
        sums = new double[levels.Length];
    }

    /// <summary>The levels.</summary>
    public IReadOnlyList<double> Levels => levels;

    /// <summary>Number of scored numbers.</summary>
    public long Count { get; private set; }

    /// <summary>The mean over numbers and levels; NaN before the first number.</summary>
    public double Mean => sums.Sum() / Count / levels.Length;

    /// <summary>The mean at one level; NaN before the first number.</summary>
    /// <param name="level">The level's index, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such level.</exception>
    public double MeanAt(int level) => sums[Arguments.CheckIndex(level, levels.Length)] / Count;

    /// <summary>Scores one number.</summary>
    /// <param name="forecasts">One forecast per level, in the order of the levels.</param>
    /// <param name="truth">The true value; NaN: missing.</param>
    /// <exception cref="ArgumentException">There are not as many forecasts as levels.</exception>
    public void Add(ReadOnlySpan<double> forecasts, double truth)
    {
        if (forecasts.Length != levels.Length)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"{forecasts.Length} forecasts for {levels.Length} levels; give one each."),
                nameof(forecasts));
        }
        if (double.IsNaN(truth))
        {
            return;
        }
        for (int i = 0; i < levels.Length; i++)
        {
            double difference = truth - forecasts[i];
            sums[i] += Math.Max(levels[i] * difference, (levels[i] - 1) * difference);
        }
        Count++;
    }

    /// <summary>Adds what another one scored.</summary>
    /// <param name="other">It stays as it is.</param>
    /// <exception cref="ArgumentException">It has other levels.</exception>
    public void Merge(PinballLoss other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (!levels.AsSpan().SequenceEqual(other.levels))
        {
            throw new ArgumentException("The other one has other levels.", nameof(other));
        }
        for (int i = 0; i < sums.Length; i++)
        {
            sums[i] += other.sums[i];
        }
        Count += other.Count;
    }
}
