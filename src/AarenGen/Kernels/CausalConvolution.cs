using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AarenGen.Kernels;

/// <summary>
/// A causal depth-wise convolution over time with a residual: y_t = x_t + b + Σ_j c_j x_{t−j} a channel, j from 0 to taps − 1, with zeros
/// before the first token. Source: the short convolution before the recurrence of Gu and Dao, Mamba, arXiv 2312.00752.
/// </summary>
/// <remarks>
/// Rows are padded to 16 floats. Factors are read as [taps, Pad(width)], the residual's 1 added to those of the token itself. Streams and
/// whole sequences add in the same order: their outputs are equal bit for bit,
/// but where a number is not finite.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class CausalConvolution
{
    private const int Lane = Layout.Lane;

    private const int MinTaps = 2, MaxTaps = 16;

    /// <summary>Tokens whose products are added in registers before they are added to a gradient.</summary>
    private const int Chunk = 64;

    /// <summary>The factors as the other methods read them.</summary>
    /// <param name="weights">[width, Pad(taps)]: PyTorch's order, in which the last tap is that of the token itself.</param>
    /// <param name="width">Channels.</param>
    /// <param name="taps">Tokens that a token sees, 2 to 16.</param>
    /// <param name="factors">[taps, Pad(width)], overwritten: tap j is that of the token j before; the padding becomes zero.</param>
    public static void Arrange(ReadOnlySpan<float> weights, int width, int taps, Span<float> factors)
    {
        int stride = Layout.Pad(width), weightStride = Layout.Pad(taps);
        CheckTaps(taps);
        Layout.Check(weights.Length, width * weightStride);
        Layout.Check(factors.Length, taps * stride);
        factors[..(taps * stride)].Clear();
        for (int channel = 0; channel < width; channel++)
        {
            for (int tap = 0; tap < taps; tap++)
            {
                factors[tap * stride + channel] = weights[channel * weightStride + taps - 1 - tap] + (tap == 0 ? 1 : 0);
            }
        }
    }

    /// <summary>Adds the gradient of the arranged factors to that of the weights.</summary>
    /// <param name="dFactors">[taps, Pad(width)].</param>
    /// <param name="width">Channels.</param>
    /// <param name="taps">Tokens that a token sees.</param>
    /// <param name="dWeights">[width, Pad(taps)], added to.</param>
    public static void ArrangeBackward(ReadOnlySpan<float> dFactors, int width, int taps, Span<float> dWeights)
    {
        int stride = Layout.Pad(width), weightStride = Layout.Pad(taps);
        CheckTaps(taps);
        Layout.Check(dFactors.Length, taps * stride);
        Layout.Check(dWeights.Length, width * weightStride);
        for (int channel = 0; channel < width; channel++)
        {
            for (int tap = 0; tap < taps; tap++)
            {
                dWeights[channel * weightStride + taps - 1 - tap] += dFactors[tap * stride + channel];
            }
        }
    }

    /// <summary>One token of a stream, whose last rows a ring keeps.</summary>
    /// <param name="x">Pad(width) values.</param>
    /// <param name="factors">[taps, Pad(width)], from <see cref="Arrange"/>.</param>
    /// <param name="bias">Pad(width) values b.</param>
    /// <param name="width">Channels.</param>
    /// <param name="taps">Tokens that a token sees, this one included.</param>
    /// <param name="state">
    /// 1 + (taps − 1)·Pad(width)/2 doubles: the number of tokens seen (0: none), then floats, two a double: [taps − 1, Pad(width)]. Token n
    /// lies in row n mod (taps − 1).
    /// </param>
    /// <param name="y">Pad(width) outputs; the padding becomes zero. May be x.</param>
    public static void Step(
        ReadOnlySpan<float> x, ReadOnlySpan<float> factors, ReadOnlySpan<float> bias, int width, int taps, Span<double> state,
        Span<float> y)
    {
        int stride = Layout.Pad(width), kept = taps - 1;
        CheckTaps(taps);
        Layout.Check(Math.Min(x.Length, Math.Min(bias.Length, y.Length)), stride);
        Layout.Check(factors.Length, taps * stride);
        Span<float> ring = Ring(state, stride, kept);
        double seen = state[0];
        int before = seen < kept ? (int)Math.Max(0, seen) : kept, newest = Row(seen, kept);
        state[0] = seen + 1;
        ref float input = ref MemoryMarshal.GetReference(x);
        ref float first = ref MemoryMarshal.GetReference(ring);
        ref float factor = ref MemoryMarshal.GetReference(factors);
        ref float b = ref MemoryMarshal.GetReference(bias);
        ref float output = ref MemoryMarshal.GetReference(y);
        Span<float> entered = ring.Slice(newest * stride, stride);
        ref float own = ref MemoryMarshal.GetReference(entered);
        for (nuint column = 0; column < (nuint)stride; column += Lane)
        {
            Vector512<float> value = Vector512.LoadUnsafe(ref input, column);
            Vector512<float> sum = Vector512.FusedMultiplyAdd(
                Vector512.LoadUnsafe(ref factor, column), value, Vector512.LoadUnsafe(ref b, column));
            for (int tap = 1, row = newest; tap <= before; tap++)
            {
                row = row == 0 ? kept - 1 : row - 1;
                sum = Vector512.FusedMultiplyAdd(
                    Vector512.LoadUnsafe(ref factor, (nuint)(tap * stride) + column),
                    Vector512.LoadUnsafe(ref first, (nuint)(row * stride) + column), sum);
            }
            // The row that it takes the place of is the oldest, which this token still saw.
            value.StoreUnsafe(ref own, column);
            sum.StoreUnsafe(ref output, column);
        }
        if (!VectorMath.AreFinite(entered))
        {
            // All of it, since the check of a saved state sees only one of the two floats in a double.
            entered.Fill(float.NaN);
        }
    }

    /// <summary>The state after two consecutive chunks of a sequence.</summary>
    /// <param name="earlier">The state of the earlier chunk; overwritten with the state of both.</param>
    /// <param name="later">The state of the later chunk, begun from zeros.</param>
    /// <param name="width">Channels.</param>
    /// <param name="taps">Tokens that a token sees.</param>
    public static void Combine(Span<double> earlier, ReadOnlySpan<double> later, int width, int taps)
    {
        int stride = Layout.Pad(width), kept = taps - 1;
        CheckTaps(taps);
        Span<float> ring = Ring(earlier, stride, kept);
        Layout.Check(later.Length, earlier.Length);
        ReadOnlySpan<float> added = MemoryMarshal.Cast<double, float>(later[1..]);
        double seen = earlier[0], count = later[0];
        // Counted from the end, since a file may hold a count beside which 1 vanishes.
        for (int back = (int)Math.Min(kept, count); back > 0; back--)
        {
            added.Slice(Row(count - back, kept) * stride, stride).CopyTo(ring[(Row(seen + (count - back), kept) * stride)..]);
        }
        earlier[0] = seen + count;
    }

    /// <summary>A whole sequence.</summary>
    /// <param name="x">[rows, Pad(width)].</param>
    /// <param name="factors">[taps, Pad(width)], from <see cref="Arrange"/>.</param>
    /// <param name="bias">Pad(width) values b.</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Channels.</param>
    /// <param name="taps">Tokens that a token sees, this one included.</param>
    /// <param name="y">[rows, Pad(width)], overwritten; the padding becomes zero.</param>
    /// <param name="initial">The state before the first row, as of <see cref="Step"/>; empty: nothing was seen.</param>
    /// <param name="final">Overwritten with the state after the last row; empty where nobody needs it.</param>
    public static void Forward(
        ReadOnlySpan<float> x, ReadOnlySpan<float> factors, ReadOnlySpan<float> bias, int rows, int width, int taps, Span<float> y,
        ReadOnlySpan<double> initial = default, Span<double> final = default)
    {
        int stride = Layout.Pad(width);
        CheckTaps(taps);
        Layout.Check(Math.Min(x.Length, y.Length), rows * stride);
        Layout.Check(factors.Length, taps * stride);
        Layout.Check(bias.Length, stride);
        Layout.CheckState(initial, final, 1 + (taps - 1) * stride / 2);
        var past = new Past(initial, stride, taps - 1);
        ref float before = ref MemoryMarshal.GetReference(past.Rows);
        ref float input = ref MemoryMarshal.GetReference(x);
        ref float factor = ref MemoryMarshal.GetReference(factors);
        ref float b = ref MemoryMarshal.GetReference(bias);
        ref float output = ref MemoryMarshal.GetReference(y);
        for (nuint column = 0; column < (nuint)stride; column += Lane)
        {
            Vector512<float> start = Vector512.LoadUnsafe(ref b, column);
            for (int t = 0; t < rows; t++)
            {
                nuint at = (nuint)(t * stride) + column;
                Vector512<float> sum = start;
                for (int tap = 0; tap < taps && tap <= t; tap++)
                {
                    sum = Vector512.FusedMultiplyAdd(
                        Vector512.LoadUnsafe(ref factor, (nuint)(tap * stride) + column),
                        Vector512.LoadUnsafe(ref input, at - (nuint)(tap * stride)), sum);
                }
                sum.StoreUnsafe(ref output, at);
            }
            for (int t = 0; t < Math.Min(rows, taps - 1) && past.Count > 0; t++)
            {
                // The taps before the first row go on with the sum, in the order of a stream.
                nuint at = (nuint)(t * stride) + column;
                Vector512<float> sum = Vector512.LoadUnsafe(ref output, at);
                for (int tap = t + 1; tap < taps && tap - t <= past.Count; tap++)
                {
                    sum = Vector512.FusedMultiplyAdd(
                        Vector512.LoadUnsafe(ref factor, (nuint)(tap * stride) + column),
                        Vector512.LoadUnsafe(ref before, (nuint)past.Offset(tap - t) + column), sum);
                }
                sum.StoreUnsafe(ref output, at);
            }
        }
        if (final.IsEmpty)
        {
            return;
        }
        Span<float> ring = Ring(final, stride, taps - 1);
        double seen = past.Seen;
        if (past.Rows.IsEmpty)
        {
            ring.Clear();
        }
        past.Rows.CopyTo(ring);
        for (int back = Math.Min(taps - 1, rows); back > 0; back--)
        {
            x.Slice((rows - back) * stride, stride).CopyTo(ring[(Row(seen + (rows - back), taps - 1) * stride)..]);
        }
        final[0] = seen + rows;
    }

    /// <summary>The backward pass: dx_t = Σ_j c_j dy_{t+j}, dc_j = Σ_t dy_t x_{t−j}, db = Σ_t dy_t, the residual among the c_j.</summary>
    /// <param name="dy">[rows, Pad(width)], the padding zero.</param>
    /// <param name="x">[rows, Pad(width)].</param>
    /// <param name="factors">[taps, Pad(width)], from <see cref="Arrange"/>.</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Channels.</param>
    /// <param name="taps">Tokens that a token sees, this one included.</param>
    /// <param name="dFactors">[taps, Pad(width)], added to.</param>
    /// <param name="dBias">Pad(width) values, added to.</param>
    /// <param name="dx">[rows, Pad(width)].</param>
    /// <param name="accumulate">Whether dx is added to, rather than overwritten.</param>
    /// <param name="initial">The state before the first row, as of <see cref="Step"/>; empty: nothing was seen.</param>
    public static void Backward(
        ReadOnlySpan<float> dy, ReadOnlySpan<float> x, ReadOnlySpan<float> factors, int rows, int width, int taps, Span<float> dFactors,
        Span<float> dBias, Span<float> dx, bool accumulate, ReadOnlySpan<double> initial = default)
    {
        int stride = Layout.Pad(width);
        Layout.CheckState(initial, default, 1 + (taps - 1) * stride / 2);
        var past = new Past(initial, stride, taps - 1);
        ref float before = ref MemoryMarshal.GetReference(past.Rows);
        CheckTaps(taps);
        Layout.Check(Math.Min(dy.Length, Math.Min(x.Length, dx.Length)), rows * stride);
        Layout.Check(Math.Min(factors.Length, dFactors.Length), taps * stride);
        Layout.Check(dBias.Length, stride);
        ref float gradient = ref MemoryMarshal.GetReference(dy);
        ref float input = ref MemoryMarshal.GetReference(x);
        ref float factor = ref MemoryMarshal.GetReference(factors);
        ref float factorGradient = ref MemoryMarshal.GetReference(dFactors);
        ref float biasGradient = ref MemoryMarshal.GetReference(dBias);
        ref float inputGradient = ref MemoryMarshal.GetReference(dx);
        for (nuint column = 0; column < (nuint)stride; column += Lane)
        {
            for (int t = 0; t < rows; t++)
            {
                nuint at = (nuint)(t * stride) + column;
                Vector512<float> sum = accumulate ? Vector512.LoadUnsafe(ref inputGradient, at) : Vector512<float>.Zero;
                for (int tap = 0; tap < taps && tap < rows - t; tap++)
                {
                    sum = Vector512.FusedMultiplyAdd(
                        Vector512.LoadUnsafe(ref factor, (nuint)(tap * stride) + column),
                        Vector512.LoadUnsafe(ref gradient, at + (nuint)(tap * stride)), sum);
                }
                sum.StoreUnsafe(ref inputGradient, at);
            }
            for (int from = 0; from < rows; from += Chunk)
            {
                int to = Math.Min(rows, from + Chunk);
                Vector512<float> sum = Vector512<float>.Zero;
                for (int t = from; t < to; t++)
                {
                    sum += Vector512.LoadUnsafe(ref gradient, (nuint)(t * stride) + column);
                }
                (Vector512.LoadUnsafe(ref biasGradient, column) + sum).StoreUnsafe(ref biasGradient, column);
                for (int tap = 0; tap < taps; tap++)
                {
                    sum = Vector512<float>.Zero;
                    for (int t = Math.Max(from, tap); t < to; t++)
                    {
                        nuint at = (nuint)(t * stride) + column;
                        sum = Vector512.FusedMultiplyAdd(
                            Vector512.LoadUnsafe(ref gradient, at), Vector512.LoadUnsafe(ref input, at - (nuint)(tap * stride)), sum);
                    }
                    nuint own = (nuint)(tap * stride) + column;
                    (Vector512.LoadUnsafe(ref factorGradient, own) + sum).StoreUnsafe(ref factorGradient, own);
                }
            }
            for (int tap = 1; tap < taps && past.Count > 0; tap++)
            {
                // The rows of which this tap sees one of the state.
                nuint own = (nuint)(tap * stride) + column;
                Vector512<float> sum = Vector512.LoadUnsafe(ref factorGradient, own);
                for (int t = Math.Max(0, tap - past.Count); t < Math.Min(tap, rows); t++)
                {
                    sum = Vector512.FusedMultiplyAdd(
                        Vector512.LoadUnsafe(ref gradient, (nuint)(t * stride) + column),
                        Vector512.LoadUnsafe(ref before, (nuint)past.Offset(tap - t) + column), sum);
                }
                sum.StoreUnsafe(ref factorGradient, own);
            }
        }
    }

    private static void CheckTaps(int taps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(taps, MinTaps);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(taps, MaxTaps);
    }

    /// <summary>The rows that a state keeps.</summary>
    private static Span<float> Ring(Span<double> state, int stride, int kept)
    {
        Layout.Check(state.Length, 1 + kept * stride / 2);
        return MemoryMarshal.Cast<double, float>(state.Slice(1, kept * stride / 2));
    }

    /// <summary>The rows before a sequence's first, in the ring of a state, which may be empty.</summary>
    private readonly ref struct Past
    {
        private readonly int stride, kept;

        public Past(ReadOnlySpan<double> state, int stride, int kept)
        {
            this.stride = stride;
            this.kept = kept;
            if (!state.IsEmpty)
            {
                Seen = state[0];
                Count = Seen < kept ? (int)Math.Max(0, Seen) : kept;
                Rows = MemoryMarshal.Cast<double, float>(state.Slice(1, kept * stride / 2));
            }
        }

        /// <summary>Tokens seen.</summary>
        public double Seen { get; }

        /// <summary>Rows that are there.</summary>
        public int Count { get; }

        public ReadOnlySpan<float> Rows { get; }

        /// <summary>Where a row begins, 1 being the last.</summary>
        public int Offset(int back) => Row(Seen + (kept - back), kept) * stride;
    }

    /// <summary>The ring's row of a token. Unsigned, so that no number that a file may hold leads out of the ring.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Row(double token, int kept) => (int)((ulong)token % (ulong)kept);
}
