using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>The pinball loss of several levels, whose minimum is at the quantiles. Source: Koenker and Bassett 1978.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class QuantileLoss
{
    /// <summary>
    /// Σ_r weights[r] Σ_j mean over levels l of max(l d, (l − 1) d) · scale, d = target_j − output; outputs are all values at the
    /// first level, then at the second, and so on. The gradient is that of the side above where d is 0.
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
    /// <param name="levels">Levels, above 0 and below 1; their number divides width.</param>
    public static double Pinball(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, int targetOffset, int targetStride,
        ReadOnlySpan<float> weights, float scale, Span<float> gradient, ReadOnlySpan<float> levels)
    {
        LossRows.Check(outputs.Length, rows, width, stride, targets.Length, targetOffset, targetStride, width / levels.Length, weights.Length, gradient);
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
            total += weight * Row(outputs.Slice(row * stride, width), targets.Slice(row * targetStride + targetOffset, width / levels.Length), (double)weight * scale, slopes, levels);
        }
        return total * scale;
    }

    private static double Row(ReadOnlySpan<float> output, ReadOnlySpan<float> target, double factor, Span<float> slopes, ReadOnlySpan<float> levels)
    {
        double sum = 0;
        for (int column = 0; column < output.Length; column++)
        {
            double level = levels[column / target.Length], difference = (double)target[column % target.Length] - output[column];
            double slope = difference >= 0 ? level : level - 1;
            sum += slope * difference;
            if (!slopes.IsEmpty)
            {
                slopes[column] = (float)(-(double.IsNaN(difference) ? difference : slope) / levels.Length * factor);
            }
        }
        return sum / levels.Length;
    }
}
