namespace AarenGen;

/// <summary>
/// Running symmetric mean absolute percentage error (sMAPE): the mean of 200 |forecast - truth| / (|forecast| + |truth|), from 0 to 200
/// percent. A forecast of 0 for a truth of 0 has the error 0. Source: Makridakis, Accuracy measures, International Journal of Forecasting
/// 1993, in the form of the M4 competition (2020). Not thread-safe; give each thread its own and <see cref="Merge"/> them.
/// </summary>
/// <remarks>It suits values above 0. Near 0 any error is large, and a wrong sign has the error 200, whatever the values.</remarks>
public sealed class SymmetricPercentageError
{
    private double sum;

    /// <summary>Number of scored numbers.</summary>
    public long Count { get; private set; }

    /// <summary>The mean in percent, 0 to 200; NaN before the first number.</summary>
    public double Mean => sum / Count;

    /// <summary>Scores one number.</summary>
    /// <param name="forecast">The forecast.</param>
    /// <param name="truth">The true number; NaN: missing.</param>
    public void Add(double forecast, double truth)
    {
        if (double.IsNaN(truth))
        {
            return;
        }
        double size = Math.Abs(forecast) + Math.Abs(truth);
        sum += size == 0 ? 0 : 200 * (Math.Abs(forecast - truth) / size);
        Count++;
    }

    /// <summary>Adds what another one scored.</summary>
    /// <param name="other">It stays as it is.</param>
    public void Merge(SymmetricPercentageError other)
    {
        ArgumentNullException.ThrowIfNull(other);
        sum += other.sum;
        Count += other.Count;
    }
}
