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
    /// <param name="outputs">[rows, stride].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Outputs in a row.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="targets">[rows, targetStride].</param>
    /// <param name="targetOffset">First target in a row.</param>
    /// <param name="targetStride">Targets from row to row.</param>
    /// <param name="weights">A weight a row; 0 leaves it out, whatever its target, NaN included.</param>
    /// <param name="scale">Factor on everything.</param>
    /// <param name="gradient">[rows, stride], overwritten with the gradient by the outputs, the padding with zero; or empty.</param>
    public static double NegativeLogLikelihood(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, int targetOffset, int targetStride,
        ReadOnlySpan<float> weights, float scale, Span<float> gradient)
    {
        LossRows.Check(outputs.Length, rows, width, stride, targets.Length, targetOffset, targetStride, width / 3, weights.Length, gradient);
        double total = 0;
        for (int row = 0; row < rows; row++)
        {
            Span<float> slopes = gradient.IsEmpty ? default : gradient.Slice(row * stride, stride);
            slopes.Clear();
            float weight = weights[row];
            if (weight == 0)
            {
                continue;
            }
            total += weight * Row(outputs.Slice(row * stride, width), targets.Slice(row * targetStride + targetOffset, width / 3), (double)weight * scale, slopes);
        }
        return total * scale;
    }

    private static double Row(ReadOnlySpan<float> output, ReadOnlySpan<float> target, double factor, Span<float> slopes)
    {
        double sum = 0;
        int values = target.Length;
        for (int j = 0; j < values; j++)
        {
            double s = output[values + j], nu = output[2 * values + j], z = (target[j] - (double)output[j]) / s, square = z * z;
            double tail = double.LogP1(square / nu);
            sum += SpecialFunctions.LogGamma(nu / 2) - SpecialFunctions.LogGamma((nu + 1) / 2) + 0.5 * Math.Log(nu * Math.PI) + Math.Log(s)
                + (nu + 1) / 2 * tail;
            if (!slopes.IsEmpty)
            {
                double pull = (nu + 1) / (nu + square);
                slopes[j] = (float)(-pull * z / s * factor);
                slopes[values + j] = (float)((1 - pull * square) / s * factor);
                double byDegrees = SpecialFunctions.Digamma(nu / 2) - SpecialFunctions.Digamma((nu + 1) / 2) + 1 / nu + tail - pull * square / nu;
                slopes[2 * values + j] = (float)(0.5 * byDegrees * factor);
            }
        }
        return sum;
    }
}
