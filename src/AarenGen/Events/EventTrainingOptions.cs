using static AarenGen.OptionChecks;
using static AarenGen.TaskOptionChecks;

namespace AarenGen;

/// <summary>How to train on events: which part of time is for what, and how series are cut into sequences.</summary>
public sealed record EventTrainingOptions
{
    /// <summary>
    /// The fraction of all events of all series, the latest ones, that decides which epoch was best; 0 to below 1. 0.2 by default; 0 for
    /// none. <see cref="TrainUntil"/> overrides it. Of no effect where records for validation are given.
    /// </summary>
    public double ValidationFraction { get; init; } = 0.2;

    /// <summary>
    /// Events before this moment are trained on, of all series, and later ones are for validation; null, the default:
    /// <see cref="ValidationFraction"/> decides. Of no effect where records for validation are given.
    /// </summary>
    public DateTimeOffset? TrainUntil { get; init; }

    /// <summary>
    /// Events from this moment on are for nothing, so that a part remains for a test; null, the default: all are used.
    /// </summary>
    public DateTimeOffset? ValidateUntil { get; init; }

    /// <summary>
    /// Events of a sequence in training, at least 1; 512 by default. Longer series are cut; from the second piece on, the first half is
    /// history, which is not trained on.
    /// </summary>
    public int WindowLength { get; init; } = 512;

    /// <summary>
    /// How to train; null, the default: as <see cref="TrainingOptions"/> does by default, but, where sequences are few, with smaller
    /// batches: an epoch has 16 steps where there are as many sequences. Where there are data for validation, training has a
    /// <see cref="TrainingOptions.Patience"/> of 5 epochs, and at least as many epochs as make 1,000 steps.
    /// </summary>
    public TrainingOptions? Training { get; init; }

    internal void Validate()
    {
        CheckValidationFraction(ValidationFraction);
        Check(WindowLength >= 1, WindowLength, "at least 1", nameof(WindowLength));
        CheckEnds(TrainUntil, ValidateUntil);
    }
}
