using AarenGen.Kernels;

namespace AarenGen;

/// <summary>
/// The continuous ranked probability score ∫ (F(z) − 1{z ≥ x})² dz of distributions, in closed form; it is E|X − x| − E|X − X'|/2 with
/// independent X and X' (Gneiting and Raftery, Strictly proper scoring rules, 2007).
/// </summary>
internal static class RankedProbability
{
    /// <summary>1/√π.</summary>
    private const double InverseRootPi = 0.56418958354775628695;

    /// <summary>That of the standard normal distribution. Source: Gneiting and Raftery, equation 21.</summary>
    public static double Normal(double z)
    {
        double size = Math.Abs(z);
        return size * (1 - 2 * SpecialFunctions.Normal(-size)) + 2 * Math.Exp(-0.5 * z * z - SpecialFunctions.HalfLogTau) - InverseRootPi;
    }

    /// <summary>
    /// That of the standard Student-t distribution; infinite up to 1 degree of freedom, where E|X| is. The ratio of beta functions in the
    /// source is written by <see cref="SpecialFunctions.LogGammaHalfStep"/>. Source: Jordan, Krüger and Lerch, Evaluating probabilistic
    /// forecasts with scoringRules, 2019, appendix A.
    /// </summary>
    public static double StudentT(double t, double degrees)
    {
        if (double.IsPositiveInfinity(degrees) || double.IsNaN(degrees) || double.IsNaN(t))
        {
            return degrees > 0 ? Normal(t) : double.NaN;
        }
        if (degrees <= 1)
        {
            return double.PositiveInfinity;
        }
        double size = Math.Abs(t), density = Math.Exp(SpecialFunctions.StudentTLogDensity(t, degrees));
        double spread = InverseRootPi * Math.Sqrt(degrees / (degrees - 0.5))
            * Math.Exp(
                2 * SpecialFunctions.LogGammaHalfStep(degrees / 2, out _) - SpecialFunctions.LogGammaHalfStep(degrees - 0.5, out _));
        double weight = degrees / (degrees - 1), square = density == 0 ? 0 : density * t * t / degrees;
        return size * (1 - 2 * SpecialFunctions.StudentT(-size, degrees)) + weight * (2 * (density + square) - spread);
    }

    /// <summary>
    /// That of a mixture of log-normal distributions: E|X − x| − E|X − X'|/2 = x − 2 E min(X, x) + E min(X, X'), in which no mean stands
    /// that a wide component could make infinite.
    /// </summary>
    /// <param name="output">A log-weight a component, then their means, then their raw deviations.</param>
    /// <param name="x">The truth.</param>
    /// <param name="limitedMean">E min(X, x); x itself where x is not above 0.</param>
    public static double LogNormalMixture(ReadOnlySpan<float> output, double x, double limitedMean)
    {
        int count = output.Length / 3;
        double logSum = SpecialFunctions.LogSumExp(output[..count]), smaller = 0;
        for (int i = 0; i < count; i++)
        {
            double deviation = Kernels.LogNormalMixture.StandardDeviation(output[2 * count + i]);
            for (int j = 0; j < count; j++)
            {
                double other = Kernels.LogNormalMixture.StandardDeviation(output[2 * count + j]);
                double both = Math.Sqrt(deviation * deviation + other * other);
                // Twice the half of E min(X_i, X_j) in which X_i is the smaller one: the sum over all pairs has both halves.
                double a = ((double)output[count + i] - output[count + j] + deviation * deviation) / both;
                double exponent = output[count + i] + deviation * deviation / 2;
                // Where the exponential may be beyond all doubles, it goes into the tail's density.
                double half = a > 3
                    ? Math.Exp(exponent - 0.5 * a * a - SpecialFunctions.HalfLogTau) * SpecialFunctions.MillsRatio(a)
                    : Math.Exp(exponent) * SpecialFunctions.Normal(-a);
                smaller += Math.Exp(output[i] - logSum + output[j] - logSum) * 2 * half;
            }
        }
        return x - 2 * limitedMean + smaller;
    }
}
