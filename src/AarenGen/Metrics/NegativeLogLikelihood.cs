namespace AarenGen;

/// <summary>
/// Running mean of -log p, in nats. Not thread-safe; give each thread its own and <see cref="Merge"/> them.
/// </summary>
public sealed class NegativeLogLikelihood
{
    private double sum;

    /// <summary>Number of scored outcomes.</summary>
    public long Count { get; private set; }

    /// <summary>
    /// Nats per outcome; NaN before the first, positive infinity if one had probability 0. For a density it depends on the unit:
    /// in a unit c times as long it is smaller by log(c).
    /// </summary>
    public double Mean => sum / Count;

    /// <summary>Scores an outcome by the natural logarithm of its probability or density.</summary>
    /// <param name="logProbability">The logarithm. NaN is no missing truth: it makes the mean NaN.</param>
    public void Add(double logProbability)
    {
        sum -= logProbability;
        Count++;
    }

    /// <summary>Scores an outcome, unless it is missing.</summary>
    /// <param name="logProbability">The natural logarithm of its probability or density.</param>
    /// <param name="truth">The outcome; NaN: it is missing, and left out.</param>
    public void Add(double logProbability, double truth)
    {
        if (!double.IsNaN(truth))
        {
            Add(logProbability);
        }
    }

    /// <summary>Adds what another one scored.</summary>
    /// <param name="other">It stays as it is.</param>
    public void Merge(NegativeLogLikelihood other)
    {
        ArgumentNullException.ThrowIfNull(other);
        sum += other.sum;
        Count += other.Count;
    }
}
