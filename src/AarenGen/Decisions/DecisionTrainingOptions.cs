using static AarenGen.OptionChecks;
using static AarenGen.TaskOptionChecks;

namespace AarenGen;

/// <summary>How to train a model that decides from logged episodes.</summary>
public sealed record DecisionTrainingOptions
{
    /// <summary>
    /// The fraction of the episodes that decides which epoch was best; 0 to below 1. 0.2 by default; 0 for none. They are drawn by
    /// <see cref="TrainingOptions.Seed"/>. One episode at least is trained on. Of no effect where records for validation are given.
    /// </summary>
    public double ValidationFraction { get; init; } = 0.2;

    /// <summary>
    /// Steps of a window; 1 or more, 100 by default. Episodes that are not longer are trained on whole, from their first step, as they are
    /// lived. Longer ones are cut into windows that overlap by half; a mixer that forgets then goes on beyond a window.
    /// </summary>
    public int WindowSteps { get; init; } = 100;

    /// <summary>
    /// How to train; null, the default: as <see cref="TrainingOptions"/> does by default, but, where windows are few, with smaller batches:
    /// an epoch has 16 steps where there are as many windows. Where there are data for validation, training has a
    /// <see cref="TrainingOptions.Patience"/> of 10 epochs, and at least as many epochs as make 1,000 steps.
    /// </summary>
    public TrainingOptions? Training { get; init; }

    internal void Validate()
    {
        CheckValidationFraction(ValidationFraction);
        Check(WindowSteps >= 1, WindowSteps, "at least 1", nameof(WindowSteps));
    }
}
