using AarenGen.Kernels;

namespace AarenGen;

/// <summary>Predicted normal distributions, one a value: a view of a model's output, valid as long as the output is.</summary>
public readonly ref struct GaussianPrediction
{
    private readonly ReadOnlySpan<float> output;

    /// <summary>Called by generated code.</summary>
    /// <param name="output">The means, then the deviations.</param>
    /// <exception cref="ArgumentException">The length is odd.</exception>
    public GaussianPrediction(ReadOnlySpan<float> output)
    {
        Arguments.CheckParts(output, 2, "a mean and a deviation for each value");
        this.output = output;
    }

    /// <summary>How many values are predicted.</summary>
    public int Count => output.Length / 2;

    /// <summary>The mean.</summary>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public float Mean(int index = 0) => output[Arguments.CheckIndex(index, Count)];

    /// <summary>The standard deviation.</summary>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public float StandardDeviation(int index = 0) => output[Count + Arguments.CheckIndex(index, Count)];

    /// <summary>The value below which the truth lies with probability <paramref name="probability"/>.</summary>
    /// <param name="probability">Above 0 and below 1.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability or the index is out of range.</exception>
    public double Quantile(double probability, int index = 0)
    {
        Arguments.CheckProbability(probability);
        return SpecialFunctions.InvertSymmetric(default(Standard), probability) * StandardDeviation(index) + Mean(index);
    }

    /// <summary>The probability of at most <paramref name="x"/>.</summary>
    /// <param name="x">Any number.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public double CumulativeProbability(double x, int index = 0) => SpecialFunctions.Normal((x - Mean(index)) / StandardDeviation(index));

    /// <summary>The logarithm of the density.</summary>
    /// <param name="x">Any number.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public double LogDensity(double x, int index = 0)
    {
        double z = (x - Mean(index)) / StandardDeviation(index);
        return -0.5 * z * z - Math.Log(StandardDeviation(index)) - SpecialFunctions.HalfLogTau;
    }

    /// <summary>
    /// The probability of a value at least as far out as <paramref name="x"/>, on either side: 1 at the median and 0 far away, so that
    /// small ones tell anomalies. It is twice the smaller tail.
    /// </summary>
    /// <param name="x">The true value.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public double TailProbability(double x, int index = 0) =>
        2 * SpecialFunctions.Normal(-Math.Abs((x - Mean(index)) / StandardDeviation(index)));

    /// <summary>
    /// The continuous ranked probability score, in the unit of the value: 0 for a certain prediction of the truth, and the absolute error
    /// for a certain prediction of anything else. Source: Gneiting and Raftery, Strictly proper scoring rules, 2007.
    /// </summary>
    /// <param name="x">The true value.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public double RankedProbabilityScore(double x, int index = 0) =>
        StandardDeviation(index) * RankedProbability.Normal((x - Mean(index)) / StandardDeviation(index));

    /// <summary>A random value from the distribution.</summary>
    /// <param name="random">The source; seed it for repeatable samples.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="random"/> is null.</exception>
    public double Sample(Random random, int index = 0) => Mean(index) + StandardDeviation(index) * Sampling.Normal(random);

    private readonly struct Standard : IDistribution
    {
        public double CumulativeProbability(double x) => SpecialFunctions.Normal(x);
    }
}
