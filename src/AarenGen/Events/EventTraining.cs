namespace AarenGen;

/// <summary>Trains a model on series of events, and scores one.</summary>
internal static class EventTraining
{
    private const int DefaultPatience = 5;

    /// <summary>
    /// The expected wait is that of the waits up to this quantile, which limits the others: log-normal tails have means far beyond anything
    /// that happens.
    /// </summary>
    private const double LimitingQuantile = 0.999;

    /// <exception cref="ArgumentException">There is nothing to train on, or nothing to validate with.</exception>
    public static Task<TrainingReport> Fit<TModel>(
        TModel model, EventSequences train, EventSequences? validation, TrainingOptions? options, bool yields,
        IProgress<TrainingProgress>? progress, CancellationToken cancellation)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        if (train.Count == 0)
        {
            throw new ArgumentException(
                "No series has two events in the part for training, so there is no wait in it: give more events, or a later TrainUntil.");
        }
        if (validation is { Count: 0 })
        {
            throw new ArgumentException(
                "No series has two events in the part for validation: give more events, an earlier TrainUntil, or a ValidationFraction "
                + "of 0 for none.");
        }
        TrainingOptions training = options ?? TaskTraining.Defaults(train.Count, validation is null ? null : DefaultPatience);
        DateTimeOffset last = new(Math.Max(train.LastTime, validation?.LastTime ?? 0), TimeSpan.Zero);
        return TaskTraining.Fit(model, train, validation, last, training, yields, progress, cancellation);
    }

    /// <summary>Scores every event from a moment on, but the first of each series, which no wait leads to.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static EventScores Evaluate<TModel>(
        TModel model, EventLayout layout, IReadOnlyList<RecordSequence> series, long from, CancellationToken cancellation)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        RecordSequence[] scored = [.. series.Where(s => s.FirstScored(from) < s.Count)];
        var data = EventSequences.Of(layout, scored);
        EventScores[] parts = SequenceRunner<TModel>.Score(
            model, scored.Length, Environment.ProcessorCount, (runner, i) =>
            {
                var own = new EventScores();
                int firstScored = scored[i].FirstScored(from);
                runner.Run(data, i, (token, output) =>
                {
                    // The output after a token predicts the next one.
                    if (token + 1 >= firstScored)
                    {
                        Score(own, layout, scored[i], token + 1, output);
                    }
                });
                return own;
            },
            cancellation);
        var scores = new EventScores();
        foreach (EventScores part in parts)
        {
            scores.Merge(part);
        }
        return scores.WaitCount > 0 ? scores
            : throw new ArgumentException(
                "No event has one before it, so there is nothing to score; give longer series, or an earlier moment.");
    }

    private static void Score(EventScores scores, EventLayout layout, RecordSequence series, int index, ReadOnlySpan<float> output)
    {
        double wait = layout.Wait(series.Times[index] - series.Times[index - 1]);
        LogNormalMixturePrediction predicted = layout.Wait(output);
        scores.AddWait(predicted.LogDensity(wait), predicted.LimitedMean(predicted.Quantile(LimitingQuantile)), wait);
        double mark = layout.Mark(series.Values(index));
        if (!double.IsNaN(mark))
        {
            CategoricalPrediction marks = layout.Mark(output);
            scores.AddMark(marks.LogProbability((int)mark), marks.MostLikely == (int)mark);
        }
    }
}
