using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>Interleaved modalities: computes the modality of each row, and selects values by it.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Interleaving
{
    /// <summary>kinds[r] = (first + r) mod count: the modality of each row of a sequence.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="first">Position of the first row in its sequence.</param>
    /// <param name="count">Number of modalities.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="kinds">[rows, stride], of which the first column is written.</param>
    public static void Kinds(int rows, long first, int count, int stride, Span<float> kinds)
    {
        Layout.Check(kinds.Length, (rows - 1) * stride + 1);
        for (int row = 0; row < rows; row++)
        {
            kinds[row * stride] = (first + row) % count;
        }
    }

    /// <summary>y[r] = x[r] where row r has the modality, else 0; or y[r] += x[r] there.</summary>
    /// <param name="kinds">[rows, kindStride].</param>
    /// <param name="kindStride">Floats from row to row of kinds.</param>
    /// <param name="kind">The modality.</param>
    /// <param name="x">[rows, stride].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="stride">Floats from row to row of x and y.</param>
    /// <param name="y">[rows, stride].</param>
    /// <param name="accumulate">Whether y is added to, rather than overwritten.</param>
    public static void Keep(
        ReadOnlySpan<float> kinds, int kindStride, int kind, ReadOnlySpan<float> x, int rows, int stride, Span<float> y, bool accumulate)
    {
        for (int row = 0; row < rows; row++)
        {
            Span<float> target = y.Slice(row * stride, stride);
            if (kinds[row * kindStride] != kind)
            {
                if (!accumulate)
                {
                    target.Clear();
                }
            }
            else if (accumulate)
            {
                Elementwise.Accumulate(x.Slice(row * stride, stride), target);
            }
            else
            {
                x.Slice(row * stride, stride).CopyTo(target);
            }
        }
    }
}
