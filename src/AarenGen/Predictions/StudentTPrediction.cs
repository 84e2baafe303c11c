using AarenGen.Kernels;

namespace AarenGen;

/// <summary>Predicted Student-t distributions, one a value: a view of a model's output, valid as long as the output is.</summary>
public readonly ref struct StudentTPrediction
{
    private readonly ReadOnlySpan<float> output;

    /// <summary>Called by generated code.</summary>
    /// <param name="output">The locations, the scales, the degrees of freedom.</param>
    /// <exception cref="ArgumentException">The length is no multiple of 3.</exception>
    public StudentTPrediction(ReadOnlySpan<float> output)
    {
        Arguments.CheckParts(output, 3, "a location, a scale and degrees of freedom for each value");
        this.output = output;
    }

    /// <summary>How many values are predicted.</summary>
    public int Count => output.Length / 3;

    /// <summary>The location, which is the mean and the median.</summary>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public float Mean(int index = 0) => output[Arguments.CheckIndex(index, Count)];

    /// <summary>The scale.</summary>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public float Scale(int index = 0) => output[Count + Arguments.CheckIndex(index, Count)];

    /// <summary>The degrees of freedom.</summary>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public float DegreesOfFreedom(int index = 0) => output[2 * Count + Arguments.CheckIndex(index, Count)];

    /// <summary>
    /// The value below which the truth lies with probability <paramref name="probability"/>. Infinite where a double cannot hold it, as
    /// may happen for degrees of freedom far below 1.
    /// </summary>
    /// <param name="probability">Above 0 and below 1.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability or the index is out of range.</exception>
    public double Quantile(double probability, int index = 0)
    {
        Arguments.CheckProbability(probability);
        return SpecialFunctions.InvertSymmetric(new Standard(DegreesOfFreedom(index)), probability) * Scale(index) + Mean(index);
    }

    /// <summary>The probability of at most <paramref name="x"/>.</summary>
    /// <param name="x">Any number.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public double CumulativeProbability(double x, int index = 0) =>
        SpecialFunctions.StudentT((x - Mean(index)) / Scale(index), DegreesOfFreedom(index));

    /// <summary>The logarithm of the density.</summary>
    /// <param name="x">Any number.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public double LogDensity(double x, int index = 0) =>
        SpecialFunctions.StudentTLogDensity((x - Mean(index)) / Scale(index), DegreesOfFreedom(index)) - Math.Log(Scale(index));

    /// <summary>
    /// The probability of a value at least as far out as <paramref name="x"/>, on either side: 1 at the median and 0 far away, so that
    /// small ones tell anomalies. It is twice the smaller tail.
    /// </summary>
    /// <param name="x">The true value.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public double TailProbability(double x, int index = 0) =>
        2 * SpecialFunctions.StudentT(-Math.Abs((x - Mean(index)) / Scale(index)), DegreesOfFreedom(index));

    /// <summary>
    /// The continuous ranked probability score, in the unit of the value: 0 for a certain prediction of the truth, and the absolute error
    /// for a certain prediction of anything else. Infinite up to 1 degree of freedom. Source: Gneiting and Raftery, Strictly proper
    /// scoring rules, 2007.
    /// </summary>
    /// <param name="x">The true value.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public double RankedProbabilityScore(double x, int index = 0) =>
        Scale(index) * RankedProbability.StudentT((x - Mean(index)) / Scale(index), DegreesOfFreedom(index));

    /// <summary>A random value from the distribution. Infinite where a double cannot hold it, as <see cref="Quantile"/>.</summary>
    /// <param name="random">The source; seed it for repeatable samples.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="random"/> is null.</exception>
    public double Sample(Random random, int index = 0) => Mean(index) + Scale(index) * Sampling.StudentT(random, DegreesOfFreedom(index));

    private readonly struct Standard(double degrees) : IDistribution
    {
        public double CumulativeProbability(double x) => SpecialFunctions.StudentT(x, degrees);
    }
}
