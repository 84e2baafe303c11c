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
    /// <param name="value">The value, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of the predicted.</exception>
    public float Mean(int value = 0) => output[Arguments.CheckIndex(value, Count)];

    /// <summary>The standard deviation.</summary>
    /// <param name="value">The value, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of the predicted.</exception>
    public float Deviation(int value = 0) => output[Count + Arguments.CheckIndex(value, Count)];

    /// <summary>The value below which the truth lies with probability <paramref name="p"/>.</summary>
    /// <param name="p">Above 0 and below 1.</param>
    /// <param name="value">The value, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">p or value is out of range.</exception>
    public double Quantile(double p, int value = 0)
    {
        Arguments.CheckProbability(p);
        return SpecialFunctions.InvertSymmetric(default(Standard), p) * Deviation(value) + Mean(value);
    }

    /// <summary>The probability of at most <paramref name="x"/>.</summary>
    /// <param name="x">Any number.</param>
    /// <param name="value">The value, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of the predicted.</exception>
    public double Cumulative(double x, int value = 0) => SpecialFunctions.Normal((x - Mean(value)) / Deviation(value));

    /// <summary>The logarithm of the density.</summary>
    /// <param name="x">Any number.</param>
    /// <param name="value">The value, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of the predicted.</exception>
    public double LogDensity(double x, int value = 0)
    {
        double z = (x - Mean(value)) / Deviation(value);
        return -0.5 * z * z - Math.Log(Deviation(value)) - SpecialFunctions.HalfLogTau;
    }

    /// <summary>A random value from the distribution.</summary>
    /// <param name="random">The source; seed it for repeatable samples.</param>
    /// <param name="value">The value, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of the predicted.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="random"/> is null.</exception>
    public double Sample(Random random, int value = 0) => Mean(value) + Deviation(value) * Sampling.Normal(random);

    private readonly struct Standard : IDistribution
    {
        public double Cumulative(double x) => SpecialFunctions.Normal(x);
    }
}
