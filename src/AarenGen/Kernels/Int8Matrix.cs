using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AarenGen.Kernels;

/// <summary>
/// A matrix of bytes with one scale per output, and its multiplication with rows that are rounded to 14 bits. Rows are split into two
/// halves of 7 bits, each an unsigned byte, so that a multiplication is two dot products of bytes. Sums are of integers and exact, in
/// any order and with any instructions.
/// </summary>
/// <remarks>
/// Layout: panels of 32 outputs (the last may have 16), each [inputs / 4, outputs, 4] bytes with inputs padded to a multiple of 4; then a
/// float scale an output; then the sum of its bytes, an integer an output. With q = round(x / s) + 8192 = 128 h + l and a byte b: Σ b (q −
/// 8192) = 128 (Σ b h − 64 Σ b) + Σ b l. Halves of 7 bits keep two products of bytes within 16 bits, which vpmaddubsw needs.
/// </remarks>
internal readonly unsafe struct Int8Matrix(void* memory, int inputs, int columns)
{
    private const int Panel = Layout.Panel, Zero = 8192, Largest = 8191, HalfBits = 7, Group = 4;

    /// <summary>Bytes of halves on the stack.</summary>
    private const int HalvesBytes = 16384;

    private readonly int groups = (inputs + Group - 1) / Group;

    private sbyte* Bytes => (sbyte*)memory;

    private float* Scales => (float*)(Bytes + (nint)groups * Group * columns);

    private int* Sums => (int*)(Scales + columns);

    public static void Pack(ReadOnlySpan<float> weight, int outputs, int inputs, int stride, Span<float> packed)
    {
        fixed (float* memory = packed)
        {
            var matrix = new Int8Matrix(memory, inputs, Layout.Pad(outputs));
            new Span<byte>(memory, packed.Length * sizeof(float)).Clear();
            for (int output = 0; output < outputs; output++)
            {
                ReadOnlySpan<float> row = weight.Slice(output * stride, inputs);
                float largest = 0;
                foreach (float value in row)
                {
                    largest = Math.Max(largest, Math.Abs(value));
                }
                float scale = largest / sbyte.MaxValue;
                int sum = 0;
                for (int k = 0; k < inputs; k++)
                {
                    var value = (sbyte)(scale > 0 ? Math.Round(row[k] / scale) : 0);
                    *matrix.At(output, k) = value;
                    sum += value;
                }
                matrix.Scales[output] = scale;
                matrix.Sums[output] = sum;
            }
        }
    }

    /// <summary>c = a B + bias + residual (or none where null).</summary>
    [SkipLocalsInit]
    public void Multiply(float* a, int rows, nint aStride, float* bias, float* residual, float* c, nint cStride)
    {
        int halves = groups * Group, block = Math.Clamp(HalvesBytes / (2 * halves), 1, rows);
        byte* high = stackalloc byte[2 * block * halves];
        byte* low = high + block * halves;
        float* scales = stackalloc float[block];
        for (int first = 0; first < rows; first += block)
        {
            int count = Math.Min(block, rows - first);
            for (int row = 0; row < count; row++)
            {
                scales[row] = Split(a + (first + row) * aStride, high + row * halves, low + row * halves);
            }
            for (int column = 0; column < columns; column += Panel)
            {
                for (int row = 0; row < count; row++)
                {
                    nint at = (first + row) * cStride + column;
                    Panels(
                        column, high + row * halves, low + row * halves, scales[row], bias + column,
                        residual is null ? null : residual + at, c + at);
                }
            }
        }
    }

    private sbyte* At(int output, int k)
    {
        int first = output / Panel * Panel, width = Math.Min(Panel, columns - first);
        return Bytes + (nint)first * groups * Group + ((nint)(k / Group) * width + (output - first)) * Group + k % Group;
    }

    /// <summary>
    /// Rounds a row to whole multiples of a scale, which it returns, and splits these. Values that are not finite make the scale so.
    /// </summary>
    private float Split(float* x, byte* high, byte* low)
    {
        int vectors = inputs / Layout.Lane * Layout.Lane;
        Vector512<float> max = Vector512<float>.Zero;
        for (int k = 0; k < vectors; k += Layout.Lane)
        {
            max = Vector512.Max(max, Vector512.Abs(Vector512.Load(x + k)));
        }
        float largest = 0;
        for (int lane = 0; lane < Layout.Lane; lane++)
        {
            largest = Math.Max(largest, max.GetElement(lane));
        }
        for (int k = vectors; k < inputs; k++)
        {
            largest = Math.Max(largest, Math.Abs(x[k]));
        }
        float inverse = largest > 0 ? Largest / largest : 0;
        for (int k = 0; k < vectors; k += Layout.Lane)
        {
            Vector512<int> q = Vector512.ConvertToInt32Native(Vector512.Round(Vector512.Load(x + k) * inverse)) + Vector512.Create(Zero);
            Narrow(q >> HalfBits).Store(high + k);
            Narrow(q & Vector512.Create((1 << HalfBits) - 1)).Store(low + k);
        }
        for (int k = vectors; k < groups * Group; k++)
        {
            int q = (k < inputs ? (int)Math.Round(x[k] * inverse) : 0) + Zero;
            high[k] = (byte)(q >> HalfBits);
            low[k] = (byte)(q & (1 << HalfBits) - 1);
        }
        return largest / Largest;

        static Vector128<byte> Narrow(Vector512<int> values) => Avx512F.IsSupported
            ? Avx512F.ConvertToVector128Byte(values)
            : Vector128.Narrow(
                Vector128.Narrow(values.GetLower().GetLower().AsUInt32(), values.GetLower().GetUpper().AsUInt32()),
                Vector128.Narrow(values.GetUpper().GetLower().AsUInt32(), values.GetUpper().GetUpper().AsUInt32()));
    }

    /// <summary>A row's outputs of one panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Panels(int first, byte* high, byte* low, float scale, float* bias, float* residual, float* c)
    {
        int width = Math.Min(Panel, columns - first);
        sbyte* b = Bytes + (nint)first * groups * Group;
        if (!Avx2.IsSupported)
        {
            for (int column = 0; column < width; column++)
            {
                int h = 0, l = 0;
                for (int k = 0; k < groups * Group; k++)
                {
                    int value = b[(k / Group * width + column) * Group + k % Group];
                    h += value * high[k];
                    l += value * low[k];
                }
                float sum = 128f * (h - 64 * Sums[first + column]) + l;
                c[column] = sum * (Scales[first + column] * scale) + bias[column] + (residual is null ? 0 : residual[column]);
            }
            return;
        }
        Vector256<int> h0 = default, h1 = default, h2 = default, h3 = default, l0 = default, l1 = default, l2 = default, l3 = default;
        if (width == Panel)
        {
            for (int k = groups; k > 0; k--)
            {
                Vector256<byte> h = Vector256.Create(*(uint*)high).AsByte(), l = Vector256.Create(*(uint*)low).AsByte();
                Vector256<sbyte> b0 = Vector256.Load(b), b1 = Vector256.Load(b + 32), b2 = Vector256.Load(b + 64),
                    b3 = Vector256.Load(b + 96);
                h0 = Dot(h0, h, b0);
                h1 = Dot(h1, h, b1);
                h2 = Dot(h2, h, b2);
                h3 = Dot(h3, h, b3);
                l0 = Dot(l0, l, b0);
                l1 = Dot(l1, l, b1);
                l2 = Dot(l2, l, b2);
                l3 = Dot(l3, l, b3);
                high += Group;
                low += Group;
                b += Group * Panel;
            }
            Finish(first + 16, h2, l2, scale, bias + 16, residual is null ? null : residual + 16, c + 16);
            Finish(first + 24, h3, l3, scale, bias + 24, residual is null ? null : residual + 24, c + 24);
        }
        else
        {
            for (int k = groups; k > 0; k--)
            {
                Vector256<byte> h = Vector256.Create(*(uint*)high).AsByte(), l = Vector256.Create(*(uint*)low).AsByte();
                Vector256<sbyte> b0 = Vector256.Load(b), b1 = Vector256.Load(b + 32);
                h0 = Dot(h0, h, b0);
                h1 = Dot(h1, h, b1);
                l0 = Dot(l0, l, b0);
                l1 = Dot(l1, l, b1);
                high += Group;
                low += Group;
                b += Group * Layout.Lane;
            }
        }
        Finish(first, h0, l0, scale, bias, residual, c);
        Finish(first + 8, h1, l1, scale, bias + 8, residual is null ? null : residual + 8, c + 8);
    }

    /// <summary>Adds to each integer the dot product of four pairs of bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Dot(Vector256<int> sum, Vector256<byte> x, Vector256<sbyte> b) => AvxVnni.IsSupported
        ? AvxVnni.MultiplyWideningAndAdd(sum, x, b)
        : sum + Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(x, b), Vector256<short>.One);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Finish(int column, Vector256<int> high, Vector256<int> low, float scale, float* bias, float* residual, float* c)
    {
        Vector256<float> upper = Vector256.ConvertToSingle(high - (Vector256.Load(Sums + column) << 6));
        Vector256<float> sum = upper * 128f + Vector256.ConvertToSingle(low);
        Vector256<float> result = sum * (Vector256.Load(Scales + column) * scale) + Vector256.Load(bias);
        (residual is null ? result : result + Vector256.Load(residual)).Store(c);
    }
}
