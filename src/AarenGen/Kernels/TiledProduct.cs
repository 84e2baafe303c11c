using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AarenGen.Kernels;

/// <summary>How the elements of B lie in memory.</summary>
internal unsafe interface IPanelFormat
{
    /// <summary>Bytes of an element.</summary>
    static abstract int ElementBytes { get; }

    /// <summary>Bytes of a row of a packed panel with the given number of columns, 16 or 32.</summary>
    static abstract int RowBytes(int columns);

    /// <summary>All 32 elements of a panel's row.</summary>
    static abstract void LoadPair(byte* row, out Vector512<float> left, out Vector512<float> right);

    /// <summary>The first 16 elements of a panel's row.</summary>
    static abstract Vector512<float> LoadLeft(byte* row);

    /// <summary>The last 16 elements of a row of a panel of 32.</summary>
    static abstract Vector512<float> LoadRight(byte* row);
}

/// <summary>
/// c = bias + a B + residual on tiles that keep their sums in registers. Element (i, k) of a is at i·ARow + k·AColumn. B is packed in
/// panels of 32 columns, or lies in rows.
/// </summary>
/// <remarks>
/// A tile of 12 rows by 32 columns fills AVX-512's 32 registers with 24 sums, two vectors of B and one of a, so that a load of B
/// serves 12 multiply-adds. Where a vector of 16 floats is two registers of AVX2, the tile is 6 rows by 16 columns: 12 sums of 16
/// registers. Sizes are constants of type arguments: the compiler drops what a smaller tile does not have.
/// </remarks>
internal unsafe struct TiledProduct<TFormat> where TFormat : struct, IPanelFormat
{
    private const int Lane = Layout.Lane;
    private const int Panel = Layout.Panel;

    public required float* A;
    public required nint ARow;
    public required nint AColumn;
    public required int Inner;

    /// <summary>B in TFormat.</summary>
    public required void* B;

    /// <summary>Elements from row to row of B; 0 where it is packed.</summary>
    public required nint BStride;

    /// <summary>A float a column, or null.</summary>
    public required float* Bias;

    /// <summary>Added at the end, at c's stride; or null.</summary>
    public required float* Residual;
    public required float* C;
    public required nint CStride;

    private interface ICount
    {
        static abstract int Value { get; }
    }

    /// <summary>
    /// All rows of c, and columns that are whole vectors. Panels of B go outside, so that one stays in the cache while all rows of a
    /// pass by.
    /// </summary>
    public void Run(int rows, int columns)
    {
        bool isWide = Vector512.IsHardwareAccelerated;
        int tiled = isWide ? rows / 4 * 4 : rows / 6 * 6;
        for (int first = 0; first < columns && tiled > 0; first += Panel)
        {
            int width = Math.Min(Panel, columns - first), row = 0;
            if (!isWide)
            {
                for (; row < tiled; row += 6)
                {
                    for (int column = first; column < first + width; column += Lane)
                    {
                        Tile<Six, One>(row, first, column, width);
                    }
                }
            }
            else if (width == Panel)
            {
                for (; row + 12 <= tiled; row += 12)
                {
                    Tile<Twelve, Two>(row, first, first, width);
                }
                for (; row < tiled; row += 4)
                {
                    Tile<Four, Two>(row, first, first, width);
                }
            }
            else
            {
                for (; row + 12 <= tiled; row += 12)
                {
                    Tile<Twelve, One>(row, first, first, width);
                }
                for (; row < tiled; row += 4)
                {
                    Tile<Four, One>(row, first, first, width);
                }
            }
        }
        // The rows left over, and the single row of a stream: several panels at a time, so that enough independent sums hide the
        // latency of a multiply-add.
        for (int row = tiled; row < rows; row++)
        {
            int first = 0;
            for (; first + 4 * Panel <= columns; first += 4 * Panel)
            {
                Line<Eight>(row, first);
            }
            for (; first + 2 * Panel <= columns; first += 2 * Panel)
            {
                Line<Four>(row, first);
            }
            for (; first + Panel <= columns; first += Panel)
            {
                Line<Two>(row, first);
            }
            if (first < columns)
            {
                Line<One>(row, first);
            }
        }
    }

    /// <summary>Row 0 of a panel's B.</summary>
    private readonly byte* PanelAt(int first) => (byte*)B + (BStride == 0 ? (nint)first * Inner : first) * TFormat.ElementBytes;

