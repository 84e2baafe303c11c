namespace AarenGen.Training;

/// <summary>The learning rate: linear from 0 in the warm-up, then half a cosine down to its final fraction.</summary>
internal static class Schedule
{
    /// <param name="options">Highest rate, warm-up and final fraction.</param>
    /// <param name="step">The step, from 1.</param>
    /// <param name="steps">All steps.</param>
    public static double LearningRate(TrainingOptions options, long step, long steps)
    {
        long warmup = options.WarmupSteps ?? steps / 20;
        if (step <= warmup)
        {
            return options.LearningRate * step / warmup;
        }
        double done = (double)(step - warmup) / Math.Max(1, steps - warmup);
        return options.LearningRate * (options.FinalLearningRateFraction + (1 - options.FinalLearningRateFraction) * 0.5
            * (1 + Math.Cos(Math.PI * Math.Min(1, done))));
    }
}
