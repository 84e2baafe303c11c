using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AarenGen.Kernels;

/// <summary>Functions of vectors that are inlined into kernels.</summary>
internal static class VectorMath
{
    /// <summary>
    /// e^x with a relative error below 2^-22 wherever the result is a normal number; 0 below −104, ∞ above 88.8, NaN for NaN.
    /// x = n ln 2 + r, |r| ≤ ln 2 / 2, with ln 2 in two parts of which the first times n is exact; e^r by its Taylor polynomial of
    /// degree 7, whose rest is below 6e-9.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        // Arguments are limited so that n fits the exponents below. A NaN is the second operand, which these instructions return.
        x = Vector512.MinNative(Vector512.Create(90f), Vector512.MaxNative(Vector512.Create(-110f), x));
        Vector512<float> n = Vector512.Round(x * 1.44269504f);
        Vector512<float> r = Vector512.MultiplyAddEstimate(n, Vector512.Create(-0.693359375f), x);
        r = Vector512.MultiplyAddEstimate(n, Vector512.Create(2.12194440e-4f), r);
        Vector512<float> p = Vector512.MultiplyAddEstimate(r, Vector512.Create(1f / 5040), Vector512.Create(1f / 720));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(1f / 120));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(1f / 24));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(1f / 6));
        p = Vector512.MultiplyAddEstimate(p, r, Vector512.Create(0.5f));
        p = Vector512.MultiplyAddEstimate(p, r * r, r) + Vector512<float>.One;
        if (Avx512F.IsSupported)
        {
            return Avx512F.Scale(p, n);
        }
        // By two powers of two, since 2^n alone may be below or above all floats. The first product is exact.
        Vector512<int> whole = Vector512.ConvertToInt32(n), half = whole >> 1, bias = Vector512.Create(127);
        return p * ((half + bias) << 23).AsSingle() * ((whole - half + bias) << 23).AsSingle();
    }

    /// <summary>Whether no value is NaN or infinite.</summary>
    public static bool AreFinite(ReadOnlySpan<float> values)
    {
        ref float first = ref MemoryMarshal.GetReference(values);
        // A difference from itself is 0, but NaN where it is not finite, and stays so in a sum.
        Vector512<float> differences = Vector512<float>.Zero;
        int i = 0;
        for (; i + Vector512<float>.Count <= values.Length; i += Vector512<float>.Count)
        {
            Vector512<float> next = Vector512.LoadUnsafe(ref first, (nuint)i);
            differences += next - next;
        }
        float rest = 0;
        for (; i < values.Length; i++)
        {
            rest += values[i] - values[i];
        }
        return rest == 0 && Vector512.EqualsAll(differences, Vector512<float>.Zero);
    }

    /// <summary>The sum of the elements, always in the same order: halves, then halves of these.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> values)
    {
        Vector256<float> halves = values.GetLower() + values.GetUpper();
        Vector128<float> quarters = halves.GetLower() + halves.GetUpper();
        return quarters.GetElement(0) + quarters.GetElement(2) + (quarters.GetElement(1) + quarters.GetElement(3));
    }

    /// <summary>The sum of the elements, always in the same order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum(Vector512<double> values)
    {
        Vector256<double> halves = values.GetLower() + values.GetUpper();
        Vector128<double> quarters = halves.GetLower() + halves.GetUpper();
        return quarters.GetElement(0) + quarters.GetElement(1);
    }
}
