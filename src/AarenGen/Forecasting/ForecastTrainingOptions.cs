using static AarenGen.OptionChecks;
using static AarenGen.TaskOptionChecks;

namespace AarenGen;

/// <summary>How to train from records: which part of time is for what, and how series are cut into sequences.</summary>
public sealed record ForecastTrainingOptions
{
    /// <summary>
    /// The fraction of all intervals of all series, the latest ones, that decides which epoch was best; 0 to below 1. 0.2 by default; 0
    /// for none. <see cref="TrainUntil"/> overrides it.
    /// </summary>
    public double ValidationFraction { get; init; } = 0.2;

    /// <summary>
    /// Intervals that end until then are trained on, of all series; null, the default: <see cref="ValidationFraction"/> decides. What comes
    /// later is for validation.
    /// </summary>
    public DateTimeOffset? TrainUntil { get; init; }

    /// <summary>
    /// Later intervals are for nothing, so that a part remains for a test; null, the default: all are used. Values known ahead are read
    /// beyond it, as they would be known.
    /// </summary>
    public DateTimeOffset? ValidateUntil { get; init; }

    /// <summary>
    /// Tokens of a sequence in training, at least 1 and at least a patch of a model with <c>[Patch]</c>; null, the default: four horizons,
    /// but 64 to 1,024, and at least four patches. A series that is shorter is one sequence.
    /// </summary>
    public int? WindowLength { get; init; }

    /// <summary>
    /// Intervals from one sequence's beginning to the next, at least 1, or less, so that the last one ends with its part and all begin
    /// evenly; null, the default: half a window, or less where a patch takes more than the other half, so that outputs are as dense as in a
    /// stream.
    /// </summary>
    public int? Stride { get; init; }

    /// <summary>
    /// How to train; null, the default: as <see cref="TrainingOptions"/> does by default, but, where sequences are few, with smaller
    /// batches: an epoch has 16 steps where there are as many sequences. Where there are data for validation, training has a
    /// <see cref="TrainingOptions.Patience"/> of 5 epochs, and at least as many epochs as make 1,000 steps.
    /// </summary>
    public TrainingOptions? Training { get; init; }

    internal void Validate(TokenShape shape)
    {
        CheckValidationFraction(ValidationFraction);
        Check(WindowLength is null || WindowLength >= shape.PatchLength, WindowLength,
            shape.PatchLength == 1 ? "at least 1" : FormattableString.Invariant($"at least {shape.PatchLength}, a patch"),
            nameof(WindowLength));
        Check(Stride is null or >= 1, Stride, "at least 1", nameof(Stride));
        CheckEnds(TrainUntil, ValidateUntil);
    }

    internal int WindowLengthFor(int horizon, TokenShape shape) =>
        WindowLength ?? (int)Math.Max(Math.Clamp(4L * horizon, 64, 1024), 4L * shape.PatchLength);
}
