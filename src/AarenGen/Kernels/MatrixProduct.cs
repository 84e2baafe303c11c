using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AarenGen.Kernels;

/// <summary>
/// Products of rows and matrices. Every element of a result is summed over k in ascending order in one chain of fused
/// multiply-adds, whatever the number of rows: one row alone gives the same bits as the same row among many.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static unsafe class MatrixProduct
{
    private const int Lane = Layout.Lane;
    private const int Panel = 2 * Lane;

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

    /// <summary>c = a B + bias, or c += a B + bias, for a packed B.</summary>
    /// <param name="a">[rows, inner]; the last row may end at inner.</param>
    /// <param name="rows">Rows of a and c.</param>
    /// <param name="inner">Columns of a and rows of B.</param>
    /// <param name="aStride">Floats from row to row of a.</param>
    /// <param name="packed">B, packed by <see cref="Pack"/> or <see cref="PackTransposed"/>.</param>
    /// <param name="columns">Columns of B.</param>
    /// <param name="bias">Pad(columns) floats, the padding zero; or empty.</param>
    /// <param name="c">[rows, Pad(columns)], overwritten or added to; its padding becomes zero.</param>
    /// <param name="cStride">Floats from row to row of c.</param>
    /// <param name="accumulate">Whether the product is added to c.</param>
    public static void Multiply(
        ReadOnlySpan<float> a, int rows, int inner, int aStride, ReadOnlySpan<float> packed, int columns,
        ReadOnlySpan<float> bias, Span<float> c, int cStride, bool accumulate = false)
    {
        int padded = Layout.Pad(columns);
        Layout.Check(a.Length, (rows - 1) * aStride + inner);
        Layout.Check(packed.Length, inner * padded);
        Layout.Check(c.Length, (rows - 1) * cStride + padded);
        Layout.Check(bias.IsEmpty ? padded : bias.Length, padded);
        fixed (float* pa = a, pb = packed, pBias = bias, pc = c)
        {
            for (int first = 0; first < padded; first += Panel)
            {
                int width = Math.Min(Panel, padded - first);
                Start(pBias is null ? null : pBias + first, rows, width, pc + first, cStride, accumulate);
            }
            Product(pa, rows, inner, aStride, 1, pb, padded, packedPanels: true, 0, pc, cStride);
        }
    }

    /// <summary>dW += dyᵀ x.</summary>
    /// <param name="dy">[rows, outputs].</param>
    /// <param name="rows">Rows of dy and x.</param>
    /// <param name="outputs">Columns of dy, rows of dW.</param>
    /// <param name="dyStride">Floats from row to row of dy.</param>
    /// <param name="x">[rows, Pad(inputs)].</param>
    /// <param name="inputs">Columns of x and dW.</param>
    /// <param name="xStride">Floats from row to row of x.</param>
    /// <param name="dw">[outputs, Pad(inputs)], added to.</param>
    /// <param name="dwStride">Floats from row to row of dW.</param>
    public static void AccumulateWeightGradient(
        ReadOnlySpan<float> dy, int rows, int outputs, int dyStride, ReadOnlySpan<float> x, int inputs, int xStride,
        Span<float> dw, int dwStride)
    {
        int padded = Layout.Pad(inputs);
        Layout.Check(dy.Length, (rows - 1) * dyStride + outputs);
        Layout.Check(x.Length, (rows - 1) * xStride + padded);
        Layout.Check(dw.Length, (outputs - 1) * dwStride + padded);
        fixed (float* pdy = dy, px = x, pdw = dw)
        {
            Product(pdy, outputs, rows, 1, dyStride, px, padded, packedPanels: false, xStride, pdw, dwStride);
        }
    }

    /// <summary>sums += the sum of the rows of dy: the gradient of a bias.</summary>
    /// <param name="dy">[rows, Pad(columns)].</param>
    /// <param name="rows">Rows of dy.</param>
    /// <param name="columns">Columns of dy.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="sums">Pad(columns) floats, added to.</param>
    public static void AccumulateColumnSums(ReadOnlySpan<float> dy, int rows, int columns, int stride, Span<float> sums)
    {
        int padded = Layout.Pad(columns);
        Layout.Check(dy.Length, (rows - 1) * stride + padded);
        Layout.Check(sums.Length, padded);
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

    /// <summary>Lets c begin with the bias, so that the product only adds.</summary>
    private static void Start(float* bias, int rows, int width, float* c, int cStride, bool accumulate)
    {
        if (accumulate && bias is null)
        {
            return;
        }
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < width; column += Lane)
            {
                float* at = c + row * cStride + column;
                Vector512<float> start = bias is null ? Vector512<float>.Zero : Vector512.Load(bias + column);
                Vector512.Store(accumulate ? start + Vector512.Load(at) : start, at);
            }
        }
    }

    /// <summary>
    /// c += a B, where element (i, k) of a is at i·aRow + k·aColumn, and B is packed or lies in rows of its own stride. Panels
    /// of B go outside, so that one stays in the cache while all rows of a pass by.
    /// </summary>
    private static void Product(
        float* a, int rows, int inner, int aRow, int aColumn, float* b, int columns, bool packedPanels, int bStride, float* c, int cStride)
    {
        int first = 0;
        if (rows < 4)
        {
            // Few rows: several panels at a time, so that enough independent sums hide the latency of a multiply-add.
            for (; first + 2 * Panel <= columns; first += 2 * Panel)
            {
                float* left = packedPanels ? b + (nint)first * inner : b + first;
                float* right = packedPanels ? left + (nint)Panel * inner : left + Panel;
                for (int row = 0; row < rows; row++)
                {
                    Tile1x4(a + row * aRow, inner, aColumn, left, right, packedPanels ? Panel : bStride, c + row * cStride + first);
                }
            }
        }
        for (; first < columns; first += Panel)
        {
            int width = Math.Min(Panel, columns - first);
            float* panel = packedPanels ? b + (nint)first * inner : b + first;
            int stride = packedPanels ? width : bStride;
            float* cPanel = c + first;
            int row = 0;
            if (width == Panel)
            {
                for (; row + 12 <= rows; row += 12)
                {
                    Tile12x2(a + row * aRow, inner, aRow, aColumn, panel, stride, cPanel + row * cStride, cStride);
                }
                for (; row + 4 <= rows; row += 4)
                {
                    Tile4x2(a + row * aRow, inner, aRow, aColumn, panel, stride, cPanel + row * cStride, cStride);
                }
                for (; row < rows; row++)
                {
                    Tile1x2(a + row * aRow, inner, aColumn, panel, stride, cPanel + row * cStride);
                }
            }
            else
            {
                for (; row + 8 <= rows; row += 8)
                {
                    Tile8x1(a + row * aRow, inner, aRow, aColumn, panel, stride, cPanel + row * cStride, cStride);
                }
                for (; row < rows; row++)
                {
                    Tile1x1(a + row * aRow, inner, aColumn, panel, stride, cPanel + row * cStride);
                }
            }
        }
    }

    /// <summary>24 sums in registers, two vectors of B and a broadcast of a: as many as AVX-512's 32 registers take.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile12x2(float* a, int inner, int aRow, int aColumn, float* b, int bStride, float* c, int cStride)
    {
        float* c4 = c + 4 * cStride, c8 = c + 8 * cStride;
        Vector512<float> s00 = Vector512.Load(c), s01 = Vector512.Load(c + Lane);
        Vector512<float> s10 = Vector512.Load(c + cStride), s11 = Vector512.Load(c + cStride + Lane);
        Vector512<float> s20 = Vector512.Load(c + 2 * cStride), s21 = Vector512.Load(c + 2 * cStride + Lane);
        Vector512<float> s30 = Vector512.Load(c + 3 * cStride), s31 = Vector512.Load(c + 3 * cStride + Lane);
        Vector512<float> s40 = Vector512.Load(c4), s41 = Vector512.Load(c4 + Lane);
        Vector512<float> s50 = Vector512.Load(c4 + cStride), s51 = Vector512.Load(c4 + cStride + Lane);
        Vector512<float> s60 = Vector512.Load(c4 + 2 * cStride), s61 = Vector512.Load(c4 + 2 * cStride + Lane);
        Vector512<float> s70 = Vector512.Load(c4 + 3 * cStride), s71 = Vector512.Load(c4 + 3 * cStride + Lane);
        Vector512<float> s80 = Vector512.Load(c8), s81 = Vector512.Load(c8 + Lane);
        Vector512<float> s90 = Vector512.Load(c8 + cStride), s91 = Vector512.Load(c8 + cStride + Lane);
        Vector512<float> sa0 = Vector512.Load(c8 + 2 * cStride), sa1 = Vector512.Load(c8 + 2 * cStride + Lane);
        Vector512<float> sb0 = Vector512.Load(c8 + 3 * cStride), sb1 = Vector512.Load(c8 + 3 * cStride + Lane);
        nint row = aRow, row3 = 3 * row;
        float* a4 = a + 4 * row, a8 = a + 8 * row;
        for (int k = 0; k < inner; k++)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + Lane);
            Vector512<float> x = Vector512.Create(*a);
            s00 = Vector512.FusedMultiplyAdd(x, b0, s00);
            s01 = Vector512.FusedMultiplyAdd(x, b1, s01);
            x = Vector512.Create(a[row]);
            s10 = Vector512.FusedMultiplyAdd(x, b0, s10);
            s11 = Vector512.FusedMultiplyAdd(x, b1, s11);
            x = Vector512.Create(a[2 * row]);
            s20 = Vector512.FusedMultiplyAdd(x, b0, s20);
            s21 = Vector512.FusedMultiplyAdd(x, b1, s21);
            x = Vector512.Create(a[row3]);
            s30 = Vector512.FusedMultiplyAdd(x, b0, s30);
            s31 = Vector512.FusedMultiplyAdd(x, b1, s31);
            x = Vector512.Create(*a4);
            s40 = Vector512.FusedMultiplyAdd(x, b0, s40);
            s41 = Vector512.FusedMultiplyAdd(x, b1, s41);
            x = Vector512.Create(a4[row]);
            s50 = Vector512.FusedMultiplyAdd(x, b0, s50);
            s51 = Vector512.FusedMultiplyAdd(x, b1, s51);
            x = Vector512.Create(a4[2 * row]);
            s60 = Vector512.FusedMultiplyAdd(x, b0, s60);
            s61 = Vector512.FusedMultiplyAdd(x, b1, s61);
            x = Vector512.Create(a4[row3]);
            s70 = Vector512.FusedMultiplyAdd(x, b0, s70);
            s71 = Vector512.FusedMultiplyAdd(x, b1, s71);
            x = Vector512.Create(*a8);
            s80 = Vector512.FusedMultiplyAdd(x, b0, s80);
            s81 = Vector512.FusedMultiplyAdd(x, b1, s81);
            x = Vector512.Create(a8[row]);
            s90 = Vector512.FusedMultiplyAdd(x, b0, s90);
            s91 = Vector512.FusedMultiplyAdd(x, b1, s91);
            x = Vector512.Create(a8[2 * row]);
            sa0 = Vector512.FusedMultiplyAdd(x, b0, sa0);
            sa1 = Vector512.FusedMultiplyAdd(x, b1, sa1);
            x = Vector512.Create(a8[row3]);
            sb0 = Vector512.FusedMultiplyAdd(x, b0, sb0);
            sb1 = Vector512.FusedMultiplyAdd(x, b1, sb1);
            a += aColumn;
            a4 += aColumn;
            a8 += aColumn;
            b += bStride;
        }
        s00.Store(c);
        s01.Store(c + Lane);
        s10.Store(c + cStride);
        s11.Store(c + cStride + Lane);
        s20.Store(c + 2 * cStride);
        s21.Store(c + 2 * cStride + Lane);
        s30.Store(c + 3 * cStride);
        s31.Store(c + 3 * cStride + Lane);
        s40.Store(c4);
        s41.Store(c4 + Lane);
        s50.Store(c4 + cStride);
        s51.Store(c4 + cStride + Lane);
        s60.Store(c4 + 2 * cStride);
        s61.Store(c4 + 2 * cStride + Lane);
        s70.Store(c4 + 3 * cStride);
        s71.Store(c4 + 3 * cStride + Lane);
        s80.Store(c8);
        s81.Store(c8 + Lane);
        s90.Store(c8 + cStride);
        s91.Store(c8 + cStride + Lane);
        sa0.Store(c8 + 2 * cStride);
        sa1.Store(c8 + 2 * cStride + Lane);
        sb0.Store(c8 + 3 * cStride);
        sb1.Store(c8 + 3 * cStride + Lane);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4x2(float* a, int inner, int aRow, int aColumn, float* b, int bStride, float* c, int cStride)
    {
        Vector512<float> s00 = Vector512.Load(c), s01 = Vector512.Load(c + Lane);
        Vector512<float> s10 = Vector512.Load(c + cStride), s11 = Vector512.Load(c + cStride + Lane);
        Vector512<float> s20 = Vector512.Load(c + 2 * cStride), s21 = Vector512.Load(c + 2 * cStride + Lane);
        Vector512<float> s30 = Vector512.Load(c + 3 * cStride), s31 = Vector512.Load(c + 3 * cStride + Lane);
        nint row = aRow;
        for (int k = 0; k < inner; k++)
        {
            Vector512<float> b0 = Vector512.Load(b), b1 = Vector512.Load(b + Lane);
            Vector512<float> x = Vector512.Create(*a);
            s00 = Vector512.FusedMultiplyAdd(x, b0, s00);
            s01 = Vector512.FusedMultiplyAdd(x, b1, s01);
            x = Vector512.Create(a[row]);
            s10 = Vector512.FusedMultiplyAdd(x, b0, s10);
            s11 = Vector512.FusedMultiplyAdd(x, b1, s11);
            x = Vector512.Create(a[2 * row]);
            s20 = Vector512.FusedMultiplyAdd(x, b0, s20);
            s21 = Vector512.FusedMultiplyAdd(x, b1, s21);
            x = Vector512.Create(a[3 * row]);
            s30 = Vector512.FusedMultiplyAdd(x, b0, s30);
            s31 = Vector512.FusedMultiplyAdd(x, b1, s31);
            a += aColumn;
            b += bStride;
        }
        s00.Store(c);
        s01.Store(c + Lane);
        s10.Store(c + cStride);
        s11.Store(c + cStride + Lane);
        s20.Store(c + 2 * cStride);
        s21.Store(c + 2 * cStride + Lane);
        s30.Store(c + 3 * cStride);
        s31.Store(c + 3 * cStride + Lane);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile8x1(float* a, int inner, int aRow, int aColumn, float* b, int bStride, float* c, int cStride)
    {
        float* c4 = c + 4 * cStride;
        Vector512<float> s0 = Vector512.Load(c), s1 = Vector512.Load(c + cStride);
        Vector512<float> s2 = Vector512.Load(c + 2 * cStride), s3 = Vector512.Load(c + 3 * cStride);
        Vector512<float> s4 = Vector512.Load(c4), s5 = Vector512.Load(c4 + cStride);
        Vector512<float> s6 = Vector512.Load(c4 + 2 * cStride), s7 = Vector512.Load(c4 + 3 * cStride);
        nint row = aRow;
        float* a4 = a + 4 * row;
        for (int k = 0; k < inner; k++)
        {
            Vector512<float> x = Vector512.Load(b);
            s0 = Vector512.FusedMultiplyAdd(Vector512.Create(*a), x, s0);
            s1 = Vector512.FusedMultiplyAdd(Vector512.Create(a[row]), x, s1);
            s2 = Vector512.FusedMultiplyAdd(Vector512.Create(a[2 * row]), x, s2);
            s3 = Vector512.FusedMultiplyAdd(Vector512.Create(a[3 * row]), x, s3);
            s4 = Vector512.FusedMultiplyAdd(Vector512.Create(*a4), x, s4);
            s5 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[row]), x, s5);
            s6 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[2 * row]), x, s6);
            s7 = Vector512.FusedMultiplyAdd(Vector512.Create(a4[3 * row]), x, s7);
            a += aColumn;
            a4 += aColumn;
            b += bStride;
        }
        s0.Store(c);
        s1.Store(c + cStride);
        s2.Store(c + 2 * cStride);
        s3.Store(c + 3 * cStride);
        s4.Store(c4);
        s5.Store(c4 + cStride);
        s6.Store(c4 + 2 * cStride);
        s7.Store(c4 + 3 * cStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x4(float* a, int inner, int aColumn, float* left, float* right, int bStride, float* c)
    {
        Vector512<float> s0 = Vector512.Load(c), s1 = Vector512.Load(c + Lane);
        Vector512<float> s2 = Vector512.Load(c + 2 * Lane), s3 = Vector512.Load(c + 3 * Lane);
        for (int k = 0; k < inner; k++)
        {
            Vector512<float> x = Vector512.Create(*a);
            s0 = Vector512.FusedMultiplyAdd(x, Vector512.Load(left), s0);
            s1 = Vector512.FusedMultiplyAdd(x, Vector512.Load(left + Lane), s1);
            s2 = Vector512.FusedMultiplyAdd(x, Vector512.Load(right), s2);
            s3 = Vector512.FusedMultiplyAdd(x, Vector512.Load(right + Lane), s3);
            a += aColumn;
            left += bStride;
            right += bStride;
        }
        s0.Store(c);
        s1.Store(c + Lane);
        s2.Store(c + 2 * Lane);
        s3.Store(c + 3 * Lane);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x2(float* a, int inner, int aColumn, float* b, int bStride, float* c)
    {
        Vector512<float> s0 = Vector512.Load(c), s1 = Vector512.Load(c + Lane);
        for (int k = 0; k < inner; k++)
        {
            Vector512<float> x = Vector512.Create(*a);
            s0 = Vector512.FusedMultiplyAdd(x, Vector512.Load(b), s0);
            s1 = Vector512.FusedMultiplyAdd(x, Vector512.Load(b + Lane), s1);
            a += aColumn;
            b += bStride;
        }
        s0.Store(c);
        s1.Store(c + Lane);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile1x1(float* a, int inner, int aColumn, float* b, int bStride, float* c)
    {
        Vector512<float> sum = Vector512.Load(c);
        for (int k = 0; k < inner; k++)
        {
            sum = Vector512.FusedMultiplyAdd(Vector512.Create(*a), Vector512.Load(b), sum);
            a += aColumn;
            b += bStride;
        }
        sum.Store(c);
    }
}
