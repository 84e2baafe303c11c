namespace AarenGen;

/// <summary>
/// Running mean absolute scaled error (MASE): the mean of |forecast - truth| / scale, where the scale of a series is the mean absolute
/// error of the seasonal naive forecast on its training part. It has no unit, so series of any size count alike; below 1 forecasts are
/// better than the naive ones were. Source: Hyndman and Koehler, Another look at measures of forecast accuracy, International Journal of
/// Forecasting 2006. Not thread-safe; give each thread its own and <see cref="Merge"/> them.
/// </summary>
public sealed class ScaledError
{
    private double sum;

    /// <summary>Number of scored numbers.</summary>
    public long Count { get; private set; }

    /// <summary>Numbers that were not scored because their series has no scale.</summary>
    public long UnscaledCount { get; private set; }

    /// <summary>The mean; NaN before the first number.</summary>
    public double Mean => sum / Count;

    /// <summary>The scale of a series: the mean of |y(t) - y(t - season)| over all t for which both are known.</summary>
    /// <param name="training">The training part of the series; NaN: missing.</param>
    /// <param name="season">Rows of a season, at least 1; 1: the last value is the naive forecast.</param>
    /// <returns>The scale; NaN where there is no such pair, 0 for a part that only repeats.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The season is below 1.</exception>
    public static double ScaleOf(ReadOnlySpan<double> training, int season)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(season, 1);
        double sum = 0;
        long count = 0;
        for (int t = season; t < training.Length; t++)
        {
            double difference = Math.Abs(training[t] - training[t - season]);
            if (!double.IsNaN(difference))
            {
                sum += difference;
                count++;
            }
        }
        return sum / count;
    }

    /// <summary>Scores one number.</summary>
    /// <param name="forecast">The forecast.</param>
    /// <param name="truth">The true number; NaN: missing.</param>
    /// <param name="scale">
    /// The scale of its series. NaN or not above 0: the number is left out, since the error has no meaning for such a series.
    /// </param>
    public void Add(double forecast, double truth, double scale)
    {
        if (double.IsNaN(truth))
        {
            return;
        }
        if (scale > 0)
        {
            sum += Math.Abs(forecast - truth) / scale;
            Count++;
        }
        else
        {
            UnscaledCount++;
        }
    }

    /// <summary>Adds what another one scored.</summary>
    /// <param name="other">It stays as it is.</param>
    public void Merge(ScaledError other)
    {
        ArgumentNullException.ThrowIfNull(other);
        sum += other.sum;
        Count += other.Count;
        UnscaledCount += other.UnscaledCount;
    }
}
