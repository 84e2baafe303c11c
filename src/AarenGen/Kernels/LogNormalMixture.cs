using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>
/// The likelihood of positive numbers by a mixture of log-normal distributions.
/// Source: Shchur, Biloš and Günnemann, Intensity-Free Learning of Temporal Point Processes, ICLR 2020.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class LogNormalMixture
{
    /// <summary>
    /// −Σ_r weights[r] ln f(target) · scale, f(x) = Σ_k softmax(a)_k N(ln x; μ_k, σ_k) / x, σ_k = softplus(raw_k); outputs are the a,
    /// the μ, the raw.
    /// </summary>
    /// <inheritdoc cref="PointLosses.SquaredError" path="/param"/>
    public static double NegativeLogLikelihood(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, int targetOffset, int targetStride,
        ReadOnlySpan<float> weights, float scale, Span<float> gradient) =>
        LossRows.Sum(
            default(Mixture), outputs, rows, width, stride, targets, targetOffset, targetStride, targetWidth: 1, weights, scale, gradient);

    /// <summary>ln f(x).</summary>
    internal static double LogDensity(ReadOnlySpan<float> output, double x)
    {
        int count = output.Length / 3;
        double logX = Math.Log(x), logWeights = SpecialFunctions.LogSumExp(output[..count]), best = double.NegativeInfinity, sum = 0;
        for (int k = 0; k < count; k++)
        {
            SpecialFunctions.AddExponential(LogPart(output, count, k, logX, logWeights, out _, out _), ref best, ref sum);
        }
        return best + Math.Log(sum) - logX;
    }

    /// <summary>σ of a component; the clamp keeps its square above the smallest double.</summary>
    internal static double StandardDeviation(float raw) => SpecialFunctions.Softplus(Math.Max(raw, -300f));

    private static double LogPart(
        ReadOnlySpan<float> output, int count, int k, double logX, double logWeights, out double z, out double deviation)
    {
        deviation = StandardDeviation(output[2 * count + k]);
        z = (logX - output[count + k]) / deviation;
        return output[k] - logWeights - 0.5 * z * z - Math.Log(deviation) - SpecialFunctions.HalfLogTau;
    }

    private readonly struct Mixture : IRowLoss
    {
        public double Row(ReadOnlySpan<float> output, ReadOnlySpan<float> target, double factor, Span<float> derivatives)
        {
            double logX = Math.Log(target[0]), logDensity = LogDensity(output, target[0]) + logX;
            int count = output.Length / 3;
            double logWeights = SpecialFunctions.LogSumExp(output[..count]);
            for (int k = 0; k < count && !derivatives.IsEmpty; k++)
            {
                double responsibility = Math.Exp(
                    LogPart(output, count, k, logX, logWeights, out double z, out double deviation) - logDensity);
                derivatives[k] = (float)((Math.Exp(output[k] - logWeights) - responsibility) * factor);
                // A component without responsibility has no pull, however far away it is.
                double pull = responsibility == 0 ? 0 : responsibility * z / deviation,
                    byDeviation = responsibility == 0 ? 0 : responsibility * (1 - z * z) / deviation;
                derivatives[count + k] = (float)(-pull * factor);
                derivatives[2 * count + k] = (float)(byDeviation * factor / (1 + Math.Exp(-(double)output[2 * count + k])));
            }
            return logX - logDensity;
        }
    }
}
