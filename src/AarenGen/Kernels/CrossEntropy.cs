using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>The likelihood of classes by the softmax of the outputs, with smoothed targets and weighted classes.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class CrossEntropy
{
    /// <summary>
    /// Σ_r weights[r] ((1 − ε) c_y n_y + ε/K Σ_k c_k n_k) · scale, n_k = −ln softmax(outputs)_k, y being the target's class and c
    /// the classes' weights, width of them or none, all then being 1; smoothing is ε, 0 to below 1. PyTorch's definition, but for the
    /// mean, which is over rows.
    /// </summary>
    /// <inheritdoc cref="PointLosses.SquaredError" path="/param"/>
    public static double NegativeLogLikelihood(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, int targetOffset, int targetStride,
        ReadOnlySpan<float> weights, float scale, Span<float> gradient,
        float smoothing, ReadOnlySpan<float> classWeights) =>
        LossRows.Sum(new Classes(smoothing, classWeights), outputs, rows, width, stride, targets, targetOffset, targetStride,
            targetWidth: 1, weights, scale, gradient);

    private readonly ref struct Classes(double smoothing, ReadOnlySpan<float> classWeights) : IRowLoss
    {
        private readonly ReadOnlySpan<float> classWeights = classWeights;

        public double Row(ReadOnlySpan<float> output, ReadOnlySpan<float> target, double factor, Span<float> derivatives)
        {
            int label = (int)target[0], classes = output.Length;
            double logSum = SpecialFunctions.LogSumExp(output), all = 0, sum = 0;
            double own = (1 - smoothing) * (classWeights.IsEmpty ? 1 : classWeights[label]);
            for (int k = 0; k < classes && smoothing > 0; k++)
            {
                double smoothed = smoothing / classes * (classWeights.IsEmpty ? 1 : classWeights[k]);
                all += smoothed;
                sum += smoothed * (logSum - output[k]);
            }
            sum += own * (logSum - output[label]);
            for (int k = 0; k < classes && !derivatives.IsEmpty; k++)
            {
                double smoothed = smoothing / classes * (classWeights.IsEmpty ? 1 : classWeights[k]);
                derivatives[k] = (float)(((own + all) * Math.Exp(output[k] - logSum) - smoothed - (k == label ? own : 0)) * factor);
            }
            return sum;
        }
    }
}
