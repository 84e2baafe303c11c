using System.Globalization;

namespace Experiments;

/// <summary>
/// Running mean squared and mean absolute error over all forecast numbers, with equal weights. A truth that is NaN is missing, and left
/// out.
/// </summary>
internal sealed class ForecastError
{
    private double squares, absolutes;

    /// <summary>Number of scored numbers.</summary>
    public long Count { get; private set; }

    /// <summary>Mean of (forecast - truth)²; NaN before the first number.</summary>
    public double MeanSquared => squares / Count;

    /// <summary>Mean of |forecast - truth|; NaN before the first number.</summary>
    public double MeanAbsolute => absolutes / Count;

    /// <summary>Square root of <see cref="MeanSquared"/>, in the truth's unit; NaN before the first number.</summary>
    public double RootMeanSquared => Math.Sqrt(MeanSquared);

    /// <summary>Scores one number.</summary>
    public void Add(double forecast, double truth)
    {
        if (double.IsNaN(truth))
        {
            return;
        }
        double difference = forecast - truth;
        squares += difference * difference;
        absolutes += Math.Abs(difference);
        Count++;
    }

    /// <summary>Scores a row, or rows, of numbers.</summary>
    /// <param name="forecast">The forecasts.</param>
    /// <param name="truth">The true numbers, as many as forecasts.</param>
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
}
