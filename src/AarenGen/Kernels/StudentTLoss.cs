using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>The likelihood of Student-t distributions with a location and a scale.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class StudentTLoss
{
    /// <summary>
    /// Σ_r weights[r] Σ_j −ln t(target_j) · scale, −ln t = ln Γ(ν/2) − ln Γ((ν+1)/2) + ln(νπ)/2 + ln s + (ν+1)/2 ln(1 + z²/ν),
    /// z = (target − location)/s; outputs are the locations, then the scales s, then the degrees of freedom ν, both above 0.
    /// </summary>
    /// <inheritdoc cref="PointLosses.SquaredError" path="/param"/>
    public static double NegativeLogLikelihood(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, int targetOffset, int targetStride,
        ReadOnlySpan<float> weights, float scale, Span<float> gradient) =>
        LossRows.Sum(
            default(StudentT), outputs, rows, width, stride, targets, targetOffset, targetStride, width / 3, weights, scale, gradient);

    private readonly struct StudentT : IRowLoss
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
                double s = output[values + j], nu = output[2 * values + j], z = (target[j] - (double)output[j]) / s;
                sum += Math.Log(s) - SpecialFunctions.StudentTLogDensity(z, nu);
                if (!derivatives.IsEmpty)
                {
                    (double pull, double byDegrees) = SpecialFunctions.StudentTDerivatives(z, nu);
                    derivatives[j] = (float)(-pull * z / s * factor);
                    derivatives[values + j] = (float)((1 - pull * z * z) / s * factor);
                    derivatives[2 * values + j] = (float)(-byDegrees * factor);
                }
            }
            return sum;
        }
    }
}
