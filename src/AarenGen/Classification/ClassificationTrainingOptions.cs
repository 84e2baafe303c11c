namespace AarenGen;

/// <summary>How to train a classification from records.</summary>
public sealed record ClassificationTrainingOptions
{
    /// <summary>
    /// The fraction of the sequences of each label that decides which epoch was best; 0 to below 1. 0.2 by default; 0 for none. They are
    /// drawn by <see cref="TrainingOptions.Seed"/>. One sequence of each label at least is trained on. Of no effect where records for
    /// validation are given.
    /// </summary>
    public double ValidationFraction { get; init; } = 0.2;

    /// <summary>
    /// How to train; null, the default: as <see cref="TrainingOptions"/> does by default, but, where sequences are few, with smaller
    /// batches: an epoch has 16 steps where there are as many sequences. Where there are data for validation, training has a
    /// <see cref="TrainingOptions.Patience"/> of 10 epochs, and at least as many epochs as make 1,000 steps.
    /// </summary>
    public TrainingOptions? Training { get; init; }

    internal void Validate() => TaskOptionChecks.CheckValidationFraction(ValidationFraction);
}
