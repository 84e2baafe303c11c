using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AarenGen.Kernels;

/// <summary>Layer normalisation of rows: y = γ (x − mean) / √(variance + ε) + β. Source: Ba, Kiros and Hinton, arXiv 1607.06450.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class LayerNormalization
{
    private const int Lane = Layout.Lane;
    private const float Epsilon = 1e-5f;

    /// <summary>
    /// 1/deviation below which a difference from the mean may be beyond all floats: it is at most √width deviations, and
    /// 2^100 · √width is below 2^128 for any width.
    /// </summary>
    private const float SmallestInverse = 1f / (1L << 50) / (1L << 50);

    /// <summary>Normalises rows.</summary>
    /// <param name="x">[rows, Pad(width)], the padding zero.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="gamma">Pad(width) scales, the padding zero.</param>
    /// <param name="beta">Pad(width) shifts, the padding zero.</param>
    /// <param name="y">[rows, Pad(width)], overwritten; its padding becomes zero.</param>
    /// <param name="statistics">[rows, 3]: mean, in two parts, and 1/deviation, for the backward pass; or empty.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(
        ReadOnlySpan<float> x, int rows, int width, ReadOnlySpan<float> gamma, ReadOnlySpan<float> beta, Span<float> y,
        Span<float> statistics = default)
    {
        int stride = Layout.Pad(width);
        Layout.Check(x.Length, rows * stride);
        Layout.Check(y.Length, rows * stride);
        Layout.Check(Math.Min(gamma.Length, beta.Length), stride);
        Layout.Check(statistics.IsEmpty ? 3 * rows : statistics.Length, 3 * rows);
        ref float source = ref MemoryMarshal.GetReference(x);
        ref float target = ref MemoryMarshal.GetReference(y);
        ref float scale = ref MemoryMarshal.GetReference(gamma);
        ref float shift = ref MemoryMarshal.GetReference(beta);
        for (int row = 0; row < rows; row++)
        {
            nuint first = (nuint)(row * stride);
            Vector512<float> sum = Vector512<float>.Zero;
            for (int i = 0; i < stride; i += Lane)
            {
                sum += Vector512.LoadUnsafe(ref source, first + (nuint)i);
            }
            float mean = VectorMath.Sum(sum) / width;
            Vector512<float> means = Vector512.Create(mean), squares = Vector512<float>.Zero;
            // From the differences: exact where the mean is large. Their own mean is what rounding took from the first.
            sum = Vector512<float>.Zero;
            for (int i = 0; i < stride; i += Lane)
            {
                Vector512<float> difference = Inside(Vector512.LoadUnsafe(ref source, first + (nuint)i) - means, i, width);
                sum += difference;
                squares = Vector512.MultiplyAddEstimate(difference, difference, squares);
            }
            float squareSum = VectorMath.Sum(squares);
            if (!(squareSum < float.PositiveInfinity))
            {
                ForwardInDouble(
                    x.Slice(row * stride, stride), width, gamma, beta, y.Slice(row * stride, stride),
                    statistics.IsEmpty ? default : statistics.Slice(3 * row, 3));
                continue;
            }
            float rest = VectorMath.Sum(sum) / width;
            float inverse = 1 / MathF.Sqrt(Math.Max(squareSum / width - rest * rest, 0) + Epsilon);
            Vector512<float> factor = Vector512.Create(inverse), rests = Vector512.Create(rest);
            for (int i = 0; i < stride; i += Lane)
            {
                Vector512<float> normal = (Vector512.LoadUnsafe(ref source, first + (nuint)i) - means - rests) * factor;
                Vector512.MultiplyAddEstimate(normal, Vector512.LoadUnsafe(ref scale, (nuint)i), Vector512.LoadUnsafe(ref shift, (nuint)i))
                    .StoreUnsafe(ref target, first + (nuint)i);
            }
            if (!statistics.IsEmpty)
            {
                statistics[3 * row] = mean;
                statistics[3 * row + 1] = rest;
                statistics[3 * row + 2] = inverse;
            }
        }
    }

    /// <summary>
    /// With n = (x − mean)/deviation and g = γ dy: dx = (g − mean(g) − n mean(g n)) / deviation, dγ += Σ dy n, dβ += Σ dy.
    /// </summary>
    /// <param name="dy">[rows, Pad(width)], the padding zero.</param>
    /// <param name="x">[rows, Pad(width)], what was normalised.</param>
    /// <param name="statistics">[rows, 3], from <see cref="Forward"/>.</param>
    /// <param name="gamma">Pad(width) scales.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="width">Values in a row.</param>
    /// <param name="dx">[rows, Pad(width)], overwritten or added to; the padding becomes or stays zero. May be dy's memory.</param>
    /// <param name="accumulate">Whether dx is added to.</param>
    /// <param name="dgamma">Pad(width), added to.</param>
    /// <param name="dbeta">Pad(width), added to.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(
        ReadOnlySpan<float> dy, ReadOnlySpan<float> x, ReadOnlySpan<float> statistics, ReadOnlySpan<float> gamma,
        int rows, int width, Span<float> dx, bool accumulate, Span<float> dgamma, Span<float> dbeta)
    {
        int stride = Layout.Pad(width);
        Layout.Check(Math.Min(dy.Length, Math.Min(x.Length, dx.Length)), rows * stride);
        Layout.Check(statistics.Length, 3 * rows);
        Layout.Check(Math.Min(gamma.Length, Math.Min(dgamma.Length, dbeta.Length)), stride);
        ref float gradient = ref MemoryMarshal.GetReference(dy);
        ref float source = ref MemoryMarshal.GetReference(x);
        ref float target = ref MemoryMarshal.GetReference(dx);
        ref float scale = ref MemoryMarshal.GetReference(gamma);
        ref float scaleGradient = ref MemoryMarshal.GetReference(dgamma);
        ref float shiftGradient = ref MemoryMarshal.GetReference(dbeta);
        for (int row = 0; row < rows; row++)
        {
            if (statistics[3 * row + 2] < SmallestInverse)
            {
                BackwardInDouble(
                    dy.Slice(row * stride, stride), x.Slice(row * stride, stride), statistics.Slice(3 * row, 3), gamma, width,
                    dx.Slice(row * stride, stride), accumulate, dgamma, dbeta);
                continue;
            }
            nuint first = (nuint)(row * stride);
            Vector512<float> mean = Vector512.Create(statistics[3 * row]), rest = Vector512.Create(statistics[3 * row + 1]);
            Vector512<float> inverse = Vector512.Create(statistics[3 * row + 2]);
            Vector512<float> sum = Vector512<float>.Zero, product = Vector512<float>.Zero;
            for (int i = 0; i < stride; i += Lane)
            {
                nuint at = (nuint)i;
                Vector512<float> d = Vector512.LoadUnsafe(ref gradient, first + at);
                Vector512<float> normal = (Vector512.LoadUnsafe(ref source, first + at) - mean - rest) * inverse;
                Vector512<float> g = d * Vector512.LoadUnsafe(ref scale, at);
                sum += g;
                product = Vector512.MultiplyAddEstimate(g, normal, product);
                Vector512.MultiplyAddEstimate(d, normal, Vector512.LoadUnsafe(ref scaleGradient, at)).StoreUnsafe(ref scaleGradient, at);
                (Vector512.LoadUnsafe(ref shiftGradient, at) + d).StoreUnsafe(ref shiftGradient, at);
            }
            Vector512<float> meanG = Vector512.Create(VectorMath.Sum(sum) / width),
                meanGn = Vector512.Create(VectorMath.Sum(product) / width);
            for (int i = 0; i < stride; i += Lane)
            {
                nuint at = (nuint)i;
                Vector512<float> normal = (Vector512.LoadUnsafe(ref source, first + at) - mean - rest) * inverse;
                Vector512<float> g = Vector512.LoadUnsafe(ref gradient, first + at) * Vector512.LoadUnsafe(ref scale, at);
                Vector512<float> result = Inside((g - meanG - normal * meanGn) * inverse, i, width);
                (accumulate ? result + Vector512.LoadUnsafe(ref target, first + at) : result).StoreUnsafe(ref target, first + at);
            }
        }
    }

    /// <summary>A row whose squares or sum are beyond all floats; NaN where one of its values is not finite.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForwardInDouble(
        ReadOnlySpan<float> x, int width, ReadOnlySpan<float> gamma, ReadOnlySpan<float> beta, Span<float> y, Span<float> statistics)
    {
        double mean = 0, squares = 0;
        foreach (float value in x[..width])
        {
            mean += value;
        }
        mean /= width;
        foreach (float value in x[..width])
        {
            squares += (value - mean) * (value - mean);
        }
        double inverse = 1 / Math.Sqrt(squares / width + Epsilon);
        if (!statistics.IsEmpty)
        {
            statistics[0] = (float)mean;
            statistics[1] = (float)(mean - (float)mean);
            statistics[2] = (float)inverse;
        }
        for (int i = 0; i < width; i++)
        {
            y[i] = (float)((x[i] - mean) * inverse * gamma[i] + beta[i]);
        }
        y[width..].Clear();
    }

    /// <summary>The gradients of a row that <see cref="ForwardInDouble"/> normalised.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void BackwardInDouble(
        ReadOnlySpan<float> dy, ReadOnlySpan<float> x, ReadOnlySpan<float> statistics, ReadOnlySpan<float> gamma, int width, Span<float> dx,
        bool accumulate, Span<float> dgamma, Span<float> dbeta)
    {
        double mean = (double)statistics[0] + statistics[1], inverse = statistics[2], meanG = 0, meanGn = 0;
        for (int i = 0; i < width; i++)
        {
            double normal = (x[i] - mean) * inverse, g = (double)dy[i] * gamma[i];
            meanG += g / width;
            meanGn += g * normal / width;
            dgamma[i] += (float)(dy[i] * normal);
            dbeta[i] += dy[i];
        }
        for (int i = 0; i < width; i++)
        {
            double normal = (x[i] - mean) * inverse, result = ((double)dy[i] * gamma[i] - meanG - normal * meanGn) * inverse;
            dx[i] = (float)(accumulate ? dx[i] + result : result);
        }
        if (!accumulate)
        {
            dx[width..].Clear();
        }
    }

    /// <summary>Zeroes what lies in the padding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Inside(Vector512<float> values, int column, int width) => column + Lane <= width
        ? values
        : Vector512.ConditionalSelect(
            Vector512.LessThan(Vector512<float>.Indices, Vector512.Create((float)(width - column))), values, Vector512<float>.Zero);
}
