namespace AarenGen;

/// <summary>What the trainings of all tasks share.</summary>
internal static class TaskTraining
{
    private const int StepsOfEpoch = 16, MinSteps = 1000;

    /// <summary>
    /// The defaults: of few sequences a batch must not take all. An epoch has few steps then, so there are more of them, where data for
    /// validation say when to stop.
    /// </summary>
    /// <param name="sequences">Sequences that are trained on, 1 or more.</param>
    /// <param name="patience">Epochs without progress after which training stops; null without data for validation.</param>
    public static TrainingOptions Defaults(int sequences, int? patience)
    {
        var options = new TrainingOptions();
        int batch = Math.Clamp(sequences / StepsOfEpoch, 1, options.BatchSize), steps = (sequences + batch - 1) / batch;
        return options with
        {
            Patience = patience,
            BatchSize = batch,
            Epochs = patience is null ? options.Epochs : Math.Max(options.Epochs, (MinSteps + steps - 1) / steps),
        };
    }

    /// <summary>
    /// Draws a fraction of each group of what there is for validation; one of each group at least remains for training.
    /// </summary>
    /// <param name="all">Sequences, or episodes.</param>
    /// <param name="group">The group of one.</param>
    /// <param name="fraction">The fraction, 0 to below 1.</param>
    /// <param name="seed">Decides which.</param>
    /// <returns>Both parts, in the order of all.</returns>
    public static (IReadOnlyList<T> Train, IReadOnlyList<T> Validation) Divide<T>(
        IReadOnlyList<T> all, Func<T, int> group, double fraction, int seed)
    {
        var random = new Random(seed);
        var validation = new HashSet<int>();
        foreach (IGrouping<int, int> members in Enumerable.Range(0, all.Count).GroupBy(i => group(all[i])).OrderBy(static g => g.Key))
        {
            int[] indices = [.. members];
            random.Shuffle(indices);
            validation.UnionWith(indices.Take(Math.Min(indices.Length - 1, (int)Math.Round(fraction * indices.Length))));
        }
        return ([.. all.Where((_, i) => !validation.Contains(i))], [.. all.Where((_, i) => validation.Contains(i))]);
    }

    /// <summary>Trains a model, which then knows until when its data went.</summary>
    /// <param name="model">The model.</param>
    /// <param name="train">What is trained on.</param>
    /// <param name="validation">What decides which epoch was best; null: nothing.</param>
    /// <param name="end">The end of both.</param>
    /// <param name="options">How to train.</param>
    /// <param name="yields">Whether the caller's thread gets control back between optimiser steps.</param>
    /// <param name="progress">Receives reports; null: none.</param>
    /// <param name="cancellation">Stops.</param>
    public static Task<TrainingReport> Fit<TModel>(
        TModel model, SequenceData train, SequenceData? validation, DateTimeOffset end, TrainingOptions options,
        bool yields, IProgress<TrainingProgress>? progress, CancellationToken cancellation)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        DateTimeOffset until = model.DataEnd is { } before && before > end ? before : end;
        return model.FitTask(train, validation, options, until, model.ReturnScale, yields, progress, cancellation);
    }
}
