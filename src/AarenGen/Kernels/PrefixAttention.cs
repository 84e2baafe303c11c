using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AarenGen.Kernels;

/// <summary>
/// Attention of a constant query over each prefix: o_t = Σ_{i≤t} e^{s_i} v_i / Σ_{i≤t} e^{s_i} a head, as a recurrence. Heads lie
/// side by side in a row, width/heads channels each. Source: Feng et al., Attention as an RNN, arXiv 2405.13956.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class PrefixAttention
{
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
    /// A whole sequence in gate form: add_t = e^{s_t−m_t}/w_t, keep_t = e^{m_{t−1}−m_t} w_{t−1}/w_t, o_t = keep_t o_{t−1} + add_t v_t.
    /// </summary>
    /// <param name="values">[rows, valueStride].</param>
    /// <param name="valueStride">Floats from row to row.</param>
    /// <param name="scores">[rows, scoreStride].</param>
    /// <param name="scoreStride">Floats from row to row.</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads; divides width.</param>
    /// <param name="gates">[rows, 2 Pad(heads)], overwritten: keep gates, then add gates.</param>
    /// <param name="output">[rows, outputStride]; padding is left untouched.</param>
    /// <param name="outputStride">Floats from row to row.</param>
    public static void Forward(
        ReadOnlySpan<float> values, int valueStride, ReadOnlySpan<float> scores, int scoreStride, int rows, int width, int heads,
        Span<float> gates, Span<float> output, int outputStride)
    {
        Layout.Check(values.Length, (rows - 1) * valueStride + width);
        Layout.Check(scores.Length, (rows - 1) * scoreStride + heads);
        Layout.Check(gates.Length, rows * 2 * Layout.Pad(heads));
        Layout.Check(output.Length, (rows - 1) * outputStride + width);
        int channels = width / heads, padded = Layout.Pad(heads);
        for (int head = 0; head < heads; head++)
        {
            double maximum = double.NegativeInfinity, weight = 0;
            for (int t = 0; t < rows; t++)
            {
                double score = scores[t * scoreStride + head], add = 1, keep = 1;
                if (score > maximum || double.IsNaN(score))
                {
                    keep = Math.Exp(maximum - score);
                    maximum = score;
                }
                else
                {
                    add = Math.Exp(score - maximum);
                }
                double kept = weight * keep;
                weight = kept + add;
                gates[t * 2 * padded + head] = (float)(kept / weight);
                gates[t * 2 * padded + padded + head] = (float)(add / weight);
            }
        }
        for (int t = 0; t < rows; t++)
        {
            ReadOnlySpan<float> before = output.Slice(Math.Max(t - 1, 0) * outputStride, width);
            for (int head = 0; head < heads; head++)
            {
                int first = head * channels;
                // Before the first token there is nothing to keep; what the memory holds there may be anything.
                Blend(
                    t == 0 ? 0 : gates[t * 2 * padded + head], t == 0 ? values.Slice(first, channels) : before.Slice(first, channels),
                    gates[t * 2 * padded + padded + head], values.Slice(t * valueStride + first, channels),
                    output.Slice(t * outputStride + first, channels));
            }
        }
    }

    /// <summary>
    /// The way back: G_t = g_t + keep_{t+1} G_{t+1} a channel, C_t = g_t·o_t + keep_{t+1} C_{t+1} a head;
    /// dv_t = add_t G_t, ds_t = add_t (v_t·G_t − C_t).
    /// </summary>
    /// <param name="dOutput">[rows, outputStride]: g.</param>
    /// <param name="outputStride">Floats from row to row.</param>
    /// <param name="values">[rows, valueStride].</param>
    /// <param name="valueStride">Floats from row to row.</param>
    /// <param name="output">[rows, outputStride], from <see cref="Forward"/>.</param>
    /// <param name="gates">From <see cref="Forward"/>.</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads; divides width.</param>
    /// <param name="dValues">[rows, valueStride], overwritten; padding is left untouched.</param>
    /// <param name="dScores">[rows, scoreStride], overwritten; padding is left untouched.</param>
    /// <param name="scoreStride">Floats from row to row.</param>
    /// <param name="carries">Working memory, Pad(width) + 2 Pad(heads) floats. C is kept in double, since v·G − C cancels.</param>
    public static void Backward(
        ReadOnlySpan<float> dOutput, int outputStride, ReadOnlySpan<float> values, int valueStride, ReadOnlySpan<float> output,
        ReadOnlySpan<float> gates, int rows, int width, int heads, Span<float> dValues, Span<float> dScores, int scoreStride,
        Span<float> carries)
    {
        Layout.Check(Math.Min(dOutput.Length, output.Length), (rows - 1) * outputStride + width);
        Layout.Check(Math.Min(values.Length, dValues.Length), (rows - 1) * valueStride + width);
        Layout.Check(gates.Length, rows * 2 * Layout.Pad(heads));
        Layout.Check(dScores.Length, (rows - 1) * scoreStride + heads);
        Layout.Check(carries.Length, Layout.Pad(width) + 2 * Layout.Pad(heads));
        int channels = width / heads, padded = Layout.Pad(heads);
        Span<float> vectors = carries[..width];
        Span<double> scalars = MemoryMarshal.Cast<float, double>(carries.Slice(Layout.Pad(width), 2 * Layout.Pad(heads)));
        vectors.Clear();
        scalars.Clear();
        for (int t = rows - 1; t >= 0; t--)
        {
            for (int head = 0; head < heads; head++)
            {
                int first = head * channels;
                float keepNext = t + 1 < rows ? gates[(t + 1) * 2 * padded + head] : 0;
                float add = gates[t * 2 * padded + padded + head];
                (double valueDot, double outputDot) = Carry(
                    keepNext, add, vectors.Slice(first, channels), dOutput.Slice(t * outputStride + first, channels),
                    output.Slice(t * outputStride + first, channels), values.Slice(t * valueStride + first, channels),
                    dValues.Slice(t * valueStride + first, channels));
                scalars[head] = outputDot + (double)keepNext * scalars[head];
                dScores[t * scoreStride + head] = (float)(add * (valueDot - scalars[head]));
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

    /// <summary>result = keep·old + add·value.</summary>
    private static void Blend(float keep, ReadOnlySpan<float> old, float add, ReadOnlySpan<float> value, Span<float> result)
    {
        ref float x = ref MemoryMarshal.GetReference(old);
        ref float v = ref MemoryMarshal.GetReference(value);
        ref float y = ref MemoryMarshal.GetReference(result);
        int c = 0;
        for (; c + Vector256<float>.Count <= result.Length; c += Vector256<float>.Count)
        {
            (Vector256.LoadUnsafe(ref x, (nuint)c) * keep + Vector256.LoadUnsafe(ref v, (nuint)c) * add).StoreUnsafe(ref y, (nuint)c);
        }
        for (; c < result.Length; c++)
        {
            result[c] = old[c] * keep + value[c] * add;
        }
    }

    /// <summary>G ← g + keep·G, dv = add·G; returns v·G and g·o.</summary>
    private static (double ValueDot, double OutputDot) Carry(
        float keep, float add, Span<float> carry, ReadOnlySpan<float> gradient, ReadOnlySpan<float> output, ReadOnlySpan<float> value,
        Span<float> dValue)
    {
        ref float big = ref MemoryMarshal.GetReference(carry);
        ref float g = ref MemoryMarshal.GetReference(gradient);
        ref float o = ref MemoryMarshal.GetReference(output);
        ref float v = ref MemoryMarshal.GetReference(value);
        ref float dv = ref MemoryMarshal.GetReference(dValue);
        Vector256<double> valueDots = Vector256<double>.Zero, outputDots = Vector256<double>.Zero;
        int c = 0;
        for (; c + Vector256<float>.Count <= carry.Length; c += Vector256<float>.Count)
        {
            nuint at = (nuint)c;
            Vector256<float> own = Vector256.LoadUnsafe(ref g, at);
            Vector256<float> all = own + Vector256.LoadUnsafe(ref big, at) * keep;
            all.StoreUnsafe(ref big, at);
            (all * add).StoreUnsafe(ref dv, at);
            valueDots += Products(all, Vector256.LoadUnsafe(ref v, at));
            outputDots += Products(own, Vector256.LoadUnsafe(ref o, at));
        }
        double valueDot = Vector256.Sum(valueDots), outputDot = Vector256.Sum(outputDots);
        for (; c < carry.Length; c++)
        {
            float all = gradient[c] + keep * carry[c];
            carry[c] = all;
            dValue[c] = add * all;
            valueDot += (double)all * value[c];
            outputDot += (double)gradient[c] * output[c];
        }
        return (valueDot, outputDot);
    }

    /// <summary>a b in double, added up in pairs.</summary>
    private static Vector256<double> Products(Vector256<float> a, Vector256<float> b)
    {
        (Vector256<double> aLow, Vector256<double> aHigh) = Vector256.Widen(a);
        (Vector256<double> bLow, Vector256<double> bHigh) = Vector256.Widen(b);
        return aLow * bLow + aHigh * bHigh;
    }
}
