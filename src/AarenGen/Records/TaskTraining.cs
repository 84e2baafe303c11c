namespace AarenGen;

/// <summary>How tasks are trained where the user says nothing.</summary>
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
}
