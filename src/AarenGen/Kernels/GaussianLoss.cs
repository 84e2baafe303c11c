using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>The likelihood of normal distributions.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class GaussianLoss
{
    /// <summary>
    /// Σ_r weights[r] Σ_j −ln N(target_j; mean_j, deviation_j) · scale; outputs are the means, then the deviations, above 0.
    /// </summary>
    /// <inheritdoc cref="PointLosses.SquaredError" path="/param"/>
    public static double NegativeLogLikelihood(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, int targetOffset, int targetStride,
        ReadOnlySpan<float> weights, float scale, Span<float> gradient) =>
        LossRows.Sum(
            default(Gaussian), outputs, rows, width, stride, targets, targetOffset, targetStride, width / 2, weights, scale, gradient);

    private readonly struct Gaussian : IRowLoss
    {
        public double Row(ReadOnlySpan<float> output, ReadOnlySpan<float> target, double factor, Span<float> derivatives)
        {
            double sum = 0;
            int values = target.Length;
            for (int j = 0; j < values; j++)
            {
                if (float.IsNaN(target[j]))
                {
                    continue;
                }
                double deviation = output[values + j], z = (target[j] - (double)output[j]) / deviation;
                sum += 0.5 * z * z + Math.Log(deviation) + SpecialFunctions.HalfLogTau;
                if (!derivatives.IsEmpty)
                {
                    derivatives[j] = (float)(-z / deviation * factor);
                    derivatives[values + j] = (float)((1 - z * z) / deviation * factor);
                }
            }
            return sum;
        }
    }
}
