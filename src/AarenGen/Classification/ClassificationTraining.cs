namespace AarenGen;

/// <summary>Trains a model on labelled sequences, and scores one.</summary>
internal static class ClassificationTraining
{
    private const int DefaultPatience = 10;

    /// <exception cref="ArgumentException">There is nothing to train on, or nothing to validate with.</exception>
    public static Task<TrainingReport> Fit<TModel>(
        TModel model, LabelledSequences train, LabelledSequences? validation, TrainingOptions? options,
        bool yields, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
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
        return model.FitTask(train, validation, training, model.DataEnd, model.ReturnScale, yields, progress, cancellation);
    }

    /// <exception cref="ArgumentException">No sequence has a label.</exception>
    public static ClassificationScores Evaluate<TModel>(
        TModel model, LabelledSequences data, IReadOnlyList<string> names, int unlabelled, int threads, CancellationToken cancellation)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        if (data.Count == 0)
        {
            throw new ArgumentException("No sequence has a label, so there is nothing to score.");
        }
        (int Class, double LogProbability)[] predicted = SequenceRunner<TModel>.Score(
            model, data.Count, threads, (runner, i) =>
            {
                var prediction = new CategoricalPrediction(Run(runner, data, i));
                return (prediction.MostLikely, prediction.LogProbability(data.Label(i)));
            },
            cancellation);
        var matrix = new ConfusionMatrix(data.Layout.Classes);
        var likelihood = new NegativeLogLikelihood();
        for (int i = 0; i < predicted.Length; i++)
        {
            matrix.Add(data.Label(i), predicted[i].Class);
            likelihood.Add(predicted[i].LogProbability);
        }
        return new(names, matrix, likelihood.Mean, unlabelled);
    }

    /// <summary>The output of a whole sequence, which is its last.</summary>
    public static float[] Run<TModel>(SequenceRunner<TModel> runner, LabelledSequences data, int index)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        float[] last = new float[data.Layout.Classes];
        runner.Run(data, index, (_, output) => output.CopyTo(last));
        return last;
    }
}
