using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>
/// Losses that compare each output with its own target, and their gradients. As with all losses, a token of weight 0 counts nothing,
/// whatever its target, and neither does a value whose target is NaN: it is missing.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class PointLosses
{
    private interface ILoss
    {
        static abstract double Value(double difference, double delta);

        static abstract double Derivative(double difference, double delta);
    }

    /// <summary>Σ_r weights[r] Σ_c (output − target)² · scale.</summary>
    /// <param name="outputs">[rows, stride].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="targets">[rows, targetStride], of which width values from targetOffset count; NaN where one is missing.</param>
    /// <param name="targetOffset">First target in a row.</param>
    /// <param name="targetStride">Targets from row to row.</param>
    /// <param name="weights">A weight a row.</param>
    /// <param name="scale">Factor on everything.</param>
    /// <param name="gradient">[rows, stride], overwritten with the gradient by the outputs, the padding with zero; or empty.</param>
    public static double SquaredError(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, int targetOffset, int targetStride,
        ReadOnlySpan<float> weights, float scale, Span<float> gradient) => Sum<Squared>(
            outputs, rows, width, stride, targets, targetOffset, targetStride, weights, scale, gradient, 0);

    /// <summary>Σ_r weights[r] Σ_c |output − target| · scale; the gradient is 0 where they are equal.</summary>
    /// <inheritdoc cref="SquaredError" path="/param"/>
    public static double AbsoluteError(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, int targetOffset, int targetStride,
        ReadOnlySpan<float> weights, float scale, Span<float> gradient) => Sum<Absolute>(
            outputs, rows, width, stride, targets, targetOffset, targetStride, weights, scale, gradient, 0);

    /// <summary>Σ_r weights[r] Σ_c h(output − target) · scale, with h(d) = d²/2 where |d| ≤ δ, else δ(|d| − δ/2), δ above 0.</summary>
    /// <inheritdoc cref="SquaredError" path="/param"/>
    public static double Huber(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, int targetOffset, int targetStride,
        ReadOnlySpan<float> weights, float scale, Span<float> gradient, float delta) =>
        Sum<Hubers>(outputs, rows, width, stride, targets, targetOffset, targetStride, weights, scale, gradient, delta);

    private static double Sum<TLoss>(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, int targetOffset, int targetStride,
        ReadOnlySpan<float> weights, float scale, Span<float> gradient, double delta) where TLoss : struct, ILoss =>
        LossRows.Sum(new EachValue<TLoss>(delta), outputs, rows, width, stride, targets, targetOffset, targetStride, width, weights, scale,
            gradient);

    private readonly struct EachValue<TLoss>(double delta) : IRowLoss where TLoss : struct, ILoss
    {
        public double Row(ReadOnlySpan<float> output, ReadOnlySpan<float> target, double factor, Span<float> derivatives)
        {
            double sum = 0;
            for (int column = 0; column < output.Length; column++)
            {
                if (float.IsNaN(target[column]))
                {
                    continue;
                }
                double difference = (double)output[column] - target[column];
                sum += TLoss.Value(difference, delta);
                if (!derivatives.IsEmpty)
                {
                    derivatives[column] = (float)(TLoss.Derivative(difference, delta) * factor);
                }
            }
            return sum;
        }
    }

    private readonly struct Squared : ILoss
    {
        public static double Value(double difference, double delta) => difference * difference;

        public static double Derivative(double difference, double delta) => 2 * difference;
    }

    private readonly struct Absolute : ILoss
    {
        public static double Value(double difference, double delta) => Math.Abs(difference);

        public static double Derivative(double difference, double delta) => difference > 0 ? 1 : difference < 0 ? -1 : difference;
    }

    private readonly struct Hubers : ILoss
    {
        public static double Value(double difference, double delta) =>
            Math.Abs(difference) <= delta ? difference * difference / 2 : delta * (Math.Abs(difference) - delta / 2);

        public static double Derivative(double difference, double delta) =>
            double.IsNaN(difference) ? difference : Math.Clamp(difference, -delta, delta);
    }
}
