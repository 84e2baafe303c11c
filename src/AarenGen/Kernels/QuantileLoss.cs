using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>The pinball loss of several levels, whose minimum is at the quantiles. Source: Koenker and Bassett 1978.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class QuantileLoss
{
    /// <summary>
    /// Σ_r weights[r] Σ_j mean over levels l of max(l d, (l − 1) d) · scale, d = target_j − output; outputs are all values at the
    /// first level, then at the second, and so on. Levels lie above 0 and below 1; their number divides width. The gradient is that of the
    /// side above where d is 0.
    /// </summary>
    /// <inheritdoc cref="PointLosses.SquaredError" path="/param"/>
    public static double Pinball(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, int targetOffset, int targetStride,
        ReadOnlySpan<float> weights, float scale, Span<float> gradient, ReadOnlySpan<float> levels) =>
        LossRows.Sum(new Quantiles(levels), outputs, rows, width, stride, targets, targetOffset, targetStride, width / levels.Length,
            weights, scale, gradient);

    private readonly ref struct Quantiles(ReadOnlySpan<float> levels) : IRowLoss
    {
        private readonly ReadOnlySpan<float> levels = levels;

        public double Row(ReadOnlySpan<float> output, ReadOnlySpan<float> target, double factor, Span<float> derivatives)
        {
            double sum = 0;
            for (int column = 0; column < output.Length; column++)
            {
                float wanted = target[column % target.Length];
                if (float.IsNaN(wanted))
                {
                    continue;
                }
                double level = levels[column / target.Length], difference = (double)wanted - output[column];
                double derivative = difference >= 0 ? level : level - 1;
                sum += derivative * difference;
                if (!derivatives.IsEmpty)
                {
                    derivatives[column] = (float)(-(double.IsNaN(difference) ? difference : derivative) / levels.Length * factor);
                }
            }
            return sum / levels.Length;
        }
    }
}
