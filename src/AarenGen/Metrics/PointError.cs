using System.Globalization;

namespace AarenGen;

/// <summary>
/// Running mean squared and mean absolute error over all forecast numbers, with equal weights. A truth that is NaN is missing, and left
/// out. Not thread-safe; give each thread its own and <see cref="Merge"/> them.
/// </summary>
public sealed class PointError
{
    private double squares, absolutes, differences;

    /// <summary>Number of scored numbers.</summary>
    public long Count { get; private set; }

    /// <summary>Mean of (forecast - truth)²; NaN before the first number.</summary>
    public double MeanSquared => squares / Count;

    /// <summary>Mean of |forecast - truth|; NaN before the first number.</summary>
    public double MeanAbsolute => absolutes / Count;

    /// <summary>Mean of forecast - truth, the bias: above 0 where forecasts are too high; NaN before the first number.</summary>
    public double Mean => differences / Count;

    /// <summary>Square root of <see cref="MeanSquared"/>, in the truth's unit; NaN before the first number.</summary>
    public double RootMeanSquared => Math.Sqrt(MeanSquared);

    /// <summary>Scores one number.</summary>
    /// <param name="forecast">The forecast. NaN is no missing truth: it makes the errors NaN.</param>
    /// <param name="truth">The true number; NaN: missing.</param>
    public void Add(double forecast, double truth)
    {
        if (double.IsNaN(truth))
        {
            return;
        }
        double difference = forecast - truth;
        squares += difference * difference;
        absolutes += Math.Abs(difference);
        differences += difference;
        Count++;
    }

    /// <summary>Scores a row, or rows, of numbers.</summary>
    /// <param name="forecast">The forecasts.</param>
    /// <param name="truth">The true numbers, as many as forecasts; NaN: missing.</param>
    /// <param name="observed">True where the truth is known; elsewhere both numbers are ignored. Empty: where it is not NaN.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void Add(ReadOnlySpan<float> forecast, ReadOnlySpan<float> truth, ReadOnlySpan<bool> observed = default)
    {
        if (forecast.Length != truth.Length || (!observed.IsEmpty && observed.Length != truth.Length))
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"{forecast.Length} forecasts, {truth.Length} true numbers and {observed.Length} mask "
                    + $"entries; give the same number of each (or no mask)."));
        }
        for (int i = 0; i < truth.Length; i++)
        {
            if (observed.IsEmpty || observed[i])
            {
                Add(forecast[i], truth[i]);
            }
        }
    }

    /// <summary>Adds what another one scored.</summary>
    /// <param name="other">It stays as it is.</param>
    public void Merge(PointError other)
    {
        ArgumentNullException.ThrowIfNull(other);
        squares += other.squares;
        absolutes += other.absolutes;
        differences += other.differences;
        Count += other.Count;
    }
}
