using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>The likelihood of classes by the softmax of the outputs, with smoothed targets and weighted classes.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class CrossEntropy
{
    /// <summary>
    /// Σ_r weights[r] ((1 − ε) c_y n_y + ε/K Σ_k c_k n_k) · scale, n_k = −ln softmax(outputs)_k, y being the target's class and c
    /// the classes' weights: PyTorch's definition, but for the mean, which is over rows.
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
    /// <param name="smoothing">ε, 0 to below 1.</param>
    /// <param name="classWeights">c, width of them; or empty: all 1.</param>
    public static double NegativeLogLikelihood(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, int targetOffset, int targetStride,
        ReadOnlySpan<float> weights, float scale, Span<float> gradient,
        float smoothing, ReadOnlySpan<float> classWeights)
    {
        LossRows.Check(outputs.Length, rows, width, stride, targets.Length, targetOffset, targetStride, 1, weights.Length, gradient);
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
            total += weight * Row(outputs.Slice(row * stride, width), targets.Slice(row * targetStride + targetOffset, 1), (double)weight * scale, slopes, smoothing, classWeights);
        }
        return total * scale;
    }

    private static double Row(
        ReadOnlySpan<float> output, ReadOnlySpan<float> target, double factor, Span<float> slopes, double smoothing, ReadOnlySpan<float> classWeights)
    {
        int label = (int)target[0], classes = output.Length;
        double logSum = SpecialFunctions.LogSumExp(output), all = 0, sum = 0;
        double own = (1 - smoothing) * (classWeights.IsEmpty ? 1 : classWeights[label]);
        for (int k = 0; k < classes && smoothing > 0; k++)
        {
            double share = smoothing / classes * (classWeights.IsEmpty ? 1 : classWeights[k]);
            all += share;
            sum += share * (logSum - output[k]);
        }
        sum += own * (logSum - output[label]);
        for (int k = 0; k < classes && !slopes.IsEmpty; k++)
        {
            double share = smoothing / classes * (classWeights.IsEmpty ? 1 : classWeights[k]);
            slopes[k] = (float)(((own + all) * Math.Exp(output[k] - logSum) - share - (k == label ? own : 0)) * factor);
        }
        return sum;
    }
}
