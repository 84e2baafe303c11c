namespace AarenGen;

/// <summary>The predicted distribution of one value, whatever its loss: a view, valid as long as the output is.</summary>
public readonly ref struct PredictedDistribution
{
    private readonly LossKind kind;
    private readonly ReadOnlySpan<float> output, levels;
    private readonly int index;

    /// <param name="kind">The loss, one with a distribution.</param>
    /// <param name="levels">Its levels, where it has some.</param>
    /// <param name="output">The outputs of the head, of one channel.</param>
    /// <param name="index">Which of its values, from 0 to below their number.</param>
    internal PredictedDistribution(LossKind kind, ReadOnlySpan<float> levels, ReadOnlySpan<float> output, int index)
    {
        this.kind = kind;
        this.levels = levels;
        this.output = output;
        this.index = Arguments.CheckIndex(index, output.Length / SegmentCount(kind, levels.Length));
    }

    /// <summary>The mean. Infinite or NaN only where the outputs are.</summary>
    /// <remarks>Of <c>[StudentT]</c> the location, which is the mean where the degrees of freedom are above 1.</remarks>
    /// <exception cref="InvalidOperationException">This is the default value, not a prediction.</exception>
    public double Mean => kind switch
    {
        LossKind.Quantiles => Quantiles.Mean(index),
        LossKind.Gaussian => Gaussian.Mean(index),
        LossKind.StudentT => StudentT.Mean(index),
        _ => throw NoPrediction(),
    };

    /// <summary>The value below which the truth lies with probability ½.</summary>
    /// <exception cref="InvalidOperationException">This is the default value, not a prediction.</exception>
    public double Median => kind switch
    {
        LossKind.Quantiles => Quantiles.Quantile(0.5, index),
        LossKind.Gaussian => Gaussian.Mean(index),
        LossKind.StudentT => StudentT.Mean(index),
        _ => throw NoPrediction(),
    };

    private QuantilePrediction Quantiles => new(output, levels);

    private GaussianPrediction Gaussian => new(output);

    private StudentTPrediction StudentT => new(output);

    /// <summary>The value below which the truth lies with a probability.</summary>
    /// <param name="probability">Above 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability is out of range.</exception>
    /// <exception cref="InvalidOperationException">This is the default value, not a prediction.</exception>
    public double Quantile(double probability) => kind switch
    {
        LossKind.Quantiles => Quantiles.Quantile(probability, index),
        LossKind.Gaussian => Gaussian.Quantile(probability, index),
        LossKind.StudentT => StudentT.Quantile(probability, index),
        _ => throw NoPrediction(),
    };

    /// <summary>The probability of at most <paramref name="x"/>.</summary>
    /// <param name="x">Any number.</param>
    /// <exception cref="InvalidOperationException">This is the default value, not a prediction.</exception>
    public double CumulativeProbability(double x) => kind switch
    {
        LossKind.Quantiles => Quantiles.CumulativeProbability(x, index),
        LossKind.Gaussian => Gaussian.CumulativeProbability(x, index),
        LossKind.StudentT => StudentT.CumulativeProbability(x, index),
        _ => throw NoPrediction(),
    };

    /// <summary>
    /// The probability of a value at least as far out as <paramref name="x"/>, on either side: 1 at the median and 0 far away, so that
    /// small ones tell anomalies. It is twice the smaller tail.
    /// </summary>
    /// <param name="x">The true value.</param>
    /// <exception cref="InvalidOperationException">This is the default value, not a prediction.</exception>
    public double TailProbability(double x) => kind switch
    {
        LossKind.Quantiles => Quantiles.TailProbability(x, index),
        LossKind.Gaussian => Gaussian.TailProbability(x, index),
        LossKind.StudentT => StudentT.TailProbability(x, index),
        _ => throw NoPrediction(),
    };

    /// <summary>
    /// The continuous ranked probability score, in the unit of the value: 0 for a certain prediction of the truth, and the absolute error
    /// for a certain prediction of anything else. Infinite for Student-t distributions of up to 1 degree of freedom.
    /// Source: Gneiting and Raftery, Strictly proper scoring rules, 2007.
    /// </summary>
    /// <param name="x">The true value.</param>
    /// <exception cref="InvalidOperationException">This is the default value, not a prediction.</exception>
    public double RankedProbabilityScore(double x) => kind switch
    {
        LossKind.Quantiles => Quantiles.RankedProbabilityScore(x, index),
        LossKind.Gaussian => Gaussian.RankedProbabilityScore(x, index),
        LossKind.StudentT => StudentT.RankedProbabilityScore(x, index),
        _ => throw NoPrediction(),
    };

    /// <summary>
    /// The natural logarithm of the density. Of quantiles it is that of <see cref="QuantilePrediction.LogDensity"/>: infinite where several
    /// levels have the same value, and minus infinite where nothing is known beyond the outermost ones.
    /// </summary>
    /// <param name="x">Any number.</param>
    /// <exception cref="InvalidOperationException">This is the default value, not a prediction.</exception>
    public double LogDensity(double x) => kind switch
    {
        LossKind.Quantiles => Quantiles.LogDensity(x, index),
        LossKind.Gaussian => Gaussian.LogDensity(x, index),
        LossKind.StudentT => StudentT.LogDensity(x, index),
        _ => throw NoPrediction(),
    };

    /// <summary>A random value from the distribution.</summary>
    /// <param name="random">The source; seed it for repeatable samples.</param>
    /// <exception cref="ArgumentNullException"><paramref name="random"/> is null.</exception>
    /// <exception cref="InvalidOperationException">This is the default value, not a prediction.</exception>
    public double Sample(Random random) => kind switch
    {
        LossKind.Quantiles => Quantiles.Sample(random, index),
        LossKind.Gaussian => Gaussian.Sample(random, index),
        LossKind.StudentT => StudentT.Sample(random, index),
        _ => throw NoPrediction(),
    };

    /// <summary>Outputs that a loss has for each of its values.</summary>
    internal static int SegmentCount(LossKind kind, int levels) => kind switch
    {
        LossKind.Quantiles => levels,
        LossKind.Gaussian => 2,
        LossKind.StudentT => 3,
        _ => 1,
    };

    /// <summary>Whether a loss predicts the distribution of a value on a real scale.</summary>
    internal static bool IsPredictedBy(LossKind kind) => kind is LossKind.Quantiles or LossKind.Gaussian or LossKind.StudentT;

    private static InvalidOperationException NoPrediction() =>
        new("This is no prediction but the default value of its type; take one from a forecast.");
}
