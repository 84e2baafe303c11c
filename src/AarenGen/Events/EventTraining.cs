namespace AarenGen;

/// <summary>Trains a model on series of events, and scores one.</summary>
internal static class EventTraining
{
    /// <summary>Tokens that are computed at once: memory does not grow with the series.</summary>
    private const int ChunkTokens = 1024;
    private const int DefaultPatience = 5;

    /// <summary>
    /// The expected wait is that of the waits up to this quantile, which limits the others: log-normal tails have means far beyond anything
    /// that happens.
    /// </summary>
    private const double LimitingQuantile = 0.999;

    /// <exception cref="ArgumentException">There is nothing to train on, or nothing to validate with.</exception>
    public static TrainingReport Fit<TModel>(
        TModel model, EventSequences train, EventSequences? validation, TrainingOptions? options, IProgress<TrainingProgress>? progress,
        CancellationToken cancellation)
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
        return TaskTraining.Fit(model, train, validation, last, training, progress, cancellation);
    }

    /// <summary>Scores every event from a moment on, but the first of each series, which no wait leads to.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static EventScores Evaluate<TModel>(
        TModel model, EventLayout layout, IReadOnlyList<RecordSequence> series, long from, CancellationToken cancellation)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var parts = new EventScores[series.Count];
        Parallel.For(
            0, series.Count, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount },
            i => parts[i] = Evaluate(model, layout, series[i], from));
        // In order, so that sums are the same for any number of threads.
        var scores = new EventScores();
        foreach (EventScores part in parts)
        {
            scores.Merge(part);
        }
        return scores.WaitCount > 0 ? scores
            : throw new ArgumentException(
                "No event has one before it, so there is nothing to score; give longer series, or an earlier moment.");
    }

    private static EventScores Evaluate<TModel>(TModel model, EventLayout layout, RecordSequence series, long from)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        var scores = new EventScores();
        int firstScored = series.FirstScored(from), length = firstScored < series.Count ? series.Count - 1 : 0;
        int chunk = Math.Min(length, ChunkTokens);
        StreamState<TModel> state = model.CreateStateOf(layout.StatisticsOf(series.Key));
        float[] tokens = new float[chunk * layout.Description.InputWidth], outputs = new float[chunk * layout.Description.OutputWidth];
        for (int first = 0; first < length; first += chunk)
        {
            int count = Math.Min(chunk, length - first);
            Span<float> read = tokens.AsSpan(0, count * layout.Description.InputWidth);
            EventSequences.ReadTokens(layout, series, first, read);
            model.Forward(state, read, outputs.AsSpan(0, count * layout.Description.OutputWidth));
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<float> output = outputs.AsSpan(i * layout.Description.OutputWidth, layout.Description.OutputWidth);
                int next = first + i + 1;
                if (next < firstScored)
                {
                    continue;
                }
                double wait = layout.Wait(series.Times[next] - series.Times[next - 1]);
                LogNormalMixturePrediction predicted = layout.Wait(output);
                scores.AddWait(predicted.LogDensity(wait), predicted.LimitedMean(predicted.Quantile(LimitingQuantile)), wait);
                double mark = layout.Mark(series.Values(next));
                if (!double.IsNaN(mark))
                {
                    CategoricalPrediction marks = layout.Mark(output);
                    scores.AddMark(marks.LogProbability((int)mark), marks.MostLikely == (int)mark);
                }
            }
        }
        return scores;
    }
}
