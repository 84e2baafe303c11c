using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>Copies rows, or columns of them, between the caller's memory without padding and the kernels' memory with padding.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Rows
{
    /// <summary>Copies [rows, width] to rows padded with zeros.</summary>
    public static void Pad(ReadOnlySpan<float> source, int rows, int width, Span<float> destination) =>
        Place(source, rows, width, width, destination, 0, Layout.Pad(width));

    /// <summary>Copies padded rows to [rows, width].</summary>
    public static void Unpad(ReadOnlySpan<float> source, int rows, int width, Span<float> destination) =>
        Unpad(source, rows, width, destination, 0, width);

    /// <summary>Copies padded rows to columns of rows without padding.</summary>
    /// <param name="source">[rows, width padded].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="destination">[rows, destinationWidth].</param>
    /// <param name="offset">First column in the destination.</param>
    /// <param name="destinationWidth">Floats from row to row of the destination.</param>
    public static void Unpad(ReadOnlySpan<float> source, int rows, int width, Span<float> destination, int offset, int destinationWidth)
    {
        int stride = Layout.Pad(width);
        for (int row = 0; row < rows; row++)
        {
            source.Slice(row * stride, width).CopyTo(destination.Slice(row * destinationWidth + offset, width));
        }
    }

    /// <summary>Copies rows to columns of wider rows, and zeroes what follows these columns.</summary>
    /// <param name="source">[rows, sourceStride], of which the first width count.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="sourceStride">Floats from row to row of the source.</param>
    /// <param name="destination">[rows, stride].</param>
    /// <param name="offset">First column in the destination.</param>
    /// <param name="stride">Floats from row to row of the destination.</param>
    public static void Place(
        ReadOnlySpan<float> source, int rows, int width, int sourceStride, Span<float> destination, int offset, int stride)
    {
        for (int row = 0; row < rows; row++)
        {
            Span<float> target = destination.Slice(row * stride + offset, stride - offset);
            source.Slice(row * sourceStride, width).CopyTo(target);
            target[width..].Clear();
        }
    }

    /// <summary>Adds rows to columns of wider rows.</summary>
    /// <param name="source">[rows, sourceStride], of which the first width count.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="sourceStride">Floats from row to row of the source.</param>
    /// <param name="destination">[rows, stride].</param>
    /// <param name="offset">First column in the destination.</param>
    /// <param name="stride">Floats from row to row of the destination.</param>
    public static void Accumulate(
        ReadOnlySpan<float> source, int rows, int width, int sourceStride, Span<float> destination, int offset, int stride)
    {
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> values = source.Slice(row * sourceStride, width);
            Span<float> target = destination.Slice(row * stride + offset, width);
            for (int column = 0; column < width; column++)
            {
                target[column] += values[column];
            }
        }
    }
}
