namespace Experiments;

/// <summary>Running mean of -log p, in nats.</summary>
internal sealed class NegativeLogLikelihood
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
    public void Add(double logProbability)
    {
        sum -= logProbability;
        Count++;
    }
}
