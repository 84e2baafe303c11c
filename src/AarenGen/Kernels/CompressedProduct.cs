using System.ComponentModel;

namespace AarenGen.Kernels;

/// <summary>
/// Products with matrices that are kept in a narrower type. A stream reads all of a model's weights for each token, so that bytes,
/// not operations, decide its speed.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static unsafe class CompressedProduct
{
    /// <summary>The least inputs and outputs of a matrix that is kept in a narrower type, as the generator decides too.</summary>
    internal const int MinWidth = 64;

    /// <summary>Packs W [outputs, inputs] for y = x Wᵀ.</summary>
    /// <param name="precision">How the matrix is kept.</param>
    /// <param name="weight">W, row-major.</param>
    /// <param name="outputs">Rows of W.</param>
    /// <param name="inputs">Columns of W, at least 16.</param>
    /// <param name="packed">inputs × Pad(outputs) floats, of which narrower types take the first half or quarter.</param>
    public static void Pack(WeightPrecision precision, ReadOnlySpan<float> weight, int outputs, int inputs, Span<float> packed)
    {
        int stride = Layout.Pad(inputs);
        Layout.Check(weight.Length, (outputs - 1) * stride + inputs);
        Layout.Check(packed.Length, inputs * Layout.Pad(outputs));
        switch (precision)
        {
            case WeightPrecision.BFloat16:
                PackBFloat16(weight, outputs, inputs, stride, packed);
                break;
            case WeightPrecision.Int8:
                Int8Matrix.Pack(weight, outputs, inputs, stride, packed);
                break;
            default:
                MatrixProduct.Pack(weight, outputs, inputs, packed);
                break;
        }
    }

    /// <summary>c = a B + bias + residual, as by <see cref="MatrixProduct.Multiply"/>.</summary>
    /// <param name="precision">How the matrix was packed.</param>
    /// <param name="a">[rows, Pad(inner)]; the last row may end at inner.</param>
    /// <param name="rows">Rows of a and c.</param>
    /// <param name="inner">Columns of a and rows of B.</param>
    /// <param name="packed">B, packed by <see cref="Pack"/>.</param>
    /// <param name="columns">Columns of B.</param>
    /// <param name="c">[rows, Pad(columns)], overwritten.</param>
    /// <param name="bias">Pad(columns) floats, the padding zero.</param>
    /// <param name="residual">[rows, Pad(columns)], added last; may be c; or empty.</param>
    public static void Multiply(
        WeightPrecision precision, ReadOnlySpan<float> a, int rows, int inner, ReadOnlySpan<float> packed, int columns, Span<float> c,
        ReadOnlySpan<float> bias, ReadOnlySpan<float> residual = default)
    {
        if (precision == WeightPrecision.Float32)
        {
            MatrixProduct.Multiply(a, rows, inner, packed, columns, c, bias, residual);
            return;
        }
        int padded = Layout.Pad(columns), length = rows * padded, aStride = Layout.Pad(inner);
        Layout.Check(a.Length, (rows - 1) * aStride + inner);
        Layout.Check(packed.Length, inner * padded);
        Layout.Check(c.Length, length);
        Layout.Check(residual.IsEmpty ? length : residual.Length, length);
        Layout.Check(bias.Length, padded);
        fixed (float* pa = a, pb = packed, pBias = bias, pResidual = residual, pc = c)
        {
            if (precision == WeightPrecision.BFloat16)
            {
                new TiledProduct<PackedBFloat16>
                {
                    A = pa, ARow = aStride, AColumn = 1, Inner = inner, B = pb, BStride = 0, Bias = pBias, Residual = pResidual, C = pc,
                    CStride = padded,
                }.Run(rows, padded);
            }
            else
            {
                new Int8Matrix(pb, inner, padded).Multiply(pa, rows, aStride, pBias, pResidual, pc, padded);
            }
        }
    }

    private static void PackBFloat16(ReadOnlySpan<float> weight, int outputs, int inputs, int stride, Span<float> packed)
    {
        fixed (float* start = packed)
        {
            var target = (ushort*)start;
            for (int first = 0; first < outputs; first += Layout.Panel)
            {
                for (int k = 0; k < inputs; k++)
                {
                    for (int column = 0; column < Layout.Panel; column++)
                    {
                        int output = first + column % 2 * Layout.Lane + column / 2;
                        *target++ = output < outputs ? BFloat16.Round(weight[output * stride + k]) : (ushort)0;
                    }
                }
            }
        }
    }
}
