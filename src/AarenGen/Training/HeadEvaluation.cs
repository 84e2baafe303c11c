namespace AarenGen;

/// <summary>How well one head of a model does on some data. Immutable.</summary>
public sealed record HeadEvaluation
{
    /// <summary>The head's name; "output" where there is but one head, unnamed.</summary>
    public required string Name { get; init; }

    /// <summary>Its loss in words.</summary>
    public required string Loss { get; init; }

    /// <summary>
    /// The mean of its loss over the values that are there, weighted as the data say, without the head's own weight; as trained, so of
    /// standardised targets with <c>[Standardize]</c>. NaN where no value is there.
    /// </summary>
    public required double MeanLoss { get; init; }

    /// <summary>Number of values that are there and whose token has a weight above 0.</summary>
    public required long Count { get; init; }

    /// <summary>
    /// The errors of the predicted values, medians where the head predicts distributions, in the targets' units and over these values, each
    /// with the weight 1. Null for classes and for mixtures, whose single value depends on its use.
    /// </summary>
    public PointError? Errors { get; init; }

    /// <summary>True classes against the most likely ones, each with the weight 1; null for other heads.</summary>
    public ConfusionMatrix? Classes { get; init; }

    /// <summary>The head in one line: its loss, and its errors or its accuracy.</summary>
    public override string ToString() => FormattableString.Invariant($"{Name}: {Loss} {MeanLoss:G5} over {Count} values")
        + (Errors is { } e ? FormattableString.Invariant($", MAE {e.MeanAbsolute:G5}, RMSE {e.RootMeanSquared:G5}") : "")
        + (Classes is { } c ? FormattableString.Invariant($", accuracy {c.Accuracy:F4}, macro F1 {c.MacroF1:F4}") : "");
}
