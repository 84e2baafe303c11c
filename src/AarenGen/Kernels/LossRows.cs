namespace AarenGen.Kernels;

/// <summary>What all losses check of their arguments.</summary>
internal static class LossRows
{
    public static void Check(
        int outputs, int rows, int width, int stride, int targets, int targetOffset, int targetStride, int targetWidth, int weights, ReadOnlySpan<float> gradient)
    {
        Layout.Check(outputs, (rows - 1) * stride + width);
        Layout.Check(targets, (rows - 1) * targetStride + targetOffset + targetWidth);
        Layout.Check(weights, rows);
        Layout.Check(gradient.IsEmpty ? rows * stride : gradient.Length, rows * stride);
    }
}
