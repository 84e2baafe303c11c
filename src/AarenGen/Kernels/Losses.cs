using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>Losses and their gradients. A token of weight 0 counts nothing, whatever its target, NaN included.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Losses
{
    private interface ILoss
    {
        static abstract double Value(float difference);

        static abstract float Slope(float difference);
    }

    /// <summary>Σ_r weights[r] Σ_c (output − target)² · scale.</summary>
    /// <param name="outputs">[rows, stride].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="targets">[rows, width], no padding.</param>
    /// <param name="weights">A weight a row.</param>
    /// <param name="scale">Factor on everything.</param>
    /// <param name="gradient">[rows, stride], overwritten with the gradient by the outputs, the padding with zero; or empty.</param>
    public static double SquaredError(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, ReadOnlySpan<float> weights,
        float scale, Span<float> gradient) => Sum<Squared>(outputs, rows, width, stride, targets, weights, scale, gradient);

    /// <summary>Σ_r weights[r] Σ_c |output − target| · scale; the gradient is 0 where they are equal.</summary>
    /// <param name="outputs">[rows, stride].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="targets">[rows, width], no padding.</param>
    /// <param name="weights">A weight a row.</param>
    /// <param name="scale">Factor on everything.</param>
    /// <param name="gradient">[rows, stride], overwritten with the gradient by the outputs, the padding with zero; or empty.</param>
    public static double AbsoluteError(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, ReadOnlySpan<float> weights,
        float scale, Span<float> gradient) => Sum<Absolute>(outputs, rows, width, stride, targets, weights, scale, gradient);

    private static double Sum<TLoss>(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, ReadOnlySpan<float> weights,
        float scale, Span<float> gradient) where TLoss : struct, ILoss
    {
        Layout.Check(outputs.Length, (rows - 1) * stride + width);
        Layout.Check(targets.Length, rows * width);
        Layout.Check(weights.Length, rows);
        Layout.Check(gradient.IsEmpty ? rows * stride : gradient.Length, rows * stride);
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
            ReadOnlySpan<float> output = outputs.Slice(row * stride, width), target = targets.Slice(row * width, width);
            double sum = 0;
            for (int column = 0; column < width; column++)
            {
                sum += TLoss.Value(output[column] - target[column]);
            }
            total += weight * sum;
            for (int column = 0; column < width && !slopes.IsEmpty; column++)
            {
                slopes[column] = TLoss.Slope(output[column] - target[column]) * weight * scale;
            }
        }
        return total * scale;
    }

    private readonly struct Squared : ILoss
    {
        public static double Value(float difference) => (double)difference * difference;

        public static float Slope(float difference) => 2 * difference;
    }

    private readonly struct Absolute : ILoss
    {
        public static double Value(float difference) => Math.Abs(difference);

        public static float Slope(float difference) => difference > 0 ? 1 : difference < 0 ? -1 : difference;
    }
}
