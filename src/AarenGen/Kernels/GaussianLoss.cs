using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>The likelihood of normal distributions.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class GaussianLoss
{
    /// <summary>
    /// Σ_r weights[r] Σ_j −ln N(target_j; mean_j, deviation_j) · scale; outputs are the means, then the deviations, above 0.
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
        LossRows.Check(outputs.Length, rows, width, stride, targets.Length, targetOffset, targetStride, width / 2, weights.Length, gradient);
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
            total += weight * Row(outputs.Slice(row * stride, width), targets.Slice(row * targetStride + targetOffset, width / 2), (double)weight * scale, slopes);
        }
        return total * scale;
    }

    private static double Row(ReadOnlySpan<float> output, ReadOnlySpan<float> target, double factor, Span<float> slopes)
    {
        double sum = 0;
        int values = target.Length;
        for (int j = 0; j < values; j++)
        {
            double deviation = output[values + j], z = (target[j] - (double)output[j]) / deviation;
            sum += 0.5 * z * z + Math.Log(deviation) + SpecialFunctions.HalfLogTau;
            if (!slopes.IsEmpty)
            {
                slopes[j] = (float)(-z / deviation * factor);
                slopes[values + j] = (float)((1 - z * z) / deviation * factor);
            }
        }
        return sum;
    }
}
