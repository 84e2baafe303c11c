using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AarenGen.Kernels;

/// <summary>
/// Recurrences whose gates depend only on the token: h_t = keep_t h_{t−1} + add_t g(c_t) a channel, h_0 = 0, keep + add = 1, with
/// g(x) = x + 1/2 where x ≥ 0 and σ(x) elsewhere. minGRU: add = σ(z). minLSTM: keep = σ(f)/(σ(f) + σ(i)).
/// Source: Feng et al., Were RNNs All We Needed?, arXiv 2410.01201.
/// </summary>
/// <remarks>
/// Rows are padded to 16 floats. The smaller of the two gates is computed to full relative precision and h moves, in double, from one
/// end by that gate: a gate near 1 neither leaks nor drifts. Streams and whole sequences run the same code, equal bit for bit. The
/// backward pass needs only inputs and outputs.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class GatedRecurrence
{
    private const int Lane = Layout.Lane;

    private interface IGate
    {
        /// <summary>Whether there is a second gate's input.</summary>
        static abstract bool HasSecond { get; }

        /// <summary>The smaller of keep and add; keeps has all bits set where that is keep.</summary>
        static abstract Vector512<float> Smaller(Vector512<float> first, Vector512<float> second, out Vector512<float> keeps);

        /// <summary>From the gradient by log(keep/add) to those of the inputs.</summary>
        static abstract Vector512<float> Derivatives(
            Vector512<float> gradient, Vector512<float> first, Vector512<float> second, out Vector512<float> secondGradient);
    }

    /// <summary>One token of a stream of minGRU.</summary>
    /// <param name="updates">Pad(width) values z.</param>
    /// <param name="candidates">Pad(width) values c.</param>
    /// <param name="width">Channels.</param>
    /// <param name="state">Width values h; zeros before the first token.</param>
    /// <param name="output">Pad(width) outputs; the padding becomes zero.</param>
    public static void MinGruStep(
        ReadOnlySpan<float> updates, ReadOnlySpan<float> candidates, int width, Span<double> state, Span<float> output) =>
        Step<MinGruGate>(updates, updates, candidates, width, state, output);

    /// <summary>A whole sequence of minGRU.</summary>
    /// <param name="updates">[rows, Pad(width)].</param>
    /// <param name="candidates">[rows, Pad(width)].</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Channels.</param>
    /// <param name="output">[rows, Pad(width)], overwritten; the padding becomes zero.</param>
    /// <param name="initial">Width values h before the first row; empty: zeros.</param>
    /// <param name="final">Overwritten with h after the last row; empty where nobody needs it.</param>
    public static void MinGruForward(
        ReadOnlySpan<float> updates, ReadOnlySpan<float> candidates, int rows, int width, Span<float> output,
        ReadOnlySpan<double> initial = default, Span<double> final = default) =>
        Forward<MinGruGate>(updates, updates, candidates, rows, width, output, initial, final);

    /// <summary>The backward pass of minGRU.</summary>
    /// <param name="dOutput">[rows, Pad(width)], the padding zero.</param>
    /// <param name="updates">[rows, Pad(width)].</param>
    /// <param name="candidates">[rows, Pad(width)].</param>
    /// <param name="output">[rows, Pad(width)], from <see cref="MinGruForward"/>.</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Channels.</param>
    /// <param name="dUpdates">[rows, Pad(width)], overwritten; the padding becomes zero.</param>
    /// <param name="dCandidates">[rows, Pad(width)], overwritten; the padding becomes zero.</param>
    /// <param name="initial">Width values h before the first row; empty: zeros.</param>
    public static void MinGruBackward(
        ReadOnlySpan<float> dOutput, ReadOnlySpan<float> updates, ReadOnlySpan<float> candidates, ReadOnlySpan<float> output, int rows,
        int width, Span<float> dUpdates, Span<float> dCandidates, ReadOnlySpan<double> initial = default) =>
        Backward<MinGruGate>(dOutput, updates, updates, candidates, output, rows, width, dUpdates, dUpdates, dCandidates, initial);

    /// <summary>One token of a stream of minLSTM.</summary>
    /// <param name="forgets">Pad(width) values f.</param>
    /// <param name="inputs">Pad(width) values i.</param>
    /// <param name="candidates">Pad(width) values c.</param>
    /// <param name="width">Channels.</param>
    /// <param name="state">Width values h; zeros before the first token.</param>
    /// <param name="output">Pad(width) outputs; the padding becomes zero.</param>
    public static void MinLstmStep(
        ReadOnlySpan<float> forgets, ReadOnlySpan<float> inputs, ReadOnlySpan<float> candidates, int width, Span<double> state,
        Span<float> output) =>
        Step<MinLstmGate>(forgets, inputs, candidates, width, state, output);

    /// <summary>A whole sequence of minLSTM.</summary>
    /// <param name="forgets">[rows, Pad(width)].</param>
    /// <param name="inputs">[rows, Pad(width)].</param>
    /// <param name="candidates">[rows, Pad(width)].</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Channels.</param>
    /// <param name="output">[rows, Pad(width)], overwritten; the padding becomes zero.</param>
    /// <param name="initial">Width values h before the first row; empty: zeros.</param>
    /// <param name="final">Overwritten with h after the last row; empty where nobody needs it.</param>
    public static void MinLstmForward(
        ReadOnlySpan<float> forgets, ReadOnlySpan<float> inputs, ReadOnlySpan<float> candidates, int rows, int width, Span<float> output,
        ReadOnlySpan<double> initial = default, Span<double> final = default) =>
        Forward<MinLstmGate>(forgets, inputs, candidates, rows, width, output, initial, final);

    /// <summary>The backward pass of minLSTM.</summary>
    /// <param name="dOutput">[rows, Pad(width)], the padding zero.</param>
    /// <param name="forgets">[rows, Pad(width)].</param>
    /// <param name="inputs">[rows, Pad(width)].</param>
    /// <param name="candidates">[rows, Pad(width)].</param>
    /// <param name="output">[rows, Pad(width)], from <see cref="MinLstmForward"/>.</param>
    /// <param name="rows">Tokens of the sequence.</param>
    /// <param name="width">Channels.</param>
    /// <param name="dForgets">[rows, Pad(width)], overwritten; the padding becomes zero.</param>
    /// <param name="dInputs">[rows, Pad(width)], overwritten; the padding becomes zero.</param>
    /// <param name="dCandidates">[rows, Pad(width)], overwritten; the padding becomes zero.</param>
    /// <param name="initial">Width values h before the first row; empty: zeros.</param>
    public static void MinLstmBackward(
        ReadOnlySpan<float> dOutput, ReadOnlySpan<float> forgets, ReadOnlySpan<float> inputs, ReadOnlySpan<float> candidates,
        ReadOnlySpan<float> output, int rows, int width, Span<float> dForgets, Span<float> dInputs, Span<float> dCandidates,
        ReadOnlySpan<double> initial = default) =>
        Backward<MinLstmGate>(dOutput, forgets, inputs, candidates, output, rows, width, dForgets, dInputs, dCandidates, initial);

    private static void Step<TGate>(
        ReadOnlySpan<float> first, ReadOnlySpan<float> second, ReadOnlySpan<float> candidates, int width, Span<double> state,
        Span<float> output) where TGate : struct, IGate
    {
        int stride = Layout.Pad(width);
        Layout.Check(Math.Min(candidates.Length, Math.Min(first.Length, second.Length)), stride);
        Layout.Check(output.Length, stride);
        Layout.Check(state.Length, width);
        ref float a = ref MemoryMarshal.GetReference(first);
        ref float b = ref MemoryMarshal.GetReference(second);
        ref float c = ref MemoryMarshal.GetReference(candidates);
        ref float y = ref MemoryMarshal.GetReference(output);
        Span<double> last = stackalloc double[Lane];
        for (int column = 0; column < stride; column += Lane)
        {
            // The state has no padding: the last channels take a detour.
            int inside = Math.Min(Lane, width - column);
            Span<double> own = state.Slice(column, inside), memory = inside == Lane ? own : last;
            if (inside < Lane)
            {
                own.CopyTo(last);
            }
            ref double h = ref MemoryMarshal.GetReference(memory);
            Vector512<double> low = Vector512.LoadUnsafe(ref h), high = Vector512.LoadUnsafe(ref h, 8);
            Vector512<float> next = Next<TGate>(
                Vector512.LoadUnsafe(ref a, (nuint)column), Vector512.LoadUnsafe(ref b, (nuint)column),
                Vector512.LoadUnsafe(ref c, (nuint)column), ref low, ref high);
            Inside(next, column, width).StoreUnsafe(ref y, (nuint)column);
            low.StoreUnsafe(ref h);
            high.StoreUnsafe(ref h, 8);
            if (inside < Lane)
            {
                last[..inside].CopyTo(own);
            }
        }
    }

    private static void Forward<TGate>(
        ReadOnlySpan<float> first, ReadOnlySpan<float> second, ReadOnlySpan<float> candidates, int rows, int width, Span<float> output,
        ReadOnlySpan<double> initial, Span<double> final)
        where TGate : struct, IGate
    {
        int stride = Layout.Pad(width);
        Layout.CheckState(initial, final, width);
        Layout.Check(Math.Min(candidates.Length, Math.Min(first.Length, second.Length)), rows * stride);
        Layout.Check(output.Length, rows * stride);
        ref float a = ref MemoryMarshal.GetReference(first);
        ref float b = ref MemoryMarshal.GetReference(second);
        ref float c = ref MemoryMarshal.GetReference(candidates);
        ref float y = ref MemoryMarshal.GetReference(output);
        // Channels are independent: sixteen at a time go through the whole sequence, h in registers.
        for (int column = 0; column < stride; column += Lane)
        {
            (Vector512<double> low, Vector512<double> high) = Load(initial, column, width);
            for (int t = 0; t < rows; t++)
            {
                nuint at = (nuint)(t * stride + column);
                Vector512<float> next = Next<TGate>(
                    Vector512.LoadUnsafe(ref a, at), Vector512.LoadUnsafe(ref b, at), Vector512.LoadUnsafe(ref c, at), ref low, ref high);
                Inside(next, column, width).StoreUnsafe(ref y, at);
            }
            if (!final.IsEmpty)
            {
                Store(low, high, final, column, width);
            }
        }
    }

    /// <summary>
    /// With H_t = dh_t + keep_{t+1} H_{t+1}: the gradient by g(c_t) is add_t H_t, that by log(keep_t/add_t) is
    /// keep_t add_t (h_{t−1} − g(c_t)) H_t.
    /// </summary>
    private static void Backward<TGate>(
        ReadOnlySpan<float> dOutput, ReadOnlySpan<float> first, ReadOnlySpan<float> second, ReadOnlySpan<float> candidates,
        ReadOnlySpan<float> output, int rows, int width, Span<float> dFirst, Span<float> dSecond, Span<float> dCandidates,
        ReadOnlySpan<double> initial)
        where TGate : struct, IGate
    {
        int stride = Layout.Pad(width);
        Layout.CheckState(initial, default, width);
        Layout.Check(Math.Min(dOutput.Length, output.Length), rows * stride);
        Layout.Check(Math.Min(candidates.Length, Math.Min(first.Length, second.Length)), rows * stride);
        Layout.Check(Math.Min(dCandidates.Length, Math.Min(dFirst.Length, dSecond.Length)), rows * stride);
        ref float dy = ref MemoryMarshal.GetReference(dOutput);
        ref float a = ref MemoryMarshal.GetReference(first);
        ref float b = ref MemoryMarshal.GetReference(second);
        ref float c = ref MemoryMarshal.GetReference(candidates);
        ref float y = ref MemoryMarshal.GetReference(output);
        ref float da = ref MemoryMarshal.GetReference(dFirst);
        ref float db = ref MemoryMarshal.GetReference(dSecond);
        ref float dc = ref MemoryMarshal.GetReference(dCandidates);
        for (int column = 0; column < stride; column += Lane)
        {
            Vector512<float> carry = Vector512<float>.Zero;
            (Vector512<double> low, Vector512<double> high) = Load(initial, column, width);
            Vector512<float> begun = Vector512.Narrow(low, high);
            for (int t = rows - 1; t >= 0; t--)
            {
                nuint at = (nuint)(t * stride + column);
                Vector512<float> own = Vector512.LoadUnsafe(ref a, at), other = Vector512.LoadUnsafe(ref b, at);
                Vector512<float> before = t == 0 ? begun : Vector512.LoadUnsafe(ref y, at - (nuint)stride);
                Vector512<float> smaller = TGate.Smaller(own, other, out Vector512<float> keeps), larger = Vector512<float>.One - smaller;
                Vector512<float> candidate = Positive(Vector512.LoadUnsafe(ref c, at), out Vector512<float> derivative);
                Vector512<float> all = carry + Vector512.LoadUnsafe(ref dy, at);
                (all * Vector512.ConditionalSelect(keeps, larger, smaller) * derivative).StoreUnsafe(ref dc, at);
                Vector512<float> odds = smaller * larger * (before - candidate) * all;
                TGate.Derivatives(odds, own, other, out Vector512<float> secondGradient).StoreUnsafe(ref da, at);
                if (TGate.HasSecond)
                {
                    secondGradient.StoreUnsafe(ref db, at);
                }
                carry = all * Vector512.ConditionalSelect(keeps, smaller, larger);
            }
        }
    }

    /// <summary>Sixteen channels of a state, which has no padding; zeros of an empty one.</summary>
    private static (Vector512<double> Low, Vector512<double> High) Load(ReadOnlySpan<double> state, int column, int width)
    {
        if (state.IsEmpty)
        {
            return default;
        }
        Span<double> channels = stackalloc double[Lane];
        state.Slice(column, Math.Min(Lane, width - column)).CopyTo(channels);
        return (Vector512.Create((ReadOnlySpan<double>)channels), Vector512.Create((ReadOnlySpan<double>)channels[8..]));
    }

    private static void Store(Vector512<double> low, Vector512<double> high, Span<double> state, int column, int width)
    {
        Span<double> channels = stackalloc double[Lane];
        low.CopyTo(channels);
        high.CopyTo(channels[8..]);
        channels[..Math.Min(Lane, width - column)].CopyTo(state[column..]);
    }

    /// <summary>The recurrence of sixteen channels; returns the new h.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Next<TGate>(
        Vector512<float> first, Vector512<float> second, Vector512<float> candidate, ref Vector512<double> low, ref Vector512<double> high)
        where TGate : struct, IGate
    {
        (Vector512<double> gateLow, Vector512<double> gateHigh) = Vector512.Widen(
            TGate.Smaller(first, second, out Vector512<float> keeps));
        (Vector512<double> candidateLow, Vector512<double> candidateHigh) = Vector512.Widen(Positive(candidate, out _));
        (Vector512<long> keepsLow, Vector512<long> keepsHigh) = Vector512.Widen(keeps.AsInt32());
        low = Blend(keepsLow.AsDouble(), gateLow, low, candidateLow);
        high = Blend(keepsHigh.AsDouble(), gateHigh, high, candidateHigh);
        return Vector512.Narrow(low, high);
    }

    /// <summary>candidate + gate (old − candidate) where keeps is set, else old + gate (candidate − old).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Blend(
        Vector512<double> keeps, Vector512<double> gate, Vector512<double> old, Vector512<double> candidate)
    {
        Vector512<double> from = Vector512.ConditionalSelect(keeps, candidate, old),
            to = Vector512.ConditionalSelect(keeps, old, candidate);
        return Vector512.FusedMultiplyAdd(gate, to - from, from);
    }

    /// <summary>g and its derivative: 1 where x ≥ 0 and σ(x) σ(−x) elsewhere.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Positive(Vector512<float> x, out Vector512<float> derivative)
    {
        Vector512<float> exponential = Vector512.Exp(Vector512.Min(x, Vector512<float>.Zero)),
            inverse = Vector512<float>.One / (exponential + Vector512<float>.One);
        Vector512<float> sigmoid = exponential * inverse, isLinear = Vector512.GreaterThanOrEqual(x, Vector512<float>.Zero);
        derivative = Vector512.ConditionalSelect(isLinear, Vector512<float>.One, sigmoid * inverse);
        return Vector512.ConditionalSelect(isLinear, x + Vector512.Create(0.5f), sigmoid);
    }

    /// <summary>Zeroes what lies in the padding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Inside(Vector512<float> values, int column, int width) => column + Lane <= width
        ? values
        : Vector512.ConditionalSelect(
            Vector512.LessThan(Vector512<float>.Indices, Vector512.Create((float)(width - column))), values, Vector512<float>.Zero);

    /// <summary>log(keep/add) = −z.</summary>
    private readonly struct MinGruGate : IGate
    {
        public static bool HasSecond => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Smaller(Vector512<float> first, Vector512<float> second, out Vector512<float> keeps)
        {
            keeps = Vector512.GreaterThan(first, Vector512<float>.Zero);
            Vector512<float> exponential = Vector512.Exp(-Vector512.Abs(first));
            return exponential / (exponential + Vector512<float>.One);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Derivatives(
            Vector512<float> gradient, Vector512<float> first, Vector512<float> second, out Vector512<float> secondGradient)
        {
            secondGradient = Vector512<float>.Zero;
            return -gradient;
        }
    }

    /// <summary>
    /// log(keep/add) = log σ(f) − log σ(i). With σ(x) = e^{min(x, 0)}/(1 + e^{−|x|}) the larger of both powers cancels, so that gates
    /// that are both closed to underflow still have their ratio: no exponent is positive, and the divisor is 1 or more.
    /// </summary>
    private readonly struct MinLstmGate : IGate
    {
        public static bool HasSecond => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Smaller(Vector512<float> first, Vector512<float> second, out Vector512<float> keeps)
        {
            Vector512<float> gap = Vector512.Min(first, Vector512<float>.Zero) - Vector512.Min(second, Vector512<float>.Zero);
            Vector512<float> ratio = Vector512.Exp(-Vector512.Abs(gap)), isBelow = Vector512.LessThan(gap, Vector512<float>.Zero);
            Vector512<float> keep = Vector512.ConditionalSelect(isBelow, ratio, Vector512<float>.One)
                * (Vector512<float>.One + Vector512.Exp(-Vector512.Abs(second)));
            Vector512<float> add = Vector512.ConditionalSelect(isBelow, Vector512<float>.One, ratio)
                * (Vector512<float>.One + Vector512.Exp(-Vector512.Abs(first)));
            keeps = Vector512.LessThan(keep, add);
            return Vector512.Min(keep, add) / (keep + add);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<float> Derivatives(
            Vector512<float> gradient, Vector512<float> first, Vector512<float> second, out Vector512<float> secondGradient)
        {
            secondGradient = -gradient * Complement(second);
            return gradient * Complement(first);
        }

        /// <summary>1 − σ(x), the derivative of log σ.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Complement(Vector512<float> x)
        {
            Vector512<float> exponential = Vector512.Exp(-Vector512.Abs(x));
            Vector512<float> power = Vector512.ConditionalSelect(
                Vector512.GreaterThan(x, Vector512<float>.Zero), exponential, Vector512<float>.One);
            return power / (Vector512<float>.One + exponential);
        }
    }
}