    /// <summary>TRows rows by TVectors vectors of c from a column on, which lies in the panel that begins at first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Tile<TRows, TVectors>(int row, int first, int column, int width)
        where TRows : struct, ICount where TVectors : struct, ICount
    {
        bool two = TVectors.Value == 2;
        bool isRight = column != first;
        nint aRow = ARow, aColumn = AColumn, step = BStride == 0 ? TFormat.RowBytes(width) : BStride * TFormat.ElementBytes;
        byte* b = PanelAt(first);
        // Three pointers four rows apart: every address is a pointer and none, one, two or three strides.
        float* a0 = A + row * aRow, a4 = a0 + 4 * aRow, a8 = a4 + 4 * aRow;
        nint row3 = 3 * aRow;
        Vector512<float> left = Bias is null ? Vector512<float>.Zero : Vector512.Load(Bias + column);
        Vector512<float> right = Bias is null || !two ? Vector512<float>.Zero : Vector512.Load(Bias + column + Lane);
        Vector512<float> s00 = left, s10 = left, s20 = left, s30 = left, s40 = left, s50 = left, s60 = left, s70 = left, s80 = left,
            s90 = left, sa0 = left, sb0 = left;
        Vector512<float> s01 = right, s11 = right, s21 = right, s31 = right, s41 = right, s51 = right, s61 = right, s71 = right,
            s81 = right, s91 = right, sa1 = right, sb1 = right;
        for (int k = Inner; k > 0; k--)
        {
            Vector512<float> b0, b1 = default;
            if (two)
            {
                TFormat.LoadPair(b, out b0, out b1);
            }
            else
            {
                b0 = isRight ? TFormat.LoadRight(b) : TFormat.LoadLeft(b);
            }
            Add(*a0, b0, b1, ref s00, ref s01);
            Add(a0[aRow], b0, b1, ref s10, ref s11);
            Add(a0[2 * aRow], b0, b1, ref s20, ref s21);
            Add(a0[row3], b0, b1, ref s30, ref s31);
            if (TRows.Value > 4)
            {
                Add(*a4, b0, b1, ref s40, ref s41);
                Add(a4[aRow], b0, b1, ref s50, ref s51);
            }
            if (TRows.Value > 6)
            {
                Add(a4[2 * aRow], b0, b1, ref s60, ref s61);
                Add(a4[row3], b0, b1, ref s70, ref s71);
                Add(*a8, b0, b1, ref s80, ref s81);
                Add(a8[aRow], b0, b1, ref s90, ref s91);
                Add(a8[2 * aRow], b0, b1, ref sa0, ref sa1);
                Add(a8[row3], b0, b1, ref sb0, ref sb1);
            }
            a0 += aColumn;
            a4 += aColumn;
            a8 += aColumn;
            b += step;
        }
        nint at = row * CStride + column, next = CStride;
        FinishPair<TVectors>(at, s00, s01);
        FinishPair<TVectors>(at + next, s10, s11);
        FinishPair<TVectors>(at + 2 * next, s20, s21);
        FinishPair<TVectors>(at + 3 * next, s30, s31);
        if (TRows.Value > 4)
        {
            FinishPair<TVectors>(at + 4 * next, s40, s41);
            FinishPair<TVectors>(at + 5 * next, s50, s51);
        }
        if (TRows.Value > 6)
        {
            FinishPair<TVectors>(at + 6 * next, s60, s61);
            FinishPair<TVectors>(at + 7 * next, s70, s71);
            FinishPair<TVectors>(at + 8 * next, s80, s81);
            FinishPair<TVectors>(at + 9 * next, s90, s91);
            FinishPair<TVectors>(at + 10 * next, sa0, sa1);
            FinishPair<TVectors>(at + 11 * next, sb0, sb1);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void Add(float x, Vector512<float> b0, Vector512<float> b1, ref Vector512<float> s0, ref Vector512<float> s1)
        {
            Vector512<float> broadcast = Vector512.Create(x);
            s0 = Vector512.MultiplyAddEstimate(broadcast, b0, s0);
            if (TVectors.Value == 2)
            {
                s1 = Vector512.MultiplyAddEstimate(broadcast, b1, s1);
            }
        }
    }

    /// <summary>One row by TVectors vectors of c: half a panel, or one, two or four panels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Line<TVectors>(int row, int first) where TVectors : struct, ICount
    {
        int width = TVectors.Value == 1 ? Lane : Panel;
        nint aColumn = AColumn, step = BStride == 0 ? TFormat.RowBytes(width) : BStride * TFormat.ElementBytes;
        nint panel = BStride == 0 ? step * Inner : width * TFormat.ElementBytes;
        byte* b0 = PanelAt(first), b1 = b0 + panel, b2 = b1 + panel, b3 = b2 + panel;
        float* x = A + row * ARow;
        Vector512<float> s0 = Start(first), s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default,
            s7 = default;
        if (TVectors.Value > 1)
        {
            s1 = Start(first + Lane);
        }
        if (TVectors.Value > 2)
        {
            s2 = Start(first + Panel);
            s3 = Start(first + Panel + Lane);
        }
        if (TVectors.Value > 4)
        {
            s4 = Start(first + 2 * Panel);
            s5 = Start(first + 2 * Panel + Lane);
            s6 = Start(first + 3 * Panel);
            s7 = Start(first + 3 * Panel + Lane);
        }
        for (int k = Inner; k > 0; k--)
        {
            Vector512<float> broadcast = Vector512.Create(*x);
            if (TVectors.Value == 1)
            {
                s0 = Vector512.MultiplyAddEstimate(broadcast, TFormat.LoadLeft(b0), s0);
            }
            else
            {
                AddPair(broadcast, b0, ref s0, ref s1);
            }
            if (TVectors.Value > 2)
            {
                AddPair(broadcast, b1, ref s2, ref s3);
                b1 += step;
            }
            if (TVectors.Value > 4)
            {
                AddPair(broadcast, b2, ref s4, ref s5);
                AddPair(broadcast, b3, ref s6, ref s7);
                b2 += step;
                b3 += step;
            }
            b0 += step;
            x += aColumn;
        }
        nint at = row * CStride + first;
        Finish(at, s0);
        if (TVectors.Value > 1)
        {
            Finish(at + Lane, s1);
        }
        if (TVectors.Value > 2)
        {
            Finish(at + Panel, s2);
            Finish(at + Panel + Lane, s3);
        }
        if (TVectors.Value > 4)
        {
            Finish(at + 2 * Panel, s4);
            Finish(at + 2 * Panel + Lane, s5);
            Finish(at + 3 * Panel, s6);
            Finish(at + 3 * Panel + Lane, s7);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        static void AddPair(Vector512<float> broadcast, byte* b, ref Vector512<float> s0, ref Vector512<float> s1)
        {
            TFormat.LoadPair(b, out Vector512<float> left, out Vector512<float> right);
            s0 = Vector512.MultiplyAddEstimate(broadcast, left, s0);
            s1 = Vector512.MultiplyAddEstimate(broadcast, right, s1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Vector512<float> Start(int column) => Bias is null ? Vector512<float>.Zero : Vector512.Load(Bias + column);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Finish(nint at, Vector512<float> sum) =>
        (Residual is null ? sum : sum + Vector512.Load(Residual + at)).Store(C + at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void FinishPair<TVectors>(nint at, Vector512<float> left, Vector512<float> right) where TVectors : struct, ICount
    {
        Finish(at, left);
        if (TVectors.Value == 2)
        {
            Finish(at + Lane, right);
        }
    }

    private readonly struct One : ICount
    {
        public static int Value => 1;
    }

    private readonly struct Two : ICount
    {
        public static int Value => 2;
    }

    private readonly struct Four : ICount
    {
        public static int Value => 4;
    }

    private readonly struct Six : ICount
    {
        public static int Value => 6;
    }

    private readonly struct Eight : ICount
    {
        public static int Value => 8;
    }

    private readonly struct Twelve : ICount
    {
        public static int Value => 12;
    }
}

/// <summary>Floats as they are.</summary>
internal readonly unsafe struct PackedFloats : IPanelFormat
{
    public static int ElementBytes => sizeof(float);

    public static int RowBytes(int columns) => columns * sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadPair(byte* row, out Vector512<float> left, out Vector512<float> right)
    {
        left = LoadLeft(row);
        right = LoadRight(row);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadLeft(byte* row) => Vector512.Load((float*)row);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadRight(byte* row) => Vector512.Load((float*)row + Layout.Lane);
}

/// <summary>
/// The upper halves of floats. Columns i and 16 + i of a panel are interleaved, so that a shift and a mask make floats of both. A panel
/// of 16 columns lies as one of 32.
/// </summary>
internal readonly unsafe struct PackedBFloat16 : IPanelFormat
{
    public static int ElementBytes => sizeof(ushort);

    public static int RowBytes(int columns) => Layout.Panel * sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadPair(byte* row, out Vector512<float> left, out Vector512<float> right)
    {
        Vector512<uint> pairs = Vector512.Load((uint*)row);
        left = (pairs << 16).AsSingle();
        right = (pairs & Vector512.Create(0xFFFF0000u)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadLeft(byte* row) => (Vector512.Load((uint*)row) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadRight(byte* row) => (Vector512.Load((uint*)row) & Vector512.Create(0xFFFF0000u)).AsSingle();
}
