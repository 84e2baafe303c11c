using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AarenGen.Kernels;

/// <summary>
/// Attention of a constant query over each prefix: o_t = Σ_{i≤t} e^{s_i} v_i / Σ_{i≤t} e^{s_i} a head, as a recurrence. Heads lie
/// side by side in a row, width/heads channels each. Source: Feng et al., Attention as an RNN, arXiv 2405.13956.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static unsafe class PrefixAttention
{
    /// <summary>Heads whose gates are computed side by side.</summary>
    private const int Group = 8;

    /// <summary>Channels of a state that are rounded at once.</summary>
    private const int MaxBlock = 256;

    /// <summary>
    /// One token of a stream: with the running maximum m, u ← u e^{m−m'} + v e^{s−m'}, w likewise, o = u/w. In double, since in
    /// float w stops growing at 2^24 tokens. A score that is not finite makes this stream's outputs NaN and no other's.
    /// </summary>
    /// <param name="values">Width values.</param>
    /// <param name="scores">A score a head.</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads; divides width.</param>
    /// <param name="state">Heads maxima m, heads weights w (0: nothing seen yet), width numerators u.</param>
    /// <param name="output">Width outputs; padding is left untouched.</param>
    public static void Step(
        ReadOnlySpan<float> values, ReadOnlySpan<float> scores, int width, int heads, Span<double> state, Span<float> output)
    {
        Layout.Check(Math.Min(values.Length, output.Length), width);
        Layout.Check(scores.Length, heads);
        Layout.Check(state.Length, 2 * heads + width);
        int channels = width / heads;
        Span<double> maxima = state[..heads], weights = state.Slice(heads, heads), numerators = state.Slice(2 * heads, width);
        for (int head = 0; head < heads; head++)
        {
            // An infinite score is an overflow upstream: NaN says so, where ∞ would pass for a clear winner.
            double score = float.IsFinite(scores[head]) ? scores[head] : double.NaN, weight = weights[head], add = 1;
            Span<double> u = numerators.Slice(head * channels, channels);
            if (weight == 0 || !(score <= maxima[head]))
            {
                // A new maximum: what was seen so far shrinks.
                double keep = weight == 0 ? 0 : Math.Exp(maxima[head] - score);
                maxima[head] = score;
                weight *= keep;
                for (int c = 0; c < u.Length; c++)
                {
                    u[c] *= keep;
                }
            }
            else
            {
                add = Math.Exp(score - maxima[head]);
            }
            weight += add;
            weights[head] = weight;
            Accumulate(add, values.Slice(head * channels, channels), u, 1 / weight, output.Slice(head * channels, channels));
        }
    }

    /// <summary>
    /// The state after two chunks of a sequence: m = max(m₁, m₂), w = w₁ e^{m₁−m} + w₂ e^{m₂−m}, u likewise. Source: the paper's
    /// section 3.2.
    /// </summary>
    /// <param name="earlier">The state after the first chunk, as of <see cref="Step"/>; becomes that after both.</param>
    /// <param name="later">The state after the second chunk, started from the zero state.</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads; divides width.</param>
    public static void Combine(Span<double> earlier, ReadOnlySpan<double> later, int width, int heads)
    {
        Layout.Check(Math.Min(earlier.Length, later.Length), 2 * heads + width);
        int channels = width / heads;
        for (int head = 0; head < heads; head++)
        {
            double weight = earlier[heads + head], added = later[heads + head];
            if (added == 0)
            {
                continue;
            }
            double maximum = weight == 0 ? later[head] : Math.Max(earlier[head], later[head]);
            double keep = weight == 0 ? 0 : Math.Exp(earlier[head] - maximum), add = Math.Exp(later[head] - maximum);
            earlier[head] = maximum;
            earlier[heads + head] = weight * keep + added * add;
            for (int c = 2 * heads + head * channels; c < 2 * heads + (head + 1) * channels; c++)
            {
                earlier[c] = earlier[c] * keep + later[c] * add;
            }
        }
    }

    /// <summary>
    /// A whole sequence in gate form: add_t = e^{s_t−m_t}/w_t, keep_t = e^{m_{t−1}−m_t} w_{t−1}/w_t, o_t = keep_t o_{t−1} + add_t v_t.
    /// </summary>
    /// <param name="values">[rows, Pad(width)]; the last row may end at width.</param>
    /// <param name="scores">[rows, Pad(heads)], a score a head; of the rest of Pad(heads) any numbers.</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads; divides width.</param>
    /// <param name="gates">[rows, 2 Pad(heads)], overwritten: keep gates, then add gates.</param>
    /// <param name="output">[rows, Pad(width)]; padding is left untouched.</param>
    /// <param name="initial">The state before the first row, as of <see cref="Step"/>; empty: nothing was seen.</param>
    /// <param name="final">
    /// Overwritten with the state after the last row; empty where nobody needs it. Its numerators are those of the outputs in float, so
    /// that a sequence in chunks has the outputs of the whole, bit for bit.
    /// </param>
    public static void Forward(
        ReadOnlySpan<float> values, ReadOnlySpan<float> scores, int rows, int width, int heads, Span<float> gates, Span<float> output,
        ReadOnlySpan<double> initial = default, Span<double> final = default)
    {
        int padded = Layout.Pad(heads), stride = Layout.Pad(width);
        Layout.Check(Math.Min(values.Length, output.Length), (rows - 1) * stride + width);
        Layout.Check(scores.Length, rows * padded);
        Layout.Check(gates.Length, rows * 2 * padded);
        Layout.CheckState(initial, final, 2 * heads + width);
        fixed (float* v = values, s = scores, gate = gates, o = output)
        {
            if (!initial.IsEmpty || !final.IsEmpty)
            {
                CarriedGates(s, rows, heads, gate, initial, final);
            }
            for (int head = 0; head < heads && initial.IsEmpty && final.IsEmpty; head += Group)
            {
                Gates(s + head, rows, gate + head, padded, null);
            }
            if (!initial.IsEmpty)
            {
                BlendFirst(initial, v, gate, width, heads, o);
            }
            BlendRows(v, gate, initial.IsEmpty ? 0 : 1, rows, width, heads, o);
            if (!final.IsEmpty)
            {
                StoreNumerators(o + (nint)(rows - 1) * stride, width, heads, final);
            }
        }
    }

    /// <summary>The rows from one on; the first row of all follows no other.</summary>
    private static void BlendRows(float* values, float* gates, int from, int rows, int width, int heads, float* output)
    {
        int channels = width / heads, padded = Layout.Pad(heads), stride = Layout.Pad(width);
        for (int t = from; t < rows; t++)
        {
            float* row = output + (nint)t * stride, before = t == 0 ? null : row - stride;
            for (int head = 0; head < heads; head++)
            {
                float* keep = gates + (nint)t * 2 * padded + head;
                nint first = head * channels;
                Blend(
                    channels, *keep, before is null ? null : before + first, keep[padded], values + (nint)t * stride + first, row + first);
            }
        }
    }

    /// <summary>The gates of all heads, whose maxima and weights go on from a state and into another.</summary>
    private static void CarriedGates(
        float* scores, int rows, int heads, float* gates, ReadOnlySpan<double> initial, Span<double> final)
    {
        double* group = stackalloc double[2 * Group];
        for (int head = 0; head < heads; head += Group)
        {
            int count = Math.Min(Group, heads - head);
            for (int i = 0; i < Group; i++)
            {
                double weight = i < count && !initial.IsEmpty ? initial[heads + head + i] : 0;
                group[i] = weight == 0 ? double.NegativeInfinity : initial[head + i];
                group[Group + i] = weight;
            }
            Gates(scores + head, rows, gates + head, Layout.Pad(heads), group);
            if (!final.IsEmpty)
            {
                new ReadOnlySpan<double>(group, count).CopyTo(final[head..]);
                new ReadOnlySpan<double>(group + Group, count).CopyTo(final[(heads + head)..]);
            }
        }
    }

    private static void StoreNumerators(float* output, int width, int heads, Span<double> state)
    {
        for (int channel = 0; channel < width; channel++)
        {
            state[2 * heads + channel] = output[channel] * state[heads + channel / (width / heads)];
        }
    }

    /// <summary>The first row after a state. Its outputs round to those that the numerators were made of.</summary>
    private static void BlendFirst(ReadOnlySpan<double> state, float* values, float* gates, int width, int heads, float* output)
    {
        float* old = stackalloc float[MaxBlock];
        int channels = width / heads, padded = Layout.Pad(heads);
        for (int head = 0; head < heads; head++)
        {
            double weight = state[heads + head];
            for (int from = head * channels, end = from + channels; from < end; from += MaxBlock)
            {
                int count = Math.Min(MaxBlock, end - from);
                for (int c = 0; c < count; c++)
                {
                    old[c] = (float)(state[2 * heads + from + c] / weight);
                }
                Blend(count, gates[head], weight == 0 ? null : old, gates[padded + head], values + from, output + from);
            }
        }
    }

    /// <summary>result = keep·old + add·value; of no old, add·value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Blend(int channels, float keep, float* old, float add, float* value, float* result)
    {
        int c = 0;
        for (; c + Vector512<float>.Count <= channels; c += Vector512<float>.Count)
        {
            Vector512<float> added = Vector512.Load(value + c) * add;
            (old is null ? added : Vector512.MultiplyAddEstimate(Vector512.Load(old + c), Vector512.Create(keep), added)).Store(result + c);
        }
        for (; c < channels; c++)
        {
            float added = value[c] * add;
            result[c] = old is null ? added : float.MultiplyAddEstimate(old[c], keep, added);
        }
    }

    /// <summary>
    /// The gates of eight heads side by side, in double. Their maxima and weights are read from and written to memory, if it is given.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Gates(float* scores, int rows, float* gates, int padded, double* state)
    {
        Vector512<double> maximum = Vector512.Create(double.NegativeInfinity), weight = Vector512<double>.Zero, one = Vector512<double>.One;
        if (state is not null)
        {
            maximum = Vector512.Load(state);
            weight = Vector512.Load(state + Group);
        }
        for (int t = 0; t < rows; t++)
        {
            Vector256<float> row = Vector256.Load(scores + (nint)t * padded);
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(row);
            Vector512<double> score = Vector512.Create(low, high);
            // Of the two exponentials, that of the larger is 1.
            Vector512<double> smaller = Vector512.Exp(-Vector512.Abs(score - maximum)), isNew = Vector512.GreaterThan(score, maximum);
            Vector512<double> kept = weight * Vector512.ConditionalSelect(isNew, smaller, one),
                add = Vector512.ConditionalSelect(isNew, one, smaller);
            maximum = Vector512.ConditionalSelect(isNew, score, maximum);
            weight = kept + add;
            Vector512<double> inverse = one / weight;
            kept *= inverse;
            add *= inverse;
            Vector256.Narrow(kept.GetLower(), kept.GetUpper()).Store(gates + (nint)t * 2 * padded);
            Vector256.Narrow(add.GetLower(), add.GetUpper()).Store(gates + (nint)t * 2 * padded + padded);
        }
        if (state is not null)
        {
            maximum.Store(state);
            weight.Store(state + Group);
        }
    }

    /// <summary>
    /// The backward pass: G_t = g_t + keep_{t+1} G_{t+1} a channel, C_t = g_t·o_t + keep_{t+1} C_{t+1} a head;
    /// dv_t = add_t G_t, ds_t = add_t (v_t·G_t − C_t). The state before the first row does not occur in it.
    /// </summary>
    /// <param name="dOutput">[rows, Pad(width)]: g.</param>
    /// <param name="values">[rows, Pad(width)].</param>
    /// <param name="output">[rows, Pad(width)], from <see cref="Forward"/>.</param>
    /// <param name="gates">From <see cref="Forward"/>.</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads; divides width.</param>
    /// <param name="dValues">[rows, Pad(width)], overwritten; padding is left untouched.</param>
    /// <param name="dScores">[rows, Pad(heads)], overwritten; padding is left untouched.</param>
    /// <param name="carries">Working memory, Pad(width) + 2 Pad(heads) floats. C is kept in double, since v·G − C cancels.</param>
    public static void Backward(
        ReadOnlySpan<float> dOutput, ReadOnlySpan<float> values, ReadOnlySpan<float> output, ReadOnlySpan<float> gates, int rows, int width,
        int heads, Span<float> dValues, Span<float> dScores, Span<float> carries)
    {
        int channels = width / heads, padded = Layout.Pad(heads), stride = Layout.Pad(width);
        Layout.Check(Math.Min(dOutput.Length, output.Length), (rows - 1) * stride + width);
        Layout.Check(Math.Min(values.Length, dValues.Length), (rows - 1) * stride + width);
        Layout.Check(gates.Length, rows * 2 * padded);
        Layout.Check(dScores.Length, (rows - 1) * padded + heads);
        Layout.Check(carries.Length, stride + 2 * padded);
        carries.Clear();
        fixed (float* g = dOutput, v = values, o = output, gate = gates, dv = dValues, ds = dScores, vectors = carries)
        {
            var scalars = (double*)(vectors + stride);
            for (int t = rows - 1; t >= 0; t--)
            {
                for (int head = 0; head < heads; head++)
                {
                    float keepNext = t + 1 < rows ? gate[(nint)(t + 1) * 2 * padded + head] : 0,
                        add = gate[(nint)t * 2 * padded + padded + head];
                    nint first = head * channels, at = (nint)t * stride + first;
                    double valueDot = Carry(
                        channels, keepNext, add, vectors + first, g + at, o + at, v + at, dv + at, out double outputDot);
                    scalars[head] = outputDot + (double)keepNext * scalars[head];
                    ds[(nint)t * padded + head] = (float)(add * (valueDot - scalars[head]));
                }
            }
        }
    }

    private static void Accumulate(double add, ReadOnlySpan<float> values, Span<double> numerators, double inverse, Span<float> output)
    {
        ref float v = ref MemoryMarshal.GetReference(values);
        ref float o = ref MemoryMarshal.GetReference(output);
        ref double u = ref MemoryMarshal.GetReference(numerators);
        int c = 0;
        for (; c + Vector256<float>.Count <= values.Length; c += Vector256<float>.Count)
        {
            (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.LoadUnsafe(ref v, (nuint)c));
            low = Vector256.LoadUnsafe(ref u, (nuint)c) + low * add;
            high = Vector256.LoadUnsafe(ref u, (nuint)c + 4) + high * add;
            low.StoreUnsafe(ref u, (nuint)c);
            high.StoreUnsafe(ref u, (nuint)c + 4);
            Vector256.Narrow(low * inverse, high * inverse).StoreUnsafe(ref o, (nuint)c);
        }
        for (; c < values.Length; c++)
        {
            numerators[c] += add * values[c];
            output[c] = (float)(numerators[c] * inverse);
        }
    }

    /// <summary>G ← g + keep·G, dv = add·G; returns v·G and g·o, in double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Carry(
        int channels, float keep, float add, float* carry, float* gradient, float* output, float* value, float* dValue,
        out double outputDot)
    {
        Vector512<double> valueDots = Vector512<double>.Zero, outputDots = Vector512<double>.Zero;
        int c = 0;
        for (; c + Vector512<float>.Count <= channels; c += Vector512<float>.Count)
        {
            Vector512<float> own = Vector512.Load(gradient + c);
            Vector512<float> all = Vector512.MultiplyAddEstimate(Vector512.Load(carry + c), Vector512.Create(keep), own);
            all.Store(carry + c);
            (all * add).Store(dValue + c);
            valueDots = AddProducts(all, Vector512.Load(value + c), valueDots);
            outputDots = AddProducts(own, Vector512.Load(output + c), outputDots);
        }
        double valueDot = VectorMath.Sum(valueDots);
        outputDot = VectorMath.Sum(outputDots);
        for (; c < channels; c++)
        {
            float all = float.MultiplyAddEstimate(carry[c], keep, gradient[c]);
            carry[c] = all;
            dValue[c] = add * all;
            valueDot += (double)all * value[c];
            outputDot += (double)gradient[c] * output[c];
        }
        return valueDot;
    }

    /// <summary>a b + sums in double, where a product of two floats is exact.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> AddProducts(Vector512<float> a, Vector512<float> b, Vector512<double> sums)
    {
        (Vector512<double> aLow, Vector512<double> aHigh) = Vector512.Widen(a);
        (Vector512<double> bLow, Vector512<double> bHigh) = Vector512.Widen(b);
        return sums + (aLow * bLow + aHigh * bHigh);
    }
}
