namespace AarenGen.Kernels;

/// <summary>A loss of one row.</summary>
internal interface IRowLoss
{
    /// <summary>The row's loss, a sum over its targets.</summary>
    /// <param name="output">The row's outputs.</param>
    /// <param name="target">The row's targets: those that are missing are NaN, a single one is not.</param>
    /// <param name="factor">Factor on the gradient.</param>
    /// <param name="derivatives">
    /// Zeros, to be written with the gradient times the factor, as long as the outputs or longer; or empty. They remain 0 where a target is
    /// missing.
    /// </param>
    double Row(ReadOnlySpan<float> output, ReadOnlySpan<float> target, double factor, Span<float> derivatives);
}

/// <summary>What all losses have in common: their arguments, and the loop over the rows that count.</summary>
internal static class LossRows
{
    /// <summary>Σ_r weights[r] loss(row r) · scale, in double. A row whose only target is missing has none.</summary>
    public static double Sum<TLoss>(
        TLoss loss, ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, int targetOffset,
        int targetStride,
        int targetWidth, ReadOnlySpan<float> weights, float scale, Span<float> gradient) where TLoss : struct, IRowLoss, allows ref struct
    {
        Layout.Check(outputs.Length, (rows - 1) * stride + width);
        Layout.Check(targets.Length, (rows - 1) * targetStride + targetOffset + targetWidth);
        Layout.Check(weights.Length, rows);
        Layout.Check(gradient.IsEmpty ? rows * stride : gradient.Length, rows * stride);
        double total = 0;
        for (int row = 0; row < rows; row++)
        {
            Span<float> derivatives = gradient.IsEmpty ? default : gradient.Slice(row * stride, stride);
            derivatives.Clear();
            float weight = weights[row];
            if (weight == 0 || (targetWidth == 1 && float.IsNaN(targets[row * targetStride + targetOffset])))
            {
                continue;
            }
            total += weight * loss.Row(
                outputs.Slice(row * stride, width), targets.Slice(row * targetStride + targetOffset, targetWidth), (double)weight * scale,
                derivatives);
        }
        return total * scale;
    }
}
