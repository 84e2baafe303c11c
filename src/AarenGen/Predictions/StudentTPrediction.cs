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
    /// <param name="value">The value, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of the predicted.</exception>
    public float Mean(int value = 0) => output[Arguments.CheckIndex(value, Count)];

    /// <summary>The scale.</summary>
    /// <param name="value">The value, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of the predicted.</exception>
    public float Scale(int value = 0) => output[Count + Arguments.CheckIndex(value, Count)];

    /// <summary>The degrees of freedom.</summary>
    /// <param name="value">The value, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of the predicted.</exception>
    public float Degrees(int value = 0) => output[2 * Count + Arguments.CheckIndex(value, Count)];

    /// <summary>
    /// The value below which the truth lies with probability <paramref name="p"/>; infinite where that is beyond all doubles, as it may be
    /// for degrees of freedom far below 1.
    /// </summary>
    /// <param name="p">Above 0 and below 1.</param>
    /// <param name="value">The value, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">p or value is out of range.</exception>
    public double Quantile(double p, int value = 0)
    {
        Arguments.CheckProbability(p);
        return SpecialFunctions.InvertSymmetric(new Standard(Degrees(value)), p) * Scale(value) + Mean(value);
    }

    /// <summary>The probability of at most <paramref name="x"/>.</summary>
    /// <param name="x">Any number.</param>
    /// <param name="value">The value, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of the predicted.</exception>
    public double Cumulative(double x, int value = 0) => SpecialFunctions.StudentT((x - Mean(value)) / Scale(value), Degrees(value));

    /// <summary>The logarithm of the density.</summary>
    /// <param name="x">Any number.</param>
    /// <param name="value">The value, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of the predicted.</exception>
    public double LogDensity(double x, int value = 0) =>
        SpecialFunctions.StudentTLogDensity((x - Mean(value)) / Scale(value), Degrees(value)) - Math.Log(Scale(value));

    /// <summary>A random value from the distribution; infinite where it is beyond all doubles, as <see cref="Quantile"/>.</summary>
    /// <param name="random">The source; seed it for repeatable samples.</param>
    /// <param name="value">The value, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of the predicted.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="random"/> is null.</exception>
    public double Sample(Random random, int value = 0) => Mean(value) + Scale(value) * Sampling.StudentT(random, Degrees(value));

    private readonly struct Standard(double degrees) : IDistribution
    {
        public double Cumulative(double x) => SpecialFunctions.StudentT(x, degrees);
    }
}
