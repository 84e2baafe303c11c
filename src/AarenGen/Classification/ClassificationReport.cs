namespace AarenGen;

/// <summary>The result of a training from labelled records.</summary>
/// <param name="Training">Losses, times, the best epoch.</param>
/// <param name="Sequences">Sequences that were trained on.</param>
/// <param name="Unlabelled">Sequences without a label, which were left out.</param>
/// <param name="Validation">The scores of the weights that remain over the sequences for validation; null: there were none.</param>
public sealed record ClassificationReport(TrainingReport Training, int Sequences, int Unlabelled, ClassificationScores? Validation)
{
    /// <summary>The sequences, the epochs, the scores.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"trained on {Sequences} sequences")
        + (Unlabelled > 0 ? FormattableString.Invariant($", {Unlabelled} without a label left out") : "")
        + $"\n{Training}" + (Validation is null ? "" : $"\nvalidation: {Validation}");
}
