namespace AarenGen;

/// <summary>
/// The predicted label of a sequence, with the probability of each label. That of a stream is a view of its last outputs: it is valid until
/// the stream takes another record, is reset or loaded; afterwards reading it is an <see cref="InvalidOperationException"/>. That of
/// <c>Classify</c> stays valid.
/// </summary>
/// <typeparam name="TLabel">The type of labels.</typeparam>
public readonly struct Classification<TLabel> where TLabel : notnull
{
    private readonly ClassLabels<TLabel>? labels;
    private readonly SeriesCore? core;
    private readonly long version;
    private readonly float[]? own;

    internal Classification(ClassLabels<TLabel> labels, SeriesCore core) =>
        (this.labels, this.core, version) = (labels, core, core.Version);

    internal Classification(ClassLabels<TLabel> labels, float[] outputs) => (this.labels, own) = (labels, outputs);

    /// <summary>The most probable label; the first one in a tie.</summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public TLabel Label => Prediction.MostLikely;

    /// <summary>The probability of <see cref="Label"/>.</summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public double Confidence => Prediction.Confidence;

    private LabelledPrediction<TLabel> Prediction => new(
        labels ?? throw new InvalidOperationException("This is no classification but the default value of its type; take one from Step."),
        new(own is not null ? own : SeriesCore.Check(core, version, "classification").Outputs));

    /// <summary>The probability of a label.</summary>
    /// <param name="label">One of the model's labels.</param>
    /// <exception cref="ArgumentException">The model has no such label.</exception>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public double Probability(TLabel label) => Prediction.Probability(label);

    /// <summary>All labels with their probabilities, the most probable first; of equal ones, in the order of the classes.</summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public IReadOnlyList<(TLabel Label, double Probability)> Rank() => Prediction.Rank();

    /// <summary>The label and its probability.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Convert.ToString(Label, System.Globalization.CultureInfo.InvariantCulture)} ({Confidence:P1})");
}
