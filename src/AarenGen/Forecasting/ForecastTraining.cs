namespace AarenGen;

/// <summary>Trains a model on series of a regular grid.</summary>
internal static class ForecastTraining
{
    private const int DefaultPatience = 5;

    /// <exception cref="ArgumentException">There is nothing to train on, or nothing to validate with.</exception>
    public static async Task<ForecastReport> Run<TModel>(
        TModel model, ForecastLayout layout, IReadOnlyList<RegularSeries> series, ForecastTrainingOptions options,
        bool yields, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        if (series.Count == 0)
        {
            throw new ArgumentException("There are no records.");
        }
        var split = new ForecastSplit(layout, series, options);
        if (split.Train.Count == 0 || !split.Train.HasTargets())
        {
            throw new ArgumentException(
                "No target lies in the part for training: give more records, or a later TrainUntil.");
        }
        bool isValidated = options.TrainUntil is not null || options.ValidationFraction > 0;
        if (isValidated && split.Validation?.HasTargets() != true)
        {
            throw new ArgumentException(
                "No target lies in the part for validation: give more records, an earlier TrainUntil, or a ValidationFraction of 0.");
        }
        ForecastSequences? validation = isValidated ? split.Validation : null;
        TrainingOptions training = options.Training
            ?? TaskTraining.Defaults(split.Train.Count, validation is null ? null : DefaultPatience);
        TrainingReport report = await TaskTraining.Fit(
            model, split.Train, validation, split.EndOf(isValidated), training, yields, progress, cancellation);
        return new(
            report, ForecastReport.Lines(series), validation is null ? null : layout.Grid.StartOf(split.Cut),
            validation is null ? [] : ForecastErrors.Of(model, validation, training.Threads, cancellation));
    }
}
