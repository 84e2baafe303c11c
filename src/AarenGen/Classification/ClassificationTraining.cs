namespace AarenGen;

/// <summary>Trains a model on labelled sequences, and scores one.</summary>
internal static class ClassificationTraining
{
    /// <summary>Tokens that are computed at once: memory does not grow with the sequence.</summary>
    private const int ChunkTokens = 1024;
    private const int DefaultPatience = 10;

    /// <exception cref="ArgumentException">There is nothing to train on, or nothing to validate with.</exception>
    public static TrainingReport Fit<TModel>(
        TModel model, LabelledSequences train, LabelledSequences? validation, TrainingOptions? options,
        IProgress<TrainingProgress>? progress, CancellationToken cancellation)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        if (train.Count == 0)
        {
            throw new ArgumentException("No sequence has a label, so there is nothing to train on.");
        }
        if (validation is { Count: 0 })
        {
            throw new ArgumentException(
                "No sequence is left for validation: give more records, a larger ValidationFraction, or one of 0 for none.");
        }
        TrainingOptions training = options ?? TaskTraining.Defaults(train.Count, validation is null ? null : DefaultPatience);
        return model.Fit(train, validation, training, progress, cancellation);
    }

    /// <exception cref="ArgumentException">No sequence has a label.</exception>
    public static ClassificationScores Evaluate<TModel>(
        TModel model, LabelledSequences data, IReadOnlyList<string> names, int unlabelled, CancellationToken cancellation)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        if (data.Count == 0)
        {
            throw new ArgumentException("No sequence has a label, so there is nothing to score.");
        }
        var predicted = new int[data.Count];
        var logs = new double[data.Count];
        Parallel.For(
            0, data.Count, new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount },
            model.CreateState,
            (i, _, state) =>
            {
                float[] outputs = new float[data.Layout.Classes];
                Run(model, state, (first, tokens) => data.ReadTokens(i, first, tokens), data.GetLength(i), outputs);
                var prediction = new CategoricalPrediction(outputs);
                (predicted[i], logs[i]) = (prediction.MostLikely, prediction.LogProbability(data.Label(i)));
                return state;
            },
            static _ => { });
        // In order, so that sums are the same for any number of threads.
        var matrix = new ConfusionMatrix(data.Layout.Classes);
        var likelihood = new NegativeLogLikelihood();
        for (int i = 0; i < predicted.Length; i++)
        {
            matrix.Add(data.Label(i), predicted[i]);
            likelihood.Add(logs[i]);
        }
        return new(names, matrix, likelihood.Mean, unlabelled);
    }

    /// <summary>Writes the last outputs of a whole sequence.</summary>
    /// <param name="model">The model.</param>
    /// <param name="state">A state to use; what is in it is forgotten.</param>
    /// <param name="readTokens">Writes tokens from one on.</param>
    /// <param name="length">Tokens of the sequence, a patch at least.</param>
    /// <param name="outputs">[OutputWidth], overwritten.</param>
    public static void Run<TModel>(
        TModel model, StreamState<TModel> state, Action<int, Span<float>> readTokens, int length, Span<float> outputs)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        TokenShape shape = description.Tokens;
        int chunk = Math.Min(length, ChunkTokens), last = shape.GetSampleIndex(shape.GetOutputCount(length) - 1);
        float[] tokens = new float[chunk * description.InputWidth], written = new float[chunk * description.OutputWidth];
        state.Reset();
        for (int first = 0; first < length; first += chunk)
        {
            int count = Math.Min(chunk, length - first);
            Span<float> read = tokens.AsSpan(0, count * description.InputWidth);
            readTokens(first, read);
            model.Forward(state, read, written.AsSpan(0, count * description.OutputWidth));
            if (last >= first && last < first + count)
            {
                written.AsSpan((last - first) * description.OutputWidth, description.OutputWidth).CopyTo(outputs);
            }
        }
    }
}
