using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AarenGen.Kernels;

/// <summary>
/// Products of rows and matrices. Every element of a result is a bias, then products summed over k in ascending order in one chain
/// of multiply-adds, then a residual, whatever the number of rows: one row alone gives the same bits as the same row among many.
/// Rows of n values follow each other at a distance of Pad(n) floats.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static unsafe class MatrixProduct
{
    private const int Lane = Layout.Lane;
    private const int Panel = Layout.Panel;

    /// <summary>Packs W [outputs, inputs] for y = x Wᵀ.</summary>
    /// <param name="weight">W, row-major.</param>
    /// <param name="outputs">Rows of W.</param>
    /// <param name="inputs">Columns of W.</param>
    /// <param name="packed">inputs × Pad(outputs) floats: panels of 32 columns (the last may have 16), each [inputs, columns].</param>
    public static void Pack(ReadOnlySpan<float> weight, int outputs, int inputs, Span<float> packed)
    {
        int columns = Layout.Pad(outputs), stride = Layout.Pad(inputs);
        Layout.Check(weight.Length, (outputs - 1) * stride + inputs);
        Layout.Check(packed.Length, inputs * columns);
        for (int first = 0; first < columns; first += Panel)
        {
            int width = Math.Min(Panel, columns - first);
            Span<float> panel = packed.Slice(first * inputs, width * inputs);
            for (int column = 0; column < width; column++)
            {
                int output = first + column;
                for (int k = 0; k < inputs; k++)
                {
                    panel[k * width + column] = output < outputs ? weight[output * stride + k] : 0;
                }
            }
        }
    }

    /// <summary>Packs W [outputs, inputs] for dx = dy W.</summary>
    /// <param name="weight">W, row-major, padded with zeros.</param>
    /// <param name="outputs">Rows of W.</param>
    /// <param name="inputs">Columns of W.</param>
    /// <param name="packed">outputs × Pad(inputs) floats, in panels as of <see cref="Pack"/>.</param>
    public static void PackTransposed(ReadOnlySpan<float> weight, int outputs, int inputs, Span<float> packed)
    {
        int columns = Layout.Pad(inputs);
        Layout.Check(weight.Length, outputs * columns);
        Layout.Check(packed.Length, outputs * columns);
        for (int first = 0; first < columns; first += Panel)
        {
            int width = Math.Min(Panel, columns - first);
            for (int row = 0; row < outputs; row++)
            {
                weight.Slice(row * columns + first, width).CopyTo(packed.Slice(first * outputs + row * width, width));
            }
        }
    }

    /// <summary>c = a B + bias + residual for a packed B.</summary>
    /// <param name="a">[rows, Pad(inner)]; the last row may end at inner.</param>
    /// <param name="rows">Rows of a and c.</param>
    /// <param name="inner">Columns of a and rows of B.</param>
    /// <param name="packed">B, packed by <see cref="Pack"/> or <see cref="PackTransposed"/>.</param>
    /// <param name="columns">Columns of B.</param>
    /// <param name="c">[rows, Pad(columns)], overwritten; its padding becomes the residual's.</param>
    /// <param name="bias">Pad(columns) floats, the padding zero; or empty.</param>
    /// <param name="residual">[rows, Pad(columns)], added last; may be c; or empty.</param>
    public static void Multiply(
        ReadOnlySpan<float> a, int rows, int inner, ReadOnlySpan<float> packed, int columns, Span<float> c,
        ReadOnlySpan<float> bias = default, ReadOnlySpan<float> residual = default)
    {
        int padded = Layout.Pad(columns), length = rows * padded, aStride = Layout.Pad(inner);
        Layout.Check(a.Length, (rows - 1) * aStride + inner);
        Layout.Check(packed.Length, inner * padded);
        Layout.Check(c.Length, length);
        Layout.Check(residual.IsEmpty ? length : residual.Length, length);
        Layout.Check(bias.IsEmpty ? padded : bias.Length, padded);
        fixed (float* pa = a, pb = packed, pBias = bias, pResidual = residual, pc = c)
        {
            new TiledProduct<PackedFloats>
            {
                A = pa, ARow = aStride, AColumn = 1, Inner = inner, B = pb, BStride = 0, Bias = pBias, Residual = pResidual, C = pc,
                CStride = padded,
            }.Run(rows, padded);
        }
    }

    /// <summary>dW += dyᵀ x, and db += the sum of the rows of dy.</summary>
    /// <param name="dy">[rows, Pad(outputs)].</param>
    /// <param name="rows">Rows of dy and x.</param>
    /// <param name="outputs">Columns of dy, rows of dW.</param>
    /// <param name="x">[rows, Pad(inputs)].</param>
    /// <param name="inputs">Columns of x and dW.</param>
    /// <param name="dw">[outputs, Pad(inputs)], added to.</param>
    /// <param name="db">Pad(outputs) floats, added to.</param>
    public static void AccumulateGradients(
        ReadOnlySpan<float> dy, int rows, int outputs, ReadOnlySpan<float> x, int inputs, Span<float> dw, Span<float> db)
    {
        int padded = Layout.Pad(inputs), dyStride = Layout.Pad(outputs);
        Layout.Check(dy.Length, rows * dyStride);
        Layout.Check(x.Length, rows * padded);
        Layout.Check(dw.Length, outputs * padded);
        Layout.Check(db.Length, dyStride);
        fixed (float* pdy = dy, px = x, pdw = dw)
        {
            new TiledProduct<PackedFloats>
            {
                A = pdy, ARow = 1, AColumn = dyStride, Inner = rows, B = px, BStride = padded, Bias = null, Residual = pdw, C = pdw,
                CStride = padded,
            }.Run(outputs, padded);
        }
        AccumulateColumnSums(dy, rows, dyStride, db);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AccumulateColumnSums(ReadOnlySpan<float> dy, int rows, int stride, Span<float> sums)
    {
        ref float source = ref MemoryMarshal.GetReference(dy);
        ref float target = ref MemoryMarshal.GetReference(sums);
        for (int column = 0; column < stride; column += Lane)
        {
            Vector512<float> sum = Vector512.LoadUnsafe(ref target, (nuint)column);
            for (int row = 0; row < rows; row++)
            {
                sum += Vector512.LoadUnsafe(ref source, (nuint)(row * stride + column));
            }
            sum.StoreUnsafe(ref target, (nuint)column);
        }
    }
}
