using AarenGen.Kernels;

namespace AarenGen.Tests;

/// <summary>
/// Kernels of training that go on from a state: outputs and states of a sequence in chunks are those of the whole, and a chunk's gradients
/// are those of the whole sequence for a loss on that chunk alone.
/// </summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class CarryKernelTests
{
    private const double Ulp = 1.0 / (1 << 24);

    private const int Rows = 41;

    private static readonly Dictionary<string, Func<Kernel>> Kernels = new()
    {
        ["prefix attention"] = static () => new Prefix(width: 21, heads: 3),
        ["prefix attention, a head a channel"] = static () => new Prefix(width: 19, heads: 19),
        ["prefix attention, one wide head"] = static () => new Prefix(width: 300, heads: 1),
        ["forgetting"] = static () => new Forgetting(width: 20, heads: 10),
        ["forgetting, a head a channel"] = static () => new Forgetting(width: 19, heads: 19),
        ["forgetting, one wide head"] = static () => new Forgetting(width: 300, heads: 1),
        ["minGRU"] = static () => new Gated(width: 21, isLstm: false),
        ["minLSTM"] = static () => new Gated(width: 37, isLstm: true),
        ["attention to one token"] = static () => new Attention(width: 6, heads: 2, context: 1),
        ["attention to few tokens"] = static () => new Attention(width: 21, heads: 3, context: 7),
        ["attention to all tokens"] = static () => new Attention(width: 32, heads: 2, context: 100),
        ["convolution of two"] = static () => new Convolution(width: 5, taps: 2),
        ["convolution of five"] = static () => new Convolution(width: 21, taps: 5),
        ["convolution of sixteen"] = static () => new Convolution(width: 16, taps: 16),
        ["mean"] = static () => new Mean(width: 5),
    };

    public static TheoryData<string, int> Chunks
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string kernel in Kernels.Keys)
            {
                foreach (int tokens in (int[])[1, 2, 7, 16, Rows, Rows + 1])
                {
                    data.Add(kernel, tokens);
                }
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Chunks))]
    public void Chunks_give_the_outputs_of_the_whole_bit_for_bit(string name, int tokens)
    {
        Kernel whole = Kernels[name](), cut = Kernels[name]();
        whole.Forward(0, Rows, [], []);
        var before = new double[cut.StateDoubles];
        var streamed = new double[cut.StateDoubles];
        for (int from = 0; from < Rows; from += tokens)
        {
            int count = Math.Min(tokens, Rows - from);
            // Whatever the memory held before must not matter.
            double[] after = [.. before.Select(static _ => 7.0)], unchanged = [.. before];
            cut.Forward(from, count, from == 0 ? [] : before, after);
            Assert.Equal(unchanged, before);
            before = after;
            for (int t = from; t < from + count; t++)
            {
                cut.Step(t, streamed);
            }
            cut.CheckState(streamed, before);
        }
        Assert.Equal(whole.Output, cut.Output);
    }

    [Theory]
    [MemberData(nameof(Chunks))]
    public void A_state_of_zeros_is_that_of_no_tokens(string name, int tokens)
    {
        Kernel fresh = Kernels[name](), zeros = Kernels[name]();
        int count = Math.Min(tokens, Rows);
        double[] expected = new double[fresh.StateDoubles], actual = new double[fresh.StateDoubles];
        fresh.Forward(0, count, [], expected);
        zeros.Forward(0, count, new double[fresh.StateDoubles], actual);
        Assert.Equal(fresh.Output, zeros.Output);
        Assert.Equal(expected, actual);
        float[] g = KernelTests.Padded(Rows, fresh.Width, 9);
        Assert.Equal(fresh.Backward(0, count, g, []).Rows, zeros.Backward(0, count, g, new double[fresh.StateDoubles]).Rows);
    }

    [Theory]
    [MemberData(nameof(Chunks))]
    public void A_chunks_gradients_are_those_of_the_whole_for_its_loss(string name, int tokens)
    {
        Kernel whole = Kernels[name](), cut = Kernels[name]();
        whole.Forward(0, Rows, [], []);
        var before = new double[cut.StateDoubles];
        float[] g = KernelTests.Padded(Rows, whole.Width, 9);
        for (int from = 0; from < Rows; from += tokens)
        {
            int count = Math.Min(tokens, Rows - from), stride = Layout.Pad(whole.Width);
            var after = new double[before.Length];
            cut.Forward(from, count, from == 0 ? [] : before, after);
            var masked = new float[g.Length];
            g.AsSpan(from * stride, count * stride).CopyTo(masked.AsSpan(from * stride));
            Gradients expected = whole.Backward(0, Rows, masked, []), actual = cut.Backward(from, count, g, from == 0 ? [] : before);
            for (int i = 0; i < expected.Rows.Length; i++)
            {
                int width = expected.Rows[i].Length / Rows;
                float[] own = expected.Rows[i][(from * width)..((from + count) * width)];
                double bound = i == 0 ? whole.FirstBound : 0;
                Assert.All(own.Zip(actual.Rows[i]), x => Assert.Equal(x.First, x.Second, bound));
            }
            Assert.All(
                expected.Weights.Zip(actual.Weights), x => Assert.All(
                    x.First.Zip(x.Second), y => Assert.Equal(y.First, y.Second, whole.WeightBound(count))));
            before = after;
        }
    }

    [Fact]
    public void Too_short_states_are_rejected()
    {
        var rows = new float[32];
        Assert.Throws<ArgumentException>(
            "initial", () => PrefixAttention.Forward(rows, rows, 1, 16, 1, rows, rows, new double[17], new double[18]));
        Assert.Throws<ArgumentException>(
            "final", () => PrefixAttention.Forward(rows, rows, 1, 16, 1, rows, rows, new double[18], new double[17]));
        Assert.Throws<ArgumentException>("initial", () => GatedRecurrence.MinGruForward(rows, rows, 1, 16, rows, new double[15]));
        Assert.Throws<ArgumentException>("initial", () => PrefixMean.Forward(rows, 1, 16, 16, rows, new double[16]));
        // A ring is carried on in the new state, so that one alone does not do.
        Assert.Throws<ArgumentException>(
            "final.Length", () => CausalAttention.Forward(rows, rows, rows, 16, 1, 16, 1, 2, rows, rows, new double[33]));
    }

    private sealed record Gradients(float[][] Rows, float[][] Weights);

    private abstract class Kernel(int width, int stateDoubles)
    {
        public int Width => width;

        public int Stride { get; } = Layout.Pad(width);

        public int StateDoubles => stateDoubles;

        public float[] Output { get; } = new float[Rows * Layout.Pad(width)];

        /// <summary>By how much the first gradient of rows may differ, whose sum may be in another order.</summary>
        public virtual double FirstBound => 0;

        public abstract void Forward(int from, int count, double[] initial, double[] final);

        public abstract void Step(int token, double[] state);

        public abstract Gradients Backward(int from, int count, float[] g, double[] initial);

        /// <summary>The rounding of a sum of products of two numbers of at most 1, in another order.</summary>
        public virtual double WeightBound(int count) => 2 * (count + 2) * count * Ulp;

        public virtual void CheckState(double[] streamed, double[] carried) => Assert.Equal(streamed, carried);

        protected Span<float> Out(int from, int count) => Output.AsSpan(from * Stride, count * Stride);

        protected static Span<float> At(float[] rows, int from, int count)
        {
            int stride = rows.Length / Rows;
            return rows.AsSpan(from * stride, count * stride);
        }

        protected static float[] Input(int columns, int seed, float factor = 1) =>
            [.. KernelTests.Padded(Rows, columns, seed).Select(v => v * factor)];
    }

    private class Prefix : Kernel
    {
        private readonly float[] dValues, dScores;

        public Prefix(int width, int heads) : this(width, heads, 2 * heads + width)
        {
        }

        protected Prefix(int width, int heads, int stateDoubles) : base(width, stateDoubles)
        {
            Heads = heads;
            Values = Input(width, 1);
            Scores = Input(heads, 2, factor: 4);
            Gates = new float[Rows * 2 * Layout.Pad(heads)];
            dValues = new float[Values.Length];
            dScores = new float[Scores.Length];
        }

        protected int Heads { get; }

        protected float[] Values { get; }

        protected float[] Scores { get; }

        protected float[] Gates { get; }

        public override void Forward(int from, int count, double[] initial, double[] final) => PrefixAttention.Forward(
            At(Values, from, count), At(Scores, from, count), count, Width, Heads, At(Gates, from, count), Out(from, count), initial,
            final);

        public override void Step(int token, double[] state) => PrefixAttention.Step(
            At(Values, token, 1), At(Scores, token, 1), Width, Heads, state, new float[Width]);

        public override Gradients Backward(int from, int count, float[] g, double[] initial)
        {
            float[] dv = At(dValues, from, count).ToArray(), ds = At(dScores, from, count).ToArray();
            PrefixAttention.Backward(
                At(g, from, count), At(Values, from, count), Out(from, count), At(Gates, from, count), count, Width, Heads, dv, ds,
                new float[Stride + 2 * Layout.Pad(Heads)]);
            return new([dv, ds], []);
        }

        /// <summary>Maxima and weights are a stream's; outputs are rounded to float, token by token.</summary>
        public override void CheckState(double[] streamed, double[] carried)
        {
            for (int head = 0; head < Heads; head++)
            {
                Assert.Equal(streamed[head], carried[head]);
                Assert.Equal(streamed[Heads + head], carried[Heads + head], 1e-14 * streamed[Heads + head]);
            }
            for (int c = 0; c < Width; c++)
            {
                double weight = streamed[Heads + c / (Width / Heads)];
                Assert.Equal(streamed[2 * Heads + c] / weight, carried[2 * Heads + c] / weight, 4 * Rows * Ulp);
            }
        }
    }

    private sealed class Forgetting : Prefix
    {
        private readonly float[] forgets;

        public Forgetting(int width, int heads) : base(width, heads, 3 * heads + width) => forgets = Input(heads, 3, factor: 2);

        public override void Forward(int from, int count, double[] initial, double[] final) => ForgettingAttention.Forward(
            At(Values, from, count), At(Scores, from, count), At(forgets, from, count), count, Width, Heads, At(Gates, from, count),
            Out(from, count), initial, final);

        public override void Step(int token, double[] state) => ForgettingAttention.Step(
            At(Values, token, 1), At(Scores, token, 1), At(forgets, token, 1), Width, Heads, state, new float[Width]);

        public override Gradients Backward(int from, int count, float[] g, double[] initial)
        {
            Gradients rows = base.Backward(from, count, g, initial);
            float[] df = At(forgets, from, count).ToArray();
            ForgettingAttention.ForgetBackward(rows.Rows[1], At(forgets, from, count), count, Heads, df, initial);
            if (initial.Any(static d => d != 0))
            {
                // It lowers the exponents of all that the state holds.
                Assert.Contains(df[..Heads], static d => d != 0);
            }
            return new([.. rows.Rows, df], []);
        }

        public override void CheckState(double[] streamed, double[] carried) => Assert.Equal(streamed, carried);
    }

    private sealed class Gated(int width, bool isLstm) : Kernel(width, width)
    {
        private readonly float[] first = Padded(width, 1), second = Padded(width, 2), candidates = Padded(width, 3);

        public override void Forward(int from, int count, double[] initial, double[] final)
        {
            if (isLstm)
            {
                GatedRecurrence.MinLstmForward(
                    At(first, from, count), At(second, from, count), At(candidates, from, count), count, Width, Out(from, count), initial,
                    final);
            }
            else
            {
                GatedRecurrence.MinGruForward(
                    At(first, from, count), At(candidates, from, count), count, Width, Out(from, count), initial, final);
            }
        }

        public override void Step(int token, double[] state)
        {
            if (isLstm)
            {
                GatedRecurrence.MinLstmStep(
                    At(first, token, 1), At(second, token, 1), At(candidates, token, 1), Width, state, new float[Stride]);
            }
            else
            {
                GatedRecurrence.MinGruStep(At(first, token, 1), At(candidates, token, 1), Width, state, new float[Stride]);
            }
        }

        public override Gradients Backward(int from, int count, float[] g, double[] initial)
        {
            float[] da = new float[count * Stride], db = new float[count * Stride], dc = new float[count * Stride];
            if (isLstm)
            {
                GatedRecurrence.MinLstmBackward(
                    At(g, from, count), At(first, from, count), At(second, from, count), At(candidates, from, count), Out(from, count),
                    count, Width, da, db, dc, initial);
            }
            else
            {
                GatedRecurrence.MinGruBackward(
                    At(g, from, count), At(first, from, count), At(candidates, from, count), Out(from, count), count, Width, da, dc,
                    initial);
            }
            return new([da, db, dc], []);
        }

        private static float[] Padded(int width, int seed) => [.. KernelTests.Padded(Rows, width, seed).Select(static v => 2 * v)];
    }

    private sealed class Attention(int width, int heads, int context) : Kernel(width, 1 + context * width)
    {
        private readonly float[] queries = KernelTests.Padded(Rows, width, 1), keys = KernelTests.Padded(Rows, width, 2),
            values = KernelTests.Padded(Rows, width, 3), statistics = new float[Rows * 2 * Layout.Pad(heads)];

        /// <summary>
        /// The gradient of a query sums at most a context of products ds·k in another order. The probabilities add up to 1, and numbers are
        /// at most 1, so that Σ |ds| ≤ 2 √P.
        /// </summary>
        public override double FirstBound => 2 * (context + 2) * Ulp * 2 * Math.Sqrt(Width / heads);

        public override void Forward(int from, int count, double[] initial, double[] final) => CausalAttention.Forward(
            At(queries, from, count), At(keys, from, count), At(values, from, count), Stride, count, Width, heads, context,
            At(statistics, from, count), Out(from, count), initial, final);

        public override void Step(int token, double[] state) => CausalAttention.Step(
            At(queries, token, 1), At(keys, token, 1), At(values, token, 1), Width, heads, context, state, new float[Width]);

        public override Gradients Backward(int from, int count, float[] g, double[] initial)
        {
            float[] dq = new float[count * Stride], dk = new float[count * Stride], dv = new float[count * Stride];
            CausalAttention.Backward(
                At(g, from, count), At(queries, from, count), At(keys, from, count), At(values, from, count), Out(from, count),
                At(statistics, from, count), Stride, count, Width, heads, context, dq, dk, dv, initial);
            return new([dq, dk, dv], []);
        }
    }

    private sealed class Convolution : Kernel
    {
        private readonly float[] x, bias, factors;
        private readonly int taps;

        public Convolution(int width, int taps) : base(width, 1 + (taps - 1) * Layout.Pad(width) / 2)
        {
            this.taps = taps;
            x = Input(width, 1);
            bias = KernelTests.Padded(1, width, 3);
            factors = new float[taps * Stride];
            CausalConvolution.Arrange(KernelTests.Padded(width, taps, 2), width, taps, factors);
        }

        public override void Forward(int from, int count, double[] initial, double[] final) =>
            CausalConvolution.Forward(At(x, from, count), factors, bias, count, Width, taps, Out(from, count), initial, final);

        public override void Step(int token, double[] state) =>
            CausalConvolution.Step(At(x, token, 1), factors, bias, Width, taps, state, new float[Stride]);

        public override Gradients Backward(int from, int count, float[] g, double[] initial)
        {
            float[] dx = new float[count * Stride], dFactors = new float[factors.Length], dBias = new float[Stride];
            CausalConvolution.Backward(
                At(g, from, count), At(x, from, count), factors, count, Width, taps, dFactors, dBias, dx, accumulate: false, initial);
            return new([dx], [dFactors, dBias]);
        }
    }

    private sealed class Mean(int width) : Kernel(width, 1 + width)
    {
        private readonly float[] x = KernelTests.Padded(Rows, width, 1);

        public override void Forward(int from, int count, double[] initial, double[] final) =>
            PrefixMean.Forward(At(x, from, count), count, Width, Stride, Out(from, count), initial, final);

        public override void Step(int token, double[] state) => PrefixMean.Step(At(x, token, 1), Width, state, new float[Width]);

        public override Gradients Backward(int from, int count, float[] g, double[] initial)
        {
            var dx = new float[count * Stride];
            PrefixMean.Backward(At(g, from, count), count, Width, Stride, dx, accumulate: false, initial);
            return new([dx], []);
        }
    }
}
