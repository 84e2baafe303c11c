using System.Numerics;

namespace AarenGen.Kernels;

/// <summary>
/// Scales the columns of rows in double, and narrows the results: a large center, such as a meter's reading, costs no digits. The rows'
/// centers and scales repeat; a whole number of rows of them lie one after the other, so that short rows share vectors.
/// </summary>
internal sealed class ColumnScaling
{
    /// <summary>Min length of what repeats: two of the widest vectors.</summary>
    private const int MinPeriod = 32;

    private readonly double[] centers, scales;

    /// <param name="centers">Of the columns of a row, or of some rows that repeat.</param>
    /// <param name="scales">Likewise.</param>
    public ColumnScaling(ReadOnlySpan<double> centers, ReadOnlySpan<double> scales)
    {
        int repeat = (MinPeriod + centers.Length - 1) / centers.Length;
        this.centers = new double[repeat * centers.Length];
        this.scales = new double[repeat * centers.Length];
        for (int i = 0; i < repeat; i++)
        {
            centers.CopyTo(this.centers.AsSpan(i * centers.Length));
            scales.CopyTo(this.scales.AsSpan(i * centers.Length));
        }
    }

    /// <summary>(x − center) / scale of one number of a column.</summary>
    public float Standardize(float value, int column) => (float)((value - centers[column]) / scales[column]);

    /// <summary>y = (x − center) / scale. The results may overwrite the numbers.</summary>
    /// <param name="x">Rows.</param>
    /// <param name="first">The place of the first number among what repeats.</param>
    /// <param name="y">As long as x.</param>
    public void Standardize(ReadOnlySpan<float> x, int first, Span<float> y)
    {
        for (int from = 0, at = first; from < x.Length; at = 0)
        {
            int count = Math.Min(centers.Length - at, x.Length - from);
            Standardize(x.Slice(from, count), centers.AsSpan(at, count), scales.AsSpan(at, count), y.Slice(from, count));
            from += count;
        }
    }

    /// <summary>x = x · scale + center, in place, from the first column on.</summary>
    public void Restore(Span<float> x)
    {
        for (int from = 0; from < x.Length;)
        {
            int count = Math.Min(centers.Length, x.Length - from);
            Restore(x.Slice(from, count), centers.AsSpan(0, count), scales.AsSpan(0, count));
            from += count;
        }
    }

    private static void Standardize(ReadOnlySpan<float> x, ReadOnlySpan<double> centers, ReadOnlySpan<double> scales, Span<float> y)
    {
        int i = 0, half = Vector<double>.Count;
        for (; i + 2 * half <= x.Length; i += 2 * half)
        {
            Vector.Widen(new Vector<float>(x[i..]), out Vector<double> low, out Vector<double> high);
            low = (low - new Vector<double>(centers[i..])) / new Vector<double>(scales[i..]);
            high = (high - new Vector<double>(centers[(i + half)..])) / new Vector<double>(scales[(i + half)..]);
            Vector.Narrow(low, high).CopyTo(y[i..]);
        }
        for (; i < x.Length; i++)
        {
            y[i] = (float)((x[i] - centers[i]) / scales[i]);
        }
    }

    private static void Restore(Span<float> x, ReadOnlySpan<double> centers, ReadOnlySpan<double> scales)
    {
        int i = 0, half = Vector<double>.Count;
        for (; i + 2 * half <= x.Length; i += 2 * half)
        {
            Vector.Widen(new Vector<float>(x[i..]), out Vector<double> low, out Vector<double> high);
            low = low * new Vector<double>(scales[i..]) + new Vector<double>(centers[i..]);
            high = high * new Vector<double>(scales[(i + half)..]) + new Vector<double>(centers[(i + half)..]);
            Vector.Narrow(low, high).CopyTo(x[i..]);
        }
        for (; i < x.Length; i++)
        {
            x[i] = (float)(x[i] * scales[i] + centers[i]);
        }
    }
}
