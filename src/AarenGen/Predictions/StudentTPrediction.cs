using AarenGen.Kernels;

namespace AarenGen;

/// <summary>Predicted Student-t distributions, one a value: a view of a model's output, valid as long as the output is.</summary>
public readonly ref struct StudentTPrediction
{
    private readonly ReadOnlySpan<float> output;

    /// <summary>Called by generated code.</summary>
    /// <param name="output">The locations, the scales, the degrees of freedom.</param>
    public StudentTPrediction(ReadOnlySpan<float> output) => this.output = output;

    /// <summary>How many values are predicted.</summary>
    public int Count => output.Length / 3;

    /// <summary>The location, which is the mean and the median.</summary>
    /// <param name="value">The value, from 0.</param>
    public float Mean(int value = 0) => output[..Count][value];

    /// <summary>The scale.</summary>
    /// <param name="value">The value, from 0.</param>
    public float Scale(int value = 0) => output.Slice(Count, Count)[value];

    /// <summary>The degrees of freedom.</summary>
    /// <param name="value">The value, from 0.</param>
    public float Degrees(int value = 0) => output[(2 * Count)..][value];

    /// <summary>The value below which the truth lies with probability <paramref name="p"/>.</summary>
    /// <param name="p">Above 0 and below 1.</param>
    /// <param name="value">The value, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">p or value is out of range.</exception>
    public double Quantile(double p, int value = 0)
    {
        Arguments.CheckProbability(p);
        return SpecialFunctions.Invert(new Standard(Degrees(value)), p, -1, 1) * Scale(value) + Mean(value);
    }

    /// <summary>The probability of at most <paramref name="x"/>.</summary>
    /// <param name="x">Any number.</param>
    /// <param name="value">The value, from 0.</param>
    public double Cumulative(double x, int value = 0) => SpecialFunctions.StudentT((x - Mean(value)) / Scale(value), Degrees(value));

    /// <summary>The logarithm of the density.</summary>
    /// <param name="x">Any number.</param>
    /// <param name="value">The value, from 0.</param>
    public double LogDensity(double x, int value = 0)
    {
        double nu = Degrees(value), z = (x - Mean(value)) / Scale(value);
        return SpecialFunctions.LogGamma((nu + 1) / 2) - SpecialFunctions.LogGamma(nu / 2) - 0.5 * Math.Log(nu * Math.PI) - Math.Log(Scale(value))
            - (nu + 1) / 2 * double.LogP1(z * z / nu);
    }

    /// <summary>A random value from the distribution.</summary>
    /// <param name="random">The source; seed it for repeatable samples.</param>
    /// <param name="value">The value, from 0.</param>
    public double Sample(Random random, int value = 0) => Mean(value) + Scale(value) * Sampling.StudentT(random, Degrees(value));

    private readonly struct Standard(double degrees) : IDistribution
    {
        public double Cumulative(double x) => SpecialFunctions.StudentT(x, degrees);
    }
}
