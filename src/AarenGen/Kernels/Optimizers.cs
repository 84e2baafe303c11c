using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AarenGen.Kernels;

/// <summary>The arithmetic of an optimisation step.</summary>
internal static class Optimizers
{
    private const int Lane = Layout.Lane;

    /// <summary>2⁻¹²⁶. What is smaller is a denormal number.</summary>
    private const float SmallestNormal = 1.17549435e-38f;

    /// <summary>
    /// AdamW with decoupled decay: m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², p ← p − η λ p − η (m/c₁)/(√(v/c₂) + ε).
    /// Source: Loshchilov and Hutter, arXiv 1711.05101. All spans as long as the parameters, a multiple of 16.
    /// </summary>
    /// <remarks>
    /// After their update m and v become 0 where |m| or v is below 2⁻¹²⁶, the smallest normal float. Otherwise the moments of parameters
    /// without gradients, such as rows of an embedding that no token has any more, would end at a denormal number that times β rounds to
    /// itself, and many processors take a hundred cycles for each operation with one.
    /// </remarks>
    public static void AdamW(
        Span<float> parameters, ReadOnlySpan<float> gradients, Span<float> firstMoment, Span<float> secondMoment, float gradientScale,
        float learningRate, float beta1, float beta2, float epsilon, float weightDecay, float correction1, float correction2)
    {
        Layout.Check(Math.Min(gradients.Length, Math.Min(firstMoment.Length, secondMoment.Length)), parameters.Length);
        Layout.CheckWhole(parameters.Length);
        ref float p = ref MemoryMarshal.GetReference(parameters);
        ref float gradient = ref MemoryMarshal.GetReference(gradients);
        ref float m = ref MemoryMarshal.GetReference(firstMoment);
        ref float v = ref MemoryMarshal.GetReference(secondMoment);
        Vector512<float> smallest = Vector512.Create(SmallestNormal);
        for (nuint i = 0; i + Lane <= (nuint)parameters.Length; i += Lane)
        {
            Vector512<float> g = Vector512.LoadUnsafe(ref gradient, i) * gradientScale;
            Vector512<float> first = Vector512.LoadUnsafe(ref m, i) * beta1 + g * (1 - beta1);
            Vector512<float> second = Vector512.LoadUnsafe(ref v, i) * beta2 + g * g * (1 - beta2);
            // Comparisons with NaN are false, so that a NaN stays.
            first = Vector512.AndNot(first, Vector512.LessThan(Vector512.Abs(first), smallest));
            second = Vector512.AndNot(second, Vector512.LessThan(second, smallest));
            first.StoreUnsafe(ref m, i);
            second.StoreUnsafe(ref v, i);
            Vector512<float> deviation = Vector512.Sqrt(second / Vector512.Create(correction2)) + Vector512.Create(epsilon);
            Vector512<float> value = Vector512.LoadUnsafe(ref p, i);
            value -= value * (learningRate * weightDecay);
            (value - first / Vector512.Create(correction1) / deviation * learningRate).StoreUnsafe(ref p, i);
        }
    }

    /// <summary>Σ x² in double, always in the same order.</summary>
    public static double SquaredNorm(ReadOnlySpan<float> values)
    {
        ref float x = ref MemoryMarshal.GetReference(values);
        Vector512<double> sum = Vector512<double>.Zero;
        nuint i = 0;
        for (; i + Lane <= (nuint)values.Length; i += Lane)
        {
            (Vector512<double> low, Vector512<double> high) = Vector512.Widen(Vector512.LoadUnsafe(ref x, i));
            sum += low * low + high * high;
        }
        double total = Vector512.Sum(sum);
        for (; i < (nuint)values.Length; i++)
        {
            total += (double)values[(int)i] * values[(int)i];
        }
        return total;
    }
}
