using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AarenGen.Kernels;

/// <summary>
/// Causal multi-head attention over the last tokens: o_t = Σ_i softmax_i(q_t·k_i/√P) v_i a head, i from t − context + 1 to t. Heads lie
/// side by side in a row, P = width/heads channels each. Sources: Vaswani et al., Attention Is All You Need, arXiv 1706.03762; the
/// softmax block by block and its backward pass: Dao et al., FlashAttention, arXiv 2205.14135.
/// </summary>
/// <remarks>
/// Streams and whole sequences run the same code on the same tokens in the same order: their outputs are equal bit for bit.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class CausalAttention
{
    private const int Lane = Layout.Lane;

    /// <summary>Tokens per block of scores: enough that rescaling the earlier sums costs little.</summary>
    private const int Block = 64;

    /// <summary>
    /// One token of a stream, whose last keys and values a ring keeps. A score that is not finite makes its head's output NaN, as long
    /// as the token is in the ring.
    /// </summary>
    /// <param name="query">Width values.</param>
    /// <param name="key">Width values.</param>
    /// <param name="value">Width values.</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads; divides width.</param>
    /// <param name="context">Tokens looked back over, this one included; 1 or more.</param>
    /// <param name="state">
    /// 1 + context·width doubles: the number of tokens seen (0: none), then floats, two a double: [context, heads, 2, P], a head's keys
    /// followed by its values, so that no double holds floats of two heads or tokens. Token n lies in row n mod context.
    /// </param>
    /// <param name="output">Width outputs; padding is left untouched.</param>
    public static void Step(
        ReadOnlySpan<float> query, ReadOnlySpan<float> key, ReadOnlySpan<float> value, int width, int heads, int context,
        Span<double> state, Span<float> output)
    {
        Layout.Check(Math.Min(query.Length, Math.Min(key.Length, value.Length)), width);
        Layout.Check(output.Length, width);
        Layout.Check(state.Length, 1 + context * width);
        Enter(query, key, value, width, heads, context, state, output, default, 0);
    }

    /// <summary>
    /// One token after a state. Each head's maximum and inverse sum are written to the statistics, where they are not empty.
    /// </summary>
    private static void Enter(
        ReadOnlySpan<float> query, ReadOnlySpan<float> key, ReadOnlySpan<float> value, int width, int heads, int context,
        Span<double> state, Span<float> output, Span<float> statistics, int padded)
    {
        Span<float> cache = MemoryMarshal.Cast<double, float>(state.Slice(1, context * width));
        double seen = state[0];
        int newest = Slot(seen, context);
        state[0] = seen + 1;
        Window window = seen + 1 < context ? new(0, newest + 1, context) : new((newest + 1) % context, context, context);
        int channels = width / heads;
        for (int head = 0; head < heads; head++)
        {
            int first = head * channels;
            Span<float> own = cache.Slice(2 * (newest * width + first), 2 * channels);
            key.Slice(first, channels).CopyTo(own);
            value.Slice(first, channels).CopyTo(own[channels..]);
            if (!VectorMath.AreFinite(own))
            {
                // All of it, since the check of a saved state sees only one of the two floats in a double.
                own.Fill(float.NaN);
            }
            Attend(
                query.Slice(first, channels), ref cache[2 * first], ref cache[2 * first + channels], 2 * width, window,
                output.Slice(first, channels), out float maximum, out float inverse);
            if (!statistics.IsEmpty)
            {
                (statistics[head], statistics[head + padded]) = (maximum, inverse);
            }
        }
    }

    /// <summary>A whole sequence.</summary>
    /// <param name="queries">[rows, stride].</param>
    /// <param name="keys">[rows, stride].</param>
    /// <param name="values">[rows, stride].</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads; divides width.</param>
    /// <param name="context">Tokens looked back over, each token's own included; 1 or more.</param>
    /// <param name="statistics">
    /// [rows, 2 Pad(heads)], overwritten: the maximum m of each head's scores, then 1/Σ e^{s−m}. Both together are the log-sum-exp, but
    /// lose nothing where it is large.
    /// </param>
    /// <param name="output">[rows, stride]; padding is left untouched.</param>
    /// <param name="initial">The state before the first row, as of <see cref="Step"/>; empty: nothing was seen.</param>
    /// <param name="final">
    /// Overwritten with the state after the last row; empty where nobody needs it, which it must not be where <paramref name="initial"/> is
    /// given.
    /// </param>
    public static void Forward(
        ReadOnlySpan<float> queries, ReadOnlySpan<float> keys, ReadOnlySpan<float> values, int stride, int rows, int width, int heads,
        int context, Span<float> statistics, Span<float> output, ReadOnlySpan<double> initial = default, Span<double> final = default)
    {
        int floats = rows * stride, padded = Layout.Pad(heads), channels = width / heads;
        Layout.Check(Math.Min(queries.Length, Math.Min(keys.Length, values.Length)), floats);
        Layout.Check(statistics.Length, rows * 2 * padded);
        Layout.Check(output.Length, floats);
        if (!initial.IsEmpty || !final.IsEmpty)
        {
            // The new state serves as the ring, as it does in a stream.
            Layout.Check(final.Length, 1 + context * width);
            Layout.CheckState(initial, final, 1 + context * width);
            final[..(1 + context * width)].Clear();
            initial.CopyTo(final);
            for (int t = 0; t < rows; t++)
            {
                int at = t * stride;
                Enter(
                    queries.Slice(at, width), keys.Slice(at, width), values.Slice(at, width), width, heads, context, final,
                    output.Slice(at, width), statistics.Slice(t * 2 * padded, 2 * padded), padded);
            }
            return;
        }
        for (int t = 0; t < rows; t++)
        {
            Window window = Window.Ending(t, context, rows);
            for (int head = 0; head < heads; head++)
            {
                int first = head * channels, own = t * stride + first, at = t * 2 * padded + head;
                Attend(
                    queries.Slice(own, channels), ref At(keys, first), ref At(values, first), stride, window, output.Slice(own, channels),
                    out statistics[at], out statistics[at + padded]);
            }
        }
    }

    /// <summary>
    /// The backward pass, with the probabilities p recomputed from the statistics: with δ_t = g_t·o_t and ds_ti = p_ti (g_t·v_i − δ_t)/√P,
    /// dv_i = Σ_t p_ti g_t, dq_t = Σ_i ds_ti k_i, dk_i = Σ_t ds_ti q_t.
    /// </summary>
    /// <param name="dOutput">[rows, stride]: g.</param>
    /// <param name="queries">[rows, stride].</param>
    /// <param name="keys">[rows, stride].</param>
    /// <param name="values">[rows, stride].</param>
    /// <param name="output">[rows, stride], from <see cref="Forward"/>.</param>
    /// <param name="statistics">From <see cref="Forward"/>.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads; divides width.</param>
    /// <param name="context">Tokens looked back over.</param>
    /// <param name="dQueries">[rows, stride], overwritten; padding is left untouched.</param>
    /// <param name="dKeys">[rows, stride], overwritten; padding becomes zero.</param>
    /// <param name="dValues">[rows, stride], overwritten; padding becomes zero.</param>
    /// <param name="initial">
    /// The state before the first row, as of <see cref="Step"/>; empty: nothing was seen. Its keys and values are constants.
    /// </param>
    public static void Backward(
        ReadOnlySpan<float> dOutput, ReadOnlySpan<float> queries, ReadOnlySpan<float> keys, ReadOnlySpan<float> values,
        ReadOnlySpan<float> output, ReadOnlySpan<float> statistics, int stride, int rows, int width, int heads, int context,
        Span<float> dQueries, Span<float> dKeys, Span<float> dValues, ReadOnlySpan<double> initial = default)
    {
        int floats = rows * stride, padded = Layout.Pad(heads), channels = width / heads;
        Layout.Check(Math.Min(dOutput.Length, output.Length), floats);
        Layout.Check(Math.Min(queries.Length, Math.Min(keys.Length, values.Length)), floats);
        Layout.Check(statistics.Length, rows * 2 * padded);
        Layout.Check(Math.Min(dQueries.Length, Math.Min(dKeys.Length, dValues.Length)), floats);
        Layout.CheckState(initial, default, 1 + context * width);
        double seen = initial.IsEmpty ? 0 : initial[0];
        ReadOnlySpan<float> cache = initial.IsEmpty ? default : MemoryMarshal.Cast<double, float>(initial.Slice(1, context * width));
        dKeys[..floats].Clear();
        dValues[..floats].Clear();
        float scale = Scale(channels);
        Span<int> offsets = stackalloc int[Block];
        Span<float> weights = stackalloc float[Block], derivatives = stackalloc float[Block];
        for (int t = 0; t < rows; t++)
        {
            Window window = Window.Ending(t, context, rows);
            // Of the tokens in the state, the last that this row still sees.
            int seenCount = (int)Math.Min(seen, Math.Max(0, context - 1 - t));
            Window past = seenCount <= 0 ? default : new(Slot(seen - seenCount, context), seenCount, context);
            for (int head = 0; head < heads; head++)
            {
                int first = head * channels, own = t * stride + first, at = t * 2 * padded + head;
                ReadOnlySpan<float> query = queries.Slice(own, channels), gradient = dOutput.Slice(own, channels);
                float delta = Dot(gradient, ref At(output, own));
                for (int from = 0; from < past.Count; from += Block)
                {
                    Span<int> rowOffsets = past.Offsets(from, 2 * width, offsets);
                    Differentiate(
                        query, gradient, ref At(cache, 2 * first), ref At(cache, 2 * first + channels), rowOffsets, statistics[at],
                        statistics[at + padded], scale, delta, weights, derivatives);
                    Combine(derivatives, ref At(cache, 2 * first), rowOffsets, from == 0, 1, dQueries.Slice(own, channels));
                }
                for (int from = 0; from < window.Count; from += Block)
                {
                    Span<int> rowOffsets = window.Offsets(from, stride, offsets);
                    Differentiate(
                        query, gradient, ref At(keys, first), ref At(values, first), rowOffsets, statistics[at], statistics[at + padded],
                        scale, delta, weights, derivatives);
                    Combine(
                        derivatives, ref At(keys, first), rowOffsets, from == 0 && past.Count == 0, 1, dQueries.Slice(own, channels));
                    Spread(derivatives, query, rowOffsets, ref dKeys[first]);
                    Spread(weights, gradient, rowOffsets, ref dValues[first]);
                }
            }
        }
    }

    /// <summary>Of one head of one token the probabilities of some rows, and the gradients of their scores.</summary>
    private static void Differentiate(
        ReadOnlySpan<float> query, ReadOnlySpan<float> gradient, ref float keys, ref float values, ReadOnlySpan<int> offsets,
        float maximum, float inverse, float scale, float delta, Span<float> weights, Span<float> derivatives)
    {
        Dots(query, ref keys, offsets, scale, weights);
        Exponentiate(weights, offsets.Length, maximum, inverse);
        Dots(gradient, ref values, offsets, 1, derivatives);
        for (int i = 0; i < offsets.Length; i++)
        {
            derivatives[i] = weights[i] * (derivatives[i] - delta) * scale;
        }
    }

    /// <summary>One head of one token. Rows of keys and values begin where the references point.</summary>
    private static void Attend(
        ReadOnlySpan<float> query, ref float keys, ref float values, int stride, Window window, Span<float> output, out float maximum,
        out float inverse)
    {
        Span<int> offsets = stackalloc int[Block];
        Span<float> weights = stackalloc float[Block];
        float scale = Scale(query.Length), max = float.NegativeInfinity;
        double weight = 0;
        for (int from = 0; from < window.Count; from += Block)
        {
            Span<int> rowOffsets = window.Offsets(from, stride, offsets);
            Dots(query, ref keys, rowOffsets, scale, weights);
            float before = max;
            max = MathF.Max(max, Maximum(weights, rowOffsets.Length));
            float keep = from == 0 ? 0 : MathF.Exp(before - max);
            weight = weight * keep + Exponentiate(weights, rowOffsets.Length, max, 1);
            Combine(weights, ref values, rowOffsets, from == 0, keep, output);
        }
        maximum = max;
        inverse = (float)(1 / weight);
        foreach (ref float value in output)
        {
            value *= inverse;
        }
    }

    /// <summary>The ring's slot of a token. Unsigned, so that no number that a file may hold leads out of the ring.</summary>
    private static int Slot(double token, int context) => (int)((ulong)token % (ulong)context);

    private static float Scale(int channels) => (float)(1 / Math.Sqrt(channels));

    /// <summary>results_i = factor a·row_i.</summary>
    private static void Dots(ReadOnlySpan<float> a, ref float rows, ReadOnlySpan<int> offsets, float factor, Span<float> results)
    {
        for (int i = 0; i < offsets.Length; i++)
        {
            results[i] = Dot(a, ref Row(ref rows, offsets[i])) * factor;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Dot(ReadOnlySpan<float> a, ref float b)
    {
        ref float left = ref MemoryMarshal.GetReference(a);
        Vector512<float> wide = Vector512<float>.Zero;
        int c = 0;
        for (; c + Lane <= a.Length; c += Lane)
        {
            wide = Vector512.FusedMultiplyAdd(Vector512.LoadUnsafe(ref left, (nuint)c), Vector512.LoadUnsafe(ref b, (nuint)c), wide);
        }
        float sum = c > 0 ? Vector512.Sum(wide) : 0;
        for (; c + Vector128<float>.Count <= a.Length; c += Vector128<float>.Count)
        {
            sum += Vector128.Dot(Vector128.LoadUnsafe(ref left, (nuint)c), Vector128.LoadUnsafe(ref b, (nuint)c));
        }
        for (; c < a.Length; c++)
        {
            sum += a[c] * Row(ref b, c);
        }
        return sum;
    }

    /// <summary>The largest of the scores; NaN where one is not finite. Up to the next multiple of 16 they are overwritten.</summary>
    private static float Maximum(Span<float> scores, int count)
    {
        Span<float> whole = scores[..Layout.Pad(count)];
        whole[count..].Fill(scores[0]);
        ref float score = ref MemoryMarshal.GetReference(whole);
        Vector512<float> max = Vector512.Create(float.NegativeInfinity);
        for (int i = 0; i < whole.Length; i += Lane)
        {
            // An infinite score is an overflow upstream: NaN, which is ∞ − ∞, says so, where ∞ would pass for a clear winner or loser.
            Vector512<float> next = Vector512.LoadUnsafe(ref score, (nuint)i);
            max = Vector512.Max(max, next + (next - next));
        }
        float result = max[0];
        for (int i = 1; i < Lane; i++)
        {
            result = MathF.Max(result, max[i]);
        }
        return result;
    }

    /// <summary>scores_i ← factor e^{scores_i − maximum}; returns their sum. Up to the next multiple of 16 they become zero.</summary>
    private static float Exponentiate(Span<float> scores, int count, float maximum, float factor)
    {
        Span<float> whole = scores[..Layout.Pad(count)];
        whole[count..].Fill(float.NegativeInfinity);
        ref float score = ref MemoryMarshal.GetReference(whole);
        Vector512<float> sum = Vector512<float>.Zero;
        for (int i = 0; i < whole.Length; i += Lane)
        {
            Vector512<float> weights = Vector512.Exp(Vector512.LoadUnsafe(ref score, (nuint)i) - Vector512.Create(maximum)) * factor;
            weights.StoreUnsafe(ref score, (nuint)i);
            sum += weights;
        }
        return Vector512.Sum(sum);
    }

    /// <summary>result = keep·result + Σ_i weights_i row_i; where it is the first, what the result held does not matter.</summary>
    private static void Combine(
        ReadOnlySpan<float> weights, ref float rows, ReadOnlySpan<int> offsets, bool isFirst, float keep, Span<float> result)
    {
        ref float target = ref MemoryMarshal.GetReference(result);
        int c = 0;
        for (; c + Lane <= result.Length; c += Lane)
        {
            // Two sums, so that an addition need not wait for the one before.
            Vector512<float> even = isFirst ? Vector512<float>.Zero : Vector512.LoadUnsafe(ref target, (nuint)c) * keep;
            Vector512<float> odd = Vector512<float>.Zero;
            int i = 0;
            for (; i + 2 <= offsets.Length; i += 2)
            {
                even = Vector512.FusedMultiplyAdd(
                    Vector512.LoadUnsafe(ref rows, (nuint)(offsets[i] + c)), Vector512.Create(weights[i]), even);
                odd = Vector512.FusedMultiplyAdd(
                    Vector512.LoadUnsafe(ref rows, (nuint)(offsets[i + 1] + c)), Vector512.Create(weights[i + 1]), odd);
            }
            if (i < offsets.Length)
            {
                even = Vector512.FusedMultiplyAdd(
                    Vector512.LoadUnsafe(ref rows, (nuint)(offsets[i] + c)), Vector512.Create(weights[i]), even);
            }
            (even + odd).StoreUnsafe(ref target, (nuint)c);
        }
        for (; c + Vector128<float>.Count <= result.Length; c += Vector128<float>.Count)
        {
            Vector128<float> sum = isFirst ? Vector128<float>.Zero : Vector128.LoadUnsafe(ref target, (nuint)c) * keep;
            for (int i = 0; i < offsets.Length; i++)
            {
                sum = Vector128.FusedMultiplyAdd(
                    Vector128.LoadUnsafe(ref rows, (nuint)(offsets[i] + c)), Vector128.Create(weights[i]), sum);
            }
            sum.StoreUnsafe(ref target, (nuint)c);
        }
        for (; c < result.Length; c++)
        {
            float sum = isFirst ? 0 : result[c] * keep;
            for (int i = 0; i < offsets.Length; i++)
            {
                sum += weights[i] * Row(ref rows, offsets[i] + c);
            }
            result[c] = sum;
        }
    }

    /// <summary>row_i += weights_i value.</summary>
    private static void Spread(ReadOnlySpan<float> weights, ReadOnlySpan<float> value, ReadOnlySpan<int> offsets, ref float rows)
    {
        ref float source = ref MemoryMarshal.GetReference(value);
        for (int i = 0; i < offsets.Length; i++)
        {
            ref float row = ref Row(ref rows, offsets[i]);
            int c = 0;
            for (; c + Lane <= value.Length; c += Lane)
            {
                Vector512.FusedMultiplyAdd(
                    Vector512.LoadUnsafe(ref source, (nuint)c), Vector512.Create(weights[i]), Vector512.LoadUnsafe(ref row, (nuint)c))
                    .StoreUnsafe(ref row, (nuint)c);
            }
            for (; c + Vector128<float>.Count <= value.Length; c += Vector128<float>.Count)
            {
                Vector128.FusedMultiplyAdd(
                    Vector128.LoadUnsafe(ref source, (nuint)c), Vector128.Create(weights[i]), Vector128.LoadUnsafe(ref row, (nuint)c))
                    .StoreUnsafe(ref row, (nuint)c);
            }
            for (; c < value.Length; c++)
            {
                Row(ref row, c) += weights[i] * value[c];
            }
        }
    }

    private static ref float Row(ref float first, int offset) => ref Unsafe.Add(ref first, offset);

    private static ref float At(ReadOnlySpan<float> rows, int offset) => ref Row(ref MemoryMarshal.GetReference(rows), offset);

    /// <summary>The tokens that a query sees, oldest first: the given number of rows of a ring.</summary>
    private readonly record struct Window(int First, int Count, int Slots)
    {
        /// <summary>In a sequence whose rows lie in order.</summary>
        public static Window Ending(int last, int context, int rows)
        {
            int count = Math.Min(last + 1, context);
            return new(last + 1 - count, count, rows);
        }

        /// <summary>Where the rows of the next block begin, written to the start of the memory given.</summary>
        public Span<int> Offsets(int from, int stride, Span<int> offsets)
        {
            Span<int> block = offsets[..Math.Min(Block, Count - from)];
            int slot = (First + from) % Slots;
            foreach (ref int offset in block)
            {
                offset = slot * stride;
                slot = slot + 1 < Slots ? slot + 1 : 0;
            }
            return block;
        }
    }
}
