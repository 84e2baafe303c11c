using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AarenGen.Kernels;

/// <summary>
/// Functions of single values, over whole buffers whose length is a multiple of 16. Results of those without derivatives may overwrite
/// arguments.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class Elementwise
{
    private const int Lane = Layout.Lane;

    private interface IFunction
    {
        static abstract Vector512<float> Value(Vector512<float> x, out Vector512<float> derivative);
    }

    /// <summary>
    /// y = x Φ(x), the exact GELU: relative error below (8 + x²) 2^-24, where Φ is neither 0 nor below the normal floats.
    /// </summary>
    public static void Gelu(ReadOnlySpan<float> x, Span<float> y) => Map<GeluFunction>(x, y);

    /// <summary>y = x Φ(x); x becomes the derivative Φ(x) + x φ(x), by which the backward pass multiplies.</summary>
    public static void GeluWithDerivative(Span<float> x, Span<float> y) => MapWithDerivative<GeluFunction>(x, y);

    /// <summary>y = max(x, 0).</summary>
    public static void Relu(ReadOnlySpan<float> x, Span<float> y) => Map<ReluFunction>(x, y);

    /// <summary>y = max(x, 0); x becomes the derivative, 1 where x > 0, else 0.</summary>
    public static void ReluWithDerivative(Span<float> x, Span<float> y) => MapWithDerivative<ReluFunction>(x, y);

    /// <summary>y = tanh x.</summary>
    public static void Tanh(ReadOnlySpan<float> x, Span<float> y) => Map<TanhFunction>(x, y);

    /// <summary>y = tanh x; x becomes the derivative 1 − tanh² x.</summary>
    public static void TanhWithDerivative(Span<float> x, Span<float> y) => MapWithDerivative<TanhFunction>(x, y);

    /// <summary>y = a b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> y)
    {
        Layout.Check(Math.Min(a.Length, b.Length), y.Length);
        Layout.CheckWhole(y.Length);
        ref float left = ref MemoryMarshal.GetReference(a);
        ref float right = ref MemoryMarshal.GetReference(b);
        ref float target = ref MemoryMarshal.GetReference(y);
        for (nuint i = 0; i + Lane <= (nuint)y.Length; i += Lane)
        {
            (Vector512.LoadUnsafe(ref left, i) * Vector512.LoadUnsafe(ref right, i)).StoreUnsafe(ref target, i);
        }
    }

    /// <summary>y = a + b.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
    /// the gradient is the backward pass.
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
            TFunction.Value(Vector512.LoadUnsafe(ref source, i), out _).StoreUnsafe(ref target, i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MapWithDerivative<TFunction>(Span<float> x, Span<float> y) where TFunction : struct, IFunction
    {
        Layout.Check(x.Length, y.Length);
        Layout.CheckWhole(y.Length);
        ref float source = ref MemoryMarshal.GetReference(x);
        ref float target = ref MemoryMarshal.GetReference(y);
        for (nuint i = 0; i + Lane <= (nuint)y.Length; i += Lane)
        {
            TFunction.Value(Vector512.LoadUnsafe(ref source, i), out Vector512<float> derivative).StoreUnsafe(ref target, i);
            derivative.StoreUnsafe(ref source, i);
        }
    }

    private readonly struct GeluFunction : IFunction
    {
        /// <summary>
        /// Φ(−|x|) = e^(−x²/2) t P(t) / 2 with t = 1/(1 + 0.48 z), z = |x|/√2: t P(t) approximates e^(z²) erfc z with relative error
        /// 1.3e-7, fitted by weighted least squares on z in [0, 9.4].
        /// </summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Value(Vector512<float> x, out Vector512<float> derivative)
        {
            // Beyond 13, Φ is 0 or 1 in float; the limit keeps infinities out of the products. NaN passes as the second operand.
            Vector512<float> limit = Vector512.Create(13f);
            Vector512<float> size = Vector512.MinNative(limit, Vector512.Abs(x));
            Vector512<float> bell = VectorMath.Exp(size * size * -0.5f);
            Vector512<float> t = Vector512<float>.One / Vector512.MultiplyAddEstimate(
                size, Vector512.Create(0.48f * 0.70710678f), Vector512<float>.One);
            Vector512<float> p = Vector512.Create(-0.053383458f);
            p = Vector512.MultiplyAddEstimate(p, t, Vector512.Create(0.28523979f));
            p = Vector512.MultiplyAddEstimate(p, t, Vector512.Create(-0.56138998f));
            p = Vector512.MultiplyAddEstimate(p, t, Vector512.Create(0.42359924f));
            p = Vector512.MultiplyAddEstimate(p, t, Vector512.Create(-0.10121757f));
            p = Vector512.MultiplyAddEstimate(p, t, Vector512.Create(0.23550861f));
            p = Vector512.MultiplyAddEstimate(p, t, Vector512.Create(0.22898687f));
            p = Vector512.MultiplyAddEstimate(p, t, Vector512.Create(0.27189237f));
            p = Vector512.MultiplyAddEstimate(p, t, Vector512.Create(0.27076408f));
            Vector512<float> tail = p * t * bell * 0.5f;
            Vector512<float> distribution = Vector512.ConditionalSelect(
                Vector512.GreaterThan(x, Vector512<float>.Zero), Vector512<float>.One - tail, tail);
            // −∞ times 0 would be NaN.
            Vector512<float> limited = Vector512.MaxNative(-limit, x);
            derivative = Vector512.MultiplyAddEstimate(Vector512.MinNative(limit, limited) * 0.39894228f, bell, distribution);
            return limited * distribution;
        }
    }

    private readonly struct ReluFunction : IFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Value(Vector512<float> x, out Vector512<float> derivative)
        {
            derivative = Vector512.GreaterThan(x, Vector512<float>.Zero) & Vector512<float>.One;
            return Vector512.MaxNative(Vector512<float>.Zero, x);
        }
    }

    private readonly struct TanhFunction : IFunction
    {
        /// <summary>Near 0 an odd series (error below x⁹/45 relative to x), else (1 − e)/(1 + e) with e = e^(−2|x|).</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Value(Vector512<float> x, out Vector512<float> derivative)
        {
            Vector512<float> size = Vector512.Abs(x), square = x * x;
            Vector512<float> e = VectorMath.Exp(size * -2f), inverse = Vector512<float>.One / (Vector512<float>.One + e);
            Vector512<float> large = Vector512.CopySign((Vector512<float>.One - e) * inverse, x);
            Vector512<float> series = Vector512.MultiplyAddEstimate(square, Vector512.Create(62f / 2835), Vector512.Create(-17f / 315));
            series = Vector512.MultiplyAddEstimate(series, square, Vector512.Create(2f / 15));
            series = Vector512.MultiplyAddEstimate(series, square, Vector512.Create(-1f / 3));
            Vector512<float> small = Vector512.MultiplyAddEstimate(series * square, x, x);
            // 1 − tanh² x, without its cancellation.
            derivative = e * 4f * inverse * inverse;
            return Vector512.ConditionalSelect(Vector512.LessThan(size, Vector512.Create(0.2f)), small, large);
        }
    }
}
