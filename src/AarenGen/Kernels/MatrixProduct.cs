using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AarenGen.Kernels;

/// <summary>
/// Products of rows and matrices. Every element of a result is a bias, then products summed over k in ascending order in one chain
/// of multiply-adds, then a residual, whatever the number of rows: one row alone gives the same bits as the same row among many.
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
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="packed">inputs × Pad(outputs) floats: panels of 32 columns (the last may have 16), each [inputs, columns].</param>
    public static void Pack(ReadOnlySpan<float> weight, int outputs, int inputs, int stride, Span<float> packed)
    {
        int columns = Layout.Pad(outputs);
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
    /// <param name="stride">Floats from row to row, at least Pad(inputs).</param>
    /// <param name="packed">outputs × Pad(inputs) floats, in panels as of <see cref="Pack"/>.</param>
    public static void PackTransposed(ReadOnlySpan<float> weight, int outputs, int inputs, int stride, Span<float> packed)
    {
        int columns = Layout.Pad(inputs);
        Layout.Check(weight.Length, (outputs - 1) * stride + columns);
        Layout.Check(packed.Length, outputs * columns);
        for (int first = 0; first < columns; first += Panel)
        {
            int width = Math.Min(Panel, columns - first);
            for (int row = 0; row < outputs; row++)
            {
                weight.Slice(row * stride + first, width).CopyTo(packed.Slice(first * outputs + row * width, width));
            }
        }
    }

    /// <summary>c = a B + bias + residual for a packed B.</summary>
    /// <param name="a">[rows, inner]; the last row may end at inner.</param>
    /// <param name="rows">Rows of a and c.</param>
    /// <param name="inner">Columns of a and rows of B.</param>
    /// <param name="aStride">Floats from row to row of a.</param>
    /// <param name="packed">B, packed by <see cref="Pack"/> or <see cref="PackTransposed"/>.</param>
    /// <param name="columns">Columns of B.</param>
    /// <param name="bias">Pad(columns) floats, the padding zero; or empty.</param>
    /// <param name="residual">[rows, Pad(columns)] at c's stride, added last; may be c; or empty.</param>
    /// <param name="c">[rows, Pad(columns)], overwritten; its padding becomes the residual's.</param>
    /// <param name="cStride">Floats from row to row of c.</param>
    public static void Multiply(
        ReadOnlySpan<float> a, int rows, int inner, int aStride, ReadOnlySpan<float> packed, int columns,
        ReadOnlySpan<float> bias, ReadOnlySpan<float> residual, Span<float> c, int cStride)
    {
        int padded = Layout.Pad(columns), length = (rows - 1) * cStride + padded;
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
                CStride = cStride,
            }.Run(rows, padded);
        }
    }

    /// <summary>dW += dyᵀ x, and db += the sum of the rows of dy.</summary>
    /// <param name="dy">[rows, Pad(outputs)].</param>
    /// <param name="rows">Rows of dy and x.</param>
    /// <param name="outputs">Columns of dy, rows of dW.</param>
    /// <param name="dyStride">Floats from row to row of dy.</param>
    /// <param name="x">[rows, Pad(inputs)].</param>
    /// <param name="inputs">Columns of x and dW.</param>
    /// <param name="xStride">Floats from row to row of x.</param>
    /// <param name="dw">[outputs, Pad(inputs)], added to.</param>
    /// <param name="dwStride">Floats from row to row of dW.</param>
    /// <param name="db">Pad(outputs) floats, added to.</param>
    public static void AccumulateGradients(
        ReadOnlySpan<float> dy, int rows, int outputs, int dyStride, ReadOnlySpan<float> x, int inputs, int xStride,
        Span<float> dw, int dwStride, Span<float> db)
    {
        int padded = Layout.Pad(inputs);
        Layout.Check(dy.Length, (rows - 1) * dyStride + Layout.Pad(outputs));
        Layout.Check(x.Length, (rows - 1) * xStride + padded);
        Layout.Check(dw.Length, (outputs - 1) * dwStride + padded);
        Layout.Check(db.Length, Layout.Pad(outputs));
        fixed (float* pdy = dy, px = x, pdw = dw)
        {
            new TiledProduct<PackedFloats>
            {
                A = pdy, ARow = 1, AColumn = dyStride, Inner = rows, B = px, BStride = xStride, Bias = null, Residual = pdw, C = pdw,
                CStride = dwStride,
            }.Run(outputs, padded);
        }
        AccumulateColumnSums(dy, rows, outputs, dyStride, db);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AccumulateColumnSums(ReadOnlySpan<float> dy, int rows, int columns, int stride, Span<float> sums)
    {
        int padded = Layout.Pad(columns);
        ref float source = ref MemoryMarshal.GetReference(dy);
        ref float target = ref MemoryMarshal.GetReference(sums);
        for (int column = 0; column < padded; column += Lane)
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
