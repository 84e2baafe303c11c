using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AarenGen.Kernels;

/// <summary>Functions of single values, over whole buffers whose length is a multiple of 16. Results may overwrite arguments.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Elementwise
{
    private const int Lane = Layout.Lane;

    private interface IFunction
    {
        static abstract Vector512<float> Value(Vector512<float> x);

        static abstract Vector512<float> Slope(Vector512<float> x);
    }

    /// <summary>y = x Φ(x), exact to float: Φ by <see cref="Normal"/>.</summary>
    public static void Gelu(ReadOnlySpan<float> x, Span<float> y) => Map<GeluFunction>(x, y);

    /// <summary>dx = dy (Φ(x) + x φ(x)).</summary>
    public static void GeluBackward(ReadOnlySpan<float> dy, ReadOnlySpan<float> x, Span<float> dx) => MapBack<GeluFunction>(dy, x, dx);

    /// <summary>y = max(x, 0).</summary>
    public static void Relu(ReadOnlySpan<float> x, Span<float> y) => Map<ReluFunction>(x, y);

    /// <summary>dx = dy where x > 0, else 0.</summary>
    public static void ReluBackward(ReadOnlySpan<float> dy, ReadOnlySpan<float> x, Span<float> dx) => MapBack<ReluFunction>(dy, x, dx);

    /// <summary>y = tanh x.</summary>
    public static void Tanh(ReadOnlySpan<float> x, Span<float> y) => Map<TanhFunction>(x, y);

    /// <summary>dx = dy (1 − tanh² x).</summary>
    public static void TanhBackward(ReadOnlySpan<float> dy, ReadOnlySpan<float> x, Span<float> dx) => MapBack<TanhFunction>(dy, x, dx);

    /// <summary>y = a + b.</summary>
    public static void Add(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y)
    {
        Layout.Check(Math.Min(a.Length, b.Length), y.Length);
        Layout.CheckWhole(y.Length);
        ref float left = ref MemoryMarshal.GetReference(a);
        ref float right = ref MemoryMarshal.GetReference(b);
        ref float target = ref MemoryMarshal.GetReference(y);
        for (nuint i = 0; i + Lane <= (nuint)y.Length; i += Lane)
        {
            (Vector512.LoadUnsafe(ref left, i) + Vector512.LoadUnsafe(ref right, i)).StoreUnsafe(ref target, i);
        }
    }

    /// <summary>target += source.</summary>
    public static void Accumulate(ReadOnlySpan<float> source, Span<float> target) => Add(source, target, target);

    /// <summary>
    /// y = x m / (1 − rate), m being 0 with probability rate and else 1: a hash of seed and position, so that the same call with
    /// the gradient is the way back.
    /// </summary>
    /// <param name="x">[rows, stride].</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="rate">0 to below 1.</param>
    /// <param name="seed">Decides the mask.</param>
    /// <param name="y">[rows, stride]; padding is left untouched.</param>
    public static void Dropout(ReadOnlySpan<float> x, int rows, int width, int stride, float rate, ulong seed, Span<float> y)
    {
        Layout.Check(Math.Min(x.Length, y.Length), (rows - 1) * stride + width);
        float scale = 1 / (1 - rate);
        ulong threshold = (ulong)(rate * 4294967296.0);
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < width; column++)
            {
                ulong hash = RandomSource.Hash(seed, (ulong)row * (ulong)width + (ulong)column);
                y[row * stride + column] = hash >> 32 < threshold ? 0 : x[row * stride + column] * scale;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Map<TFunction>(ReadOnlySpan<float> x, Span<float> y) where TFunction : struct, IFunction
    {
        Layout.Check(x.Length, y.Length);
        Layout.CheckWhole(y.Length);
        ref float source = ref MemoryMarshal.GetReference(x);
        ref float target = ref MemoryMarshal.GetReference(y);
        for (nuint i = 0; i + Lane <= (nuint)y.Length; i += Lane)
        {
            TFunction.Value(Vector512.LoadUnsafe(ref source, i)).StoreUnsafe(ref target, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MapBack<TFunction>(ReadOnlySpan<float> dy, ReadOnlySpan<float> x, Span<float> dx) where TFunction : struct, IFunction
    {
        Layout.Check(Math.Min(dy.Length, x.Length), dx.Length);
        Layout.CheckWhole(dx.Length);
        ref float gradient = ref MemoryMarshal.GetReference(dy);
        ref float source = ref MemoryMarshal.GetReference(x);
        ref float target = ref MemoryMarshal.GetReference(dx);
        for (nuint i = 0; i + Lane <= (nuint)dx.Length; i += Lane)
        {
            (Vector512.LoadUnsafe(ref gradient, i) * TFunction.Slope(Vector512.LoadUnsafe(ref source, i))).StoreUnsafe(ref target, i);
        }
    }

    /// <summary>
    /// The normal distribution function Φ(x) and e^(−x²/2). Φ(−|x|) = e^(−x²/2) t P(t) / 2 with t = 1/(1 + 0.48 z), z = |x|/√2: t P(t)
    /// approximates e^(z²) erfc z with relative error 1.3e-7, fitted by weighted least squares on z in [0, 9.4].
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Normal(Vector512<float> x, out Vector512<float> bell)
    {
        // Beyond 13, Φ is 0 or 1 in float; the clamp keeps infinities out of the products. NaN passes through.
        Vector512<float> size = Vector512.Abs(x);
        size = Vector512.ConditionalSelect(Vector512.GreaterThan(size, Vector512.Create(13f)), Vector512.Create(13f), size);
        bell = Vector512.Exp(size * size * -0.5f);
        Vector512<float> t = Vector512<float>.One / Vector512.FusedMultiplyAdd(size, Vector512.Create(0.48f * 0.70710678f), Vector512<float>.One);
        Vector512<float> p = Vector512.Create(-0.053383458f);
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(0.28523979f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(-0.56138998f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(0.42359924f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(-0.10121757f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(0.23550861f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(0.22898687f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(0.27189237f));
        p = Vector512.FusedMultiplyAdd(p, t, Vector512.Create(0.27076408f));
        Vector512<float> tail = p * t * bell * 0.5f;
        return Vector512.ConditionalSelect(Vector512.GreaterThan(x, Vector512<float>.Zero), Vector512<float>.One - tail, tail);
    }

    private readonly struct GeluFunction : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Value(Vector512<float> x)
        {
            Vector512<float> distribution = Normal(x, out _);
            // −∞ times 0 would be NaN.
            return Vector512.Max(x, Vector512.Create(-13f)) * distribution;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Slope(Vector512<float> x)
        {
            Vector512<float> distribution = Normal(x, out Vector512<float> bell);
            Vector512<float> limited = Vector512.Min(Vector512.Max(x, Vector512.Create(-13f)), Vector512.Create(13f));
            return Vector512.FusedMultiplyAdd(limited * 0.39894228f, bell, distribution);
        }
    }

    private readonly struct ReluFunction : IFunction
    {
        public static Vector512<float> Value(Vector512<float> x) => Vector512.Max(x, Vector512<float>.Zero);

        public static Vector512<float> Slope(Vector512<float> x) => Vector512.ConditionalSelect(
            Vector512.GreaterThan(x, Vector512<float>.Zero), Vector512<float>.One, Vector512<float>.Zero);
    }

    private readonly struct TanhFunction : IFunction
    {
        /// <summary>Near 0 an odd series (error below x⁹/45 relative to x), else 1 − 2/(e^(2|x|) + 1).</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Value(Vector512<float> x)
        {
            Vector512<float> size = Vector512.Abs(x), square = x * x;
            Vector512<float> large = Vector512<float>.One - Vector512.Create(2f) / (Vector512.Exp(size + size) + Vector512<float>.One);
            large = Vector512.CopySign(large, x);
            Vector512<float> series = Vector512.FusedMultiplyAdd(square, Vector512.Create(62f / 2835), Vector512.Create(-17f / 315));
            series = Vector512.FusedMultiplyAdd(series, square, Vector512.Create(2f / 15));
            series = Vector512.FusedMultiplyAdd(series, square, Vector512.Create(-1f / 3));
            Vector512<float> small = Vector512.FusedMultiplyAdd(series * square, x, x);
            return Vector512.ConditionalSelect(Vector512.LessThan(size, Vector512.Create(0.2f)), small, large);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Slope(Vector512<float> x)
        {
            Vector512<float> y = Value(x);
            return Vector512<float>.One - y * y;
        }
    }
}
