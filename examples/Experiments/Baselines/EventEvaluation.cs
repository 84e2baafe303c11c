using AarenGen;

namespace Experiments;

/// <summary>Scores of predicting each event from those before it.</summary>
/// <param name="Events">Number of scored events: all except the first of each sequence, which has no interval.</param>
/// <param name="IntervalNats">Mean negative log-density of the interval, in nats per event; depends on the times' unit.</param>
/// <param name="MarkNats">Mean negative log-probability of the mark, in nats per event; null: no marks.</param>
/// <param name="IntervalRootMeanSquared">Root mean squared error of the interval predicted by the distribution's mean, in the times'
/// unit.</param>
/// <param name="MarkAccuracy">Fraction of marks predicted correctly; null: no marks.</param>
internal sealed record EventScore(long Events, double IntervalNats, double? MarkNats, double IntervalRootMeanSquared, double? MarkAccuracy)
{
    /// <summary>Negative log-likelihood in nats per event: of the interval plus, where there are marks, of the mark.</summary>
    public double Nats => IntervalNats + (MarkNats ?? 0);

    public static EventScore Of(EventScores scores) => new(
        scores.WaitCount, -scores.WaitLogLikelihood, scores.MarkCount == 0 ? null : -scores.MarkLogLikelihood,
        scores.RootMeanSquaredWaitError, scores.MarkCount == 0 ? null : scores.MarkAccuracy);
}

/// <summary>Scores baselines on events.</summary>
internal static class EventEvaluation
{
    /// <summary>
    /// Scores every event except the first of each sequence. The time after the last event of a sequence is not scored, because the
    /// files do not say how long it was observed.
    /// </summary>
    /// <param name="intervals">The predictor of intervals.</param>
    /// <param name="marks">The predictor of marks; null: marks are not scored.</param>
    /// <param name="sequences">The part to score.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="ArgumentException">There is no event to score; marks are to be scored and a sequence has none, or one out of
    /// range.</exception>
    public static EventScore Run(
        IIntervalBaseline intervals, IMarkBaseline? marks, IReadOnlyList<EventSequence> sequences, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(intervals);
        ArgumentNullException.ThrowIfNull(sequences);
        var scores = new EventScores();
        double mean = intervals.Mean;
        foreach (double interval in sequences.SelectMany(static s => s.Intervals))
        {
            cancellation.ThrowIfCancellationRequested();
            scores.AddWait(intervals.LogDensity(interval), mean, interval);
        }
        if (scores.WaitCount == 0)
        {
            throw new ArgumentException("No sequence has two events, so there is nothing to score; give longer ones.", nameof(sequences));
        }
        if (marks is null)
        {
            return EventScore.Of(scores);
        }
        foreach ((int previous, int next) in MarkPairs.All(sequences, marks.Kinds))
        {
            cancellation.ThrowIfCancellationRequested();
            scores.AddMark(marks.LogProbability(previous, next), marks.Predict(previous) == next);
        }
        return EventScore.Of(scores);
    }
}
