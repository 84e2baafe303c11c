namespace Experiments;

/// <summary>Running mean of -log p, in nats.</summary>
internal sealed class NegativeLogLikelihood
{
    private double sum;

    /// <summary>How many outcomes were scored.</summary>
    public long Count { get; private set; }

    /// <summary>
    /// Nats an outcome; NaN before the first, positive infinity where one had probability 0. For a density it depends on the unit:
    /// in a unit c times as long it is log(c) smaller.
    /// </summary>
    public double Mean => sum / Count;

    /// <summary>Scores an outcome by the natural logarithm of its probability or density.</summary>
    public void Add(double logProbability)
    {
        sum -= logProbability;
        Count++;
    }
}
