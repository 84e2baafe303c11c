using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AarenGen.Kernels;

/// <summary>
/// Attention of a constant query over each prefix, with a forget gate a head and token:
/// o_t = Σ_{i≤t} e^{s_i + φ_{i+1} + … + φ_t} v_i / Σ_{i≤t} e^{s_i + φ_{i+1} + … + φ_t}, φ = log σ(f), as a recurrence. Heads lie side by
/// side in a row, width/heads channels each. The gate of a sequence's first token does not matter. Sources: Feng et al., Attention as an
/// RNN, arXiv 2405.13956; the gate: Lin et al., Forgetting Transformer, arXiv 2503.02130.
/// </summary>
/// <remarks>
/// With the maximum m of the exponents and the weight w = Σ e^{exponent − m}: m' = max(m + φ, s), w' = w e^{m + φ − m'} + e^{s − m'},
/// β = e^{s − m'}/w', o' = o + β (v − o). All of it is in double, but for β, which training keeps in float. Streams and whole sequences
/// run the same code: their outputs are equal bit for bit.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static unsafe class ForgettingAttention
{
    /// <summary>Heads that are computed side by side.</summary>
    private const int Group = 8;

    /// <summary>Channels whose outputs are carried along time at once.</summary>
    private const int MaxBlock = 256;

    /// <summary>
    /// One token of a stream. A score or a gate that is not finite makes its head's outputs NaN and no other's.
    /// </summary>
    /// <param name="values">Width values.</param>
    /// <param name="scores">Pad(heads) numbers, of which the first are a score s a head.</param>
    /// <param name="forgets">Pad(heads) numbers, of which the first are a gate f a head, before the logistic function.</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads; divides width.</param>
    /// <param name="state">
    /// Heads maxima m, heads weights w (0: nothing seen yet), heads sums of φ, width outputs o.
    /// </param>
    /// <param name="output">Width outputs; padding is left untouched.</param>
    public static void Step(
        ReadOnlySpan<float> values, ReadOnlySpan<float> scores, ReadOnlySpan<float> forgets, int width, int heads, Span<double> state,
        Span<float> output)
    {
        Layout.Check(Math.Min(values.Length, output.Length), width);
        Layout.Check(Math.Min(scores.Length, forgets.Length), Layout.Pad(heads));
        Layout.Check(state.Length, 3 * heads + width);
        double* group = stackalloc double[3 * Group];
        float* gates = stackalloc float[2 * Group];
        int channels = width / heads;
        fixed (float* v = values, s = scores, f = forgets, o = output)
        fixed (double* memory = state)
        {
            for (int first = 0; first < heads; first += Group)
            {
                int count = Math.Min(Group, heads - first);
                Copy(memory + first, heads, group, Group, count);
                Vector512<double> maximum = Vector512.Load(group), weight = Vector512.Load(group + Group);
                Next(s + first, f + first, ref maximum, ref weight, out Vector512<double> decay, gates, Group);
                maximum.Store(group);
                weight.Store(group + Group);
                (Vector512.Load(group + 2 * Group) + decay).Store(group + 2 * Group);
                Copy(group, Group, memory + first, heads, count);
                double* old = memory + 3 * heads + first * channels;
                if (channels == 1)
                {
                    BlendHeads(count, gates + Group, v + first, old, o + first);
                    continue;
                }
                for (int head = 0; head < count; head++)
                {
                    int channel = head * channels;
                    Blend(channels, gates[Group + head], v + first * channels + channel, old + channel, o + first * channels + channel);
                }
            }
        }
    }

    /// <summary>
    /// The state after two chunks of a sequence: Φ = Φ₁ + Φ₂, m = max(m₁ + Φ₂, m₂), the weights scaled to it and added, o the mean by
    /// weight.
    /// </summary>
    /// <param name="earlier">The state after the first chunk, as of <see cref="Step"/>; becomes that after both.</param>
    /// <param name="later">The state after the second chunk, started from the zero state.</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads; divides width.</param>
    public static void Combine(Span<double> earlier, ReadOnlySpan<double> later, int width, int heads)
    {
        Layout.Check(Math.Min(earlier.Length, later.Length), 3 * heads + width);
        int channels = width / heads;
        for (int head = 0; head < heads; head++)
        {
            double weight = earlier[heads + head], added = later[heads + head], decay = later[2 * heads + head];
            if (added == 0)
            {
                continue;
            }
            double decayed = earlier[head] + decay;
            double maximum = weight == 0 ? later[head] : Math.Max(decayed, later[head]);
            double kept = weight == 0 ? 0 : weight * Math.Exp(decayed - maximum);
            added *= Math.Exp(later[head] - maximum);
            earlier[head] = maximum;
            earlier[heads + head] = kept + added;
            earlier[2 * heads + head] += decay;
            double add = added / (kept + added);
            for (int c = 3 * heads + head * channels; c < 3 * heads + (head + 1) * channels; c++)
            {
                earlier[c] = weight == 0 ? later[c] : earlier[c] + add * (later[c] - earlier[c]);
            }
        }
    }

    /// <summary>A whole sequence in gate form: o_t = keep_t o_{t−1} + add_t v_t with add = β and keep = 1 − β.</summary>
    /// <param name="values">[rows, Pad(width)].</param>
    /// <param name="scores">[rows, Pad(heads)], a score a head; of the padding any numbers.</param>
    /// <param name="forgets">[rows, Pad(heads)], a gate a head before the logistic function; of the padding any numbers.</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Channels of all heads.</param>
    /// <param name="heads">Heads; divides width.</param>
    /// <param name="gates">[rows, 2 Pad(heads)], overwritten: keep gates, then add gates, as of <see cref="PrefixAttention"/>.</param>
    /// <param name="output">[rows, Pad(width)]; padding is left untouched.</param>
    /// <param name="initial">The state before the first row, as of <see cref="Step"/>; empty: nothing was seen.</param>
    /// <param name="final">Overwritten with the state after the last row; empty where nobody needs it.</param>
    public static void Forward(
        ReadOnlySpan<float> values, ReadOnlySpan<float> scores, ReadOnlySpan<float> forgets, int rows, int width, int heads,
        Span<float> gates, Span<float> output, ReadOnlySpan<double> initial = default, Span<double> final = default)
    {
        int channels = width / heads, padded = Layout.Pad(heads), stride = Layout.Pad(width);
        Layout.Check(Math.Min(values.Length, output.Length), (rows - 1) * stride + width);
        Layout.Check(Math.Min(scores.Length, forgets.Length), rows * padded);
        Layout.Check(gates.Length, rows * 2 * padded);
        Layout.CheckState(initial, final, 3 * heads + width);
        double* group = stackalloc double[3 * Group];
        fixed (float* v = values, s = scores, f = forgets, gate = gates, o = output)
        fixed (double* before = initial, after = final)
        {
            for (int first = 0; first < heads; first += Group)
            {
                int count = Math.Min(Group, heads - first);
                Vector512<double> maximum = Vector512<double>.Zero, weight = Vector512<double>.Zero, decays = Vector512<double>.Zero;
                if (before is not null)
                {
                    Copy(before + first, heads, group, Group, count);
                    (maximum, weight, decays) =
                        (Vector512.Load(group), Vector512.Load(group + Group), Vector512.Load(group + 2 * Group));
                }
                for (int t = 0; t < rows; t++)
                {
                    Next(
                        s + (nint)t * padded + first, f + (nint)t * padded + first, ref maximum, ref weight, out Vector512<double> decay,
                        gate + (nint)t * 2 * padded + first, padded);
                    decays += decay;
                }
                if (after is not null)
                {
                    maximum.Store(group);
                    weight.Store(group + Group);
                    decays.Store(group + 2 * Group);
                    Copy(group, Group, after + first, heads, count);
                }
            }
            double* old = stackalloc double[MaxBlock];
            for (int from = 0; from < width; from += MaxBlock)
            {
                // As many whole heads as fit, or some channels of one that does not.
                int to = Math.Min(width, from + MaxBlock);
                var block = new Span<double>(old, to - from);
                if (before is null)
                {
                    block.Clear();
                }
                else
                {
                    initial.Slice(3 * heads + from, to - from).CopyTo(block);
                }
                for (int t = 0; t < rows; t++)
                {
                    float* add = gate + (nint)t * 2 * padded + padded, value = v + (nint)t * stride, result = o + (nint)t * stride;
                    if (channels == 1)
                    {
                        BlendHeads(to - from, add + from, value + from, old, result + from);
                        continue;
                    }
                    for (int channel = from; channel < to;)
                    {
                        int head = channel / channels, end = Math.Min(to, (head + 1) * channels);
                        Blend(end - channel, add[head], value + channel, old + channel - from, result + channel);
                        channel = end;
                    }
                }
                if (after is not null)
                {
                    block.CopyTo(final[(3 * heads + from)..]);
                }
            }
        }
    }

    /// <summary>
    /// The gradient of the forget gates from those of the scores, which <see cref="PrefixAttention.Backward"/> computes: φ_t is
    /// added to all earlier exponents, and a number added to all exponents leaves the output unchanged, so
    /// dφ_t = Σ_{i&lt;t} ds_i = −Σ_{i≥t} ds_i; df = dφ σ(−f).
    /// </summary>
    /// <param name="dScores">[rows, Pad(heads)].</param>
    /// <param name="forgets">[rows, Pad(heads)], a gate a head before the logistic function; of the padding any numbers.</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="heads">Heads.</param>
    /// <param name="dForgets">
    /// [rows, Pad(heads)], overwritten; the padding becomes zero. The first row's are 0 where nothing was seen before.
    /// </param>
    /// <param name="initial">
    /// The state before the first row, as of <see cref="Step"/>; empty: nothing was seen. The first gate lowers the exponents of all that
    /// it holds, so that the sums are the same.
    /// </param>
    public static void ForgetBackward(
        ReadOnlySpan<float> dScores, ReadOnlySpan<float> forgets, int rows, int heads, Span<float> dForgets,
        ReadOnlySpan<double> initial = default)
    {
        int padded = Layout.Pad(heads);
        Layout.Check(Math.Min(dScores.Length, Math.Min(forgets.Length, dForgets.Length)), rows * padded);
        Layout.CheckState(initial, default, 2 * heads);
        double* weights = stackalloc double[Group];
        fixed (float* ds = dScores, f = forgets, df = dForgets)
        {
            for (int first = 0; first < padded; first += Group)
            {
                Vector512<double> sum = Vector512<double>.Zero;
                Vector512<double> isHead = Vector512.LessThan(Vector512<double>.Indices, Vector512.Create((double)(heads - first)));
                if (!initial.IsEmpty && first < heads)
                {
                    initial.Slice(heads + first, Math.Min(Group, heads - first)).CopyTo(new(weights, Group));
                }
                Vector512<double> hasPast = Vector512.LessThan(Vector512<double>.Zero, Vector512.Load(weights)) & isHead;
                for (int t = rows - 1; t >= 0; t--)
                {
                    nint at = (nint)t * padded + first;
                    sum += Load(ds + at);
                    Vector512<double> own = -sum / (Vector512<double>.One + Vector512.Exp(Load(f + at)));
                    own = Vector512.ConditionalSelect(t == 0 ? hasPast : isHead, own, Vector512<double>.Zero);
                    Vector256.Narrow(own.GetLower(), own.GetUpper()).Store(df + at);
                }
            }
        }
    }

    /// <summary>Copies the maxima, weights and sums of some heads, which lie at a distance from each other.</summary>
    private static void Copy(double* from, int fromDistance, double* to, int toDistance, int count)
    {
        for (int part = 0; part < 3; part++)
        {
            for (int head = 0; head < count; head++)
            {
                to[part * toDistance + head] = from[part * fromDistance + head];
            }
        }
    }

    /// <summary>
    /// A token of eight heads: their maxima and weights go on, and their gates are stored, keep and at a distance add.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Next(
        float* scores, float* forgets, ref Vector512<double> maximum, ref Vector512<double> weight, out Vector512<double> decay,
        float* gates, int distance)
    {
        Vector512<double> score = Load(scores), forget = Load(forgets), one = Vector512<double>.One;
        // log σ(f) = min(f, 0) − log(1 + e^{−|f|})
        decay = Vector512.Min(forget, Vector512<double>.Zero) - Vector512.Log(one + Vector512.Exp(-Vector512.Abs(forget)));
        Vector512<double> isFirst = Vector512.Equals(weight, Vector512<double>.Zero);
        Vector512<double> decayed = maximum + decay;
        // Of the two exponentials, that of the larger is 1. What is not a number is neither larger nor smaller, and stays so.
        Vector512<double> smaller = Vector512.Exp(-Vector512.Abs(score - decayed));
        Vector512<double> isNew = Vector512.GreaterThan(score, decayed) | isFirst;
        Vector512<double> kept = weight * Vector512.ConditionalSelect(isNew, smaller, one);
        kept = Vector512.ConditionalSelect(isFirst, Vector512<double>.Zero, kept);
        Vector512<double> add = Vector512.ConditionalSelect(isNew, one, smaller);
        maximum = Vector512.ConditionalSelect(isNew, score, decayed);
        // An infinite number is an overflow upstream: NaN says so.
        weight = kept + add + (score - score) + (forget - forget);
        Vector512<double> inverse = one / weight;
        kept *= inverse;
        add *= inverse;
        Vector256.Narrow(kept.GetLower(), kept.GetUpper()).Store(gates);
        Vector256.Narrow(add.GetLower(), add.GetUpper()).Store(gates + distance);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Load(float* numbers)
    {
        (Vector256<double> low, Vector256<double> high) = Vector256.Widen(Vector256.Load(numbers));
        return Vector512.Create(low, high);
    }

    /// <summary>old ← old + add (value − old), and result the same in float: channels of one head.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Blend(int channels, float add, float* value, double* old, float* result)
    {
        int c = 0;
        for (; c + Vector256<float>.Count <= channels; c += Vector256<float>.Count)
        {
            Vector512<double> before = Vector512.Load(old + c), after = before + (Load(value + c) - before) * (double)add;
            after.Store(old + c);
            Vector256.Narrow(after.GetLower(), after.GetUpper()).Store(result + c);
        }
        for (; c < channels; c++)
        {
            old[c] += (value[c] - old[c]) * add;
            result[c] = (float)old[c];
        }
    }

    /// <summary>The same where each channel is a head of its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BlendHeads(int heads, float* add, float* value, double* old, float* result)
    {
        int c = 0;
        for (; c + Vector256<float>.Count <= heads; c += Vector256<float>.Count)
        {
            Vector512<double> before = Vector512.Load(old + c), after = before + (Load(value + c) - before) * Load(add + c);
            after.Store(old + c);
            Vector256.Narrow(after.GetLower(), after.GetUpper()).Store(result + c);
        }
        for (; c < heads; c++)
        {
            old[c] += (value[c] - old[c]) * add[c];
            result[c] = (float)old[c];
        }
    }
}
