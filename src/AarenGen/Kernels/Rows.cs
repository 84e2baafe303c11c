using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>Copies rows between the caller's memory, which has no padding, and the kernels', which has.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Rows
{
    /// <summary>Copies [rows, width] to rows padded with zeros.</summary>
    public static void Pad(ReadOnlySpan<float> source, int rows, int width, Span<float> destination)
    {
        int stride = Layout.Pad(width);
        for (int row = 0; row < rows; row++)
        {
            Span<float> target = destination.Slice(row * stride, stride);
            source.Slice(row * width, width).CopyTo(target);
            target[width..].Clear();
        }
    }

    /// <summary>Copies padded rows to [rows, width].</summary>
    public static void Unpad(ReadOnlySpan<float> source, int rows, int width, Span<float> destination)
    {
        int stride = Layout.Pad(width);
        for (int row = 0; row < rows; row++)
        {
            source.Slice(row * stride, width).CopyTo(destination.Slice(row * width, width));
        }
    }
}
