namespace AarenGen;

/// <summary>
/// Running scores of predicted events: how likely waits and marks were, how far the expected wait was off, how many marks were right.
/// Not thread-safe; give each thread its own and <see cref="Merge"/> them.
/// </summary>
/// <remarks>
/// The likelihood of an event is that of its wait times that of its mark, so that a marked temporal point process has the log-likelihood
/// <see cref="WaitLogLikelihood"/> + <see cref="MarkLogLikelihood"/> an event. Source: Du et al., Recurrent Marked Temporal Point
/// Processes, KDD 2016.
/// </remarks>
public sealed class EventScores
{
    private readonly NegativeLogLikelihood waits = new(), marks = new();
    private readonly PointError errors = new();
    private long hits;

    /// <summary>Number of scored waits.</summary>
    public long WaitCount => waits.Count;

    /// <summary>Number of scored marks.</summary>
    public long MarkCount => marks.Count;

    /// <summary>Mean logarithm of the predicted density of the wait, in nats; NaN before the first.</summary>
    public double WaitLogLikelihood => -waits.Mean;

    /// <summary>Mean logarithm of the predicted probability of the mark, in nats; NaN before the first.</summary>
    public double MarkLogLikelihood => -marks.Mean;

    /// <summary>Mean of |expected wait - wait|; NaN before the first.</summary>
    public double MeanAbsoluteWaitError => errors.MeanAbsolute;

    /// <summary>Square root of the mean of (expected wait - wait)²; NaN before the first.</summary>
    public double RootMeanSquaredWaitError => errors.RootMeanSquared;

    /// <summary>The fraction of marks that were the most likely one; NaN before the first.</summary>
    public double MarkAccuracy => hits / (double)marks.Count;

    /// <summary>Scores the time until an event.</summary>
    /// <param name="logDensity">The logarithm of the predicted density at the wait.</param>
    /// <param name="expected">The expected wait.</param>
    /// <param name="wait">The wait that came; NaN: missing.</param>
    public void AddWait(double logDensity, double expected, double wait)
    {
        waits.Add(logDensity, wait);
        errors.Add(expected, wait);
    }

    /// <summary>Scores the mark of an event.</summary>
    /// <param name="logProbability">The logarithm of the predicted probability of the mark that came.</param>
    /// <param name="isMostLikely">Whether that mark was the most likely one.</param>
    public void AddMark(double logProbability, bool isMostLikely)
    {
        marks.Add(logProbability);
        hits += isMostLikely ? 1 : 0;
    }

    /// <summary>Adds what another one scored.</summary>
    /// <param name="other">It stays as it is.</param>
    public void Merge(EventScores other)
    {
        ArgumentNullException.ThrowIfNull(other);
        waits.Merge(other.waits);
        marks.Merge(other.marks);
        errors.Merge(other.errors);
        hits += other.hits;
    }
}
