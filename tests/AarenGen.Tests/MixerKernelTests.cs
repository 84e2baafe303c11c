using AarenGen.Kernels;
using AarenGen.Serialization;

namespace AarenGen.Tests;

/// <summary>Causal attention and gated recurrences against loops in double; error bounds carry each rounding to first order.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class MixerKernelTests
{
    private const double Ulp = 1.0 / (1 << 24);

    /// <summary>Rows, width, heads, context, and a factor on the queries.</summary>
    public static TheoryData<int, int, int, int, float> Windows => new()
    {
        { 1, 1, 1, 1, 1 }, { 1, 21, 3, 512, 1 }, { 5, 6, 3, 1, 1 }, { 9, 20, 1, 4, 1 }, { 40, 21, 3, 7, 1 }, { 40, 64, 4, 512, 1 },
        { 150, 30, 2, 100, 1 }, { 131, 16, 4, 65, 1 }, { 131, 7, 7, 64, 1 }, { 129, 35, 1, 129, 1 }, { 140, 32, 2, 128, 100 },
    };

    public static TheoryData<int, int> Sequences => new() { { 1, 1 }, { 1, 16 }, { 7, 3 }, { 40, 21 }, { 33, 48 } };

    [Theory]
    [MemberData(nameof(Windows))]
    public void Causal_attention_equals_the_softmax_over_its_window(int rows, int width, int heads, int context, float factor)
    {
        var attention = new Attention(rows, width, heads, context, factor);
        Assert.All(
            attention.Output.Zip(attention.ExpectedOutput, attention.OutputBound), static x => Assert.Equal(x.Second, x.First, x.Third));
    }

    [Theory]
    [MemberData(nameof(Windows))]
    public void Streamed_causal_attention_equals_the_sequence_bit_for_bit(int rows, int width, int heads, int context, float factor)
    {
        var attention = new Attention(rows, width, heads, context, factor);
        var state = new double[1 + context * width];
        var output = new float[rows * attention.Stride];
        for (int t = 0; t < rows; t++)
        {
            int at = t * attention.Stride;
            CausalAttention.Step(
                attention.Queries.AsSpan(at, width), attention.Keys.AsSpan(at, width), attention.Values.AsSpan(at, width), width, heads,
                context, state, output.AsSpan(at, width));
        }
        Assert.Equal(attention.Output, output);
        Assert.Equal(rows, state[0]);
    }

    [Theory]
    [MemberData(nameof(Windows))]
    public void The_backward_pass_of_causal_attention(int rows, int width, int heads, int context, float factor)
    {
        var attention = new Attention(rows, width, heads, context, factor);
        int stride = attention.Stride, channels = width / heads;
        float[] g = KernelTests.Padded(rows, width, 4);
        // Whatever the memory held before must not matter.
        float[] dq = new float[rows * stride], dk = [.. dq.Select(static _ => 7f)], dv = [.. dk];
        CausalAttention.Backward(
            g, attention.Queries, attention.Keys, attention.Values, attention.Output, attention.Statistics, stride, rows, width, heads,
            context, dq, dk, dv);
        double[] eq = new double[dq.Length], ek = new double[dq.Length], ev = new double[dq.Length];
        double[] bq = new double[dq.Length], bk = new double[dq.Length], bv = new double[dq.Length];
        double scale = 1 / Math.Sqrt(channels);
        for (int t = 0; t < rows; t++)
        {
            for (int first = 0; first < width; first += channels)
            {
                int own = t * stride + first;
                double delta = 0, size = 0;
                for (int c = 0; c < channels; c++)
                {
                    delta += g[own + c] * attention.ExpectedOutput[own + c];
                    size += Math.Abs(g[own + c])
                        * (Math.Abs(attention.ExpectedOutput[own + c]) * (channels + 2) * Ulp + attention.OutputBound[own + c]);
                }
                foreach ((int i, double p, double relative) in attention.Probabilities(t, first))
                {
                    int row = i * stride + first;
                    double product = 0, products = 0;
                    for (int c = 0; c < channels; c++)
                    {
                        product += (double)g[own + c] * attention.Values[row + c];
                        products += Math.Abs((double)g[own + c] * attention.Values[row + c]);
                    }
                    double ds = p * (product - delta) * scale;
                    double bound = Math.Abs(ds) * (relative + (rows + 4) * Ulp) + p * scale * ((channels + 2) * Ulp * products + size);
                    for (int c = 0; c < channels; c++)
                    {
                        eq[own + c] += ds * attention.Keys[row + c];
                        bq[own + c] += bound * Math.Abs(attention.Keys[row + c]);
                        ek[row + c] += ds * attention.Queries[own + c];
                        bk[row + c] += bound * Math.Abs(attention.Queries[own + c]);
                        ev[row + c] += p * g[own + c];
                        bv[row + c] += p * (relative + rows * Ulp) * Math.Abs(g[own + c]);
                    }
                }
            }
        }
        Assert.All(eq.Zip(dq, bq), static x => Assert.Equal(x.First, x.Second, x.Third + 1e-30));
        Assert.All(ek.Zip(dk, bk), static x => Assert.Equal(x.First, x.Second, x.Third + 1e-30));
        Assert.All(ev.Zip(dv, bv), static x => Assert.Equal(x.First, x.Second, x.Third + 1e-30));
    }

    [Theory]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(float.NaN)]
    public void A_key_that_is_not_finite_makes_its_head_nan_until_it_leaves_the_ring(float key)
    {
        var state = new double[1 + 2 * 4];
        var output = new float[4];
        float[] ones = [1, 1, 1, 1];
        CausalAttention.Step(ones, [key, 1, 1, 1], ones, 4, 2, 2, state, output);
        Assert.Equal([float.NaN, float.NaN, 1, 1], output);
        CausalAttention.Step(ones, ones, ones, 4, 2, 2, state, output);
        Assert.Equal([float.NaN, float.NaN, 1, 1], output);
        CausalAttention.Step(ones, ones, ones, 4, 2, 2, state, output);
        Assert.Equal(ones, output);
    }

    [Theory]
    [InlineData(1, 1, 2)]
    [InlineData(4, 4, 3)]
    [InlineData(3, 3, 2)]
    [InlineData(6, 2, 4)]
    public void A_non_finite_state_is_detected_in_every_channel(int width, int heads, int context)
    {
        string fingerprint = new('a', 64);
        float[] ones = [.. Enumerable.Repeat(1f, width)], output = new float[width];
        for (int bad = 0; bad < 2 * width * context; bad++)
        {
            int token = bad / (2 * width), channel = bad % width;
            float[] wrong = [.. ones];
            wrong[channel] = float.NaN;
            bool isKey = bad / width % 2 == 0;
            var state = new double[1 + context * width];
            // Until the token is the oldest in the ring; one more overwrites it.
            for (int t = 0; t < token + context; t++)
            {
                bool isBad = t == token;
                CausalAttention.Step(
                    ones, isBad && isKey ? wrong : ones, isBad && !isKey ? wrong : ones, width, heads, context, state, output);
                if (t >= token)
                {
                    Assert.Throws<InvalidOperationException>(() => StateSnapshot.Write(Stream.Null, fingerprint, 1, t + 1, state));
                }
            }
            CausalAttention.Step(ones, ones, ones, width, heads, context, state, output);
            StateSnapshot.Write(Stream.Null, fingerprint, 1, token + context + 1, state);
            Assert.Equal(ones, output);
        }
    }

    [Fact]
    public void Short_buffers_are_rejected()
    {
        float[] row = new float[16];
        Assert.Throws<ArgumentException>("state.Length", () => CausalAttention.Step(row, row, row, 16, 4, 3, new double[48], row));
        Assert.Throws<ArgumentException>(
            "statistics.Length", () => CausalAttention.Forward(row, row, row, 16, 1, 16, 4, 3, new float[31], row));
        Assert.Throws<ArgumentException>(
            "output.Length", () => CausalAttention.Forward(row, row, row, 16, 1, 16, 4, 3, new float[32], new float[15]));
        Assert.Throws<ArgumentException>("state.Length", () => GatedRecurrence.MinGruStep(row, row, 16, new double[15], row));
        Assert.Throws<ArgumentException>("output.Length", () => GatedRecurrence.MinLstmForward(row, row, row, 1, 5, new float[5]));
    }

    [Theory]
    [MemberData(nameof(Sequences))]
    public void Min_gru_and_its_backward_pass(int rows, int width) => CheckGates(rows, width, isLstm: false, factor: 2);

    [Theory]
    [MemberData(nameof(Sequences))]
    public void Min_lstm_and_its_backward_pass(int rows, int width) => CheckGates(rows, width, isLstm: true, factor: 2);

    [Fact]
    public void Gates_far_beyond_the_exponential()
    {
        CheckGates(40, 21, isLstm: false, factor: 200);
        CheckGates(40, 21, isLstm: true, factor: 200);
    }

    [Fact]
    public void A_gate_that_barely_moves_still_arrives_after_millions_of_tokens()
    {
        // In float, 1 − 3e-7 is off by a tenth of what it lacks of 1, and a sum near 40.5 does not feel an addition of 1e-5.
        const int count = 3_000_000;
        float[] updates = new float[16], candidates = new float[16], output = new float[16];
        (updates[0], candidates[0]) = (-15, 40);
        var state = new double[1];
        for (int t = 0; t < count; t++)
        {
            GatedRecurrence.MinGruStep(updates, candidates, 1, state, output);
        }
        double expected = 40.5 * (1 - Math.Exp(count * SpecialFunctions.LogOnePlus(-1 / (1 + Math.Exp(15)))));
        Assert.Equal(expected, output[0], 8 * Ulp * expected);
    }

    private static void CheckGates(int rows, int width, bool isLstm, float factor)
    {
        int stride = Layout.Pad(width);
        float[] Gate(int seed) => [.. KernelTests.Padded(rows, width, seed).Select(v => v * factor)];
        float[] first = Gate(1), second = Gate(2), candidates = KernelTests.Padded(rows, width, 3), g = KernelTests.Padded(rows, width, 4);
        float[] output = [.. g], streamed = [.. g], da = [.. g], db = [.. g], dc = [.. g];
        var state = new double[width];
        for (int t = 0; t < rows; t++)
        {
            Span<float> a = first.AsSpan(t * stride, stride), b = second.AsSpan(t * stride, stride),
                c = candidates.AsSpan(t * stride, stride);
            if (isLstm)
            {
                GatedRecurrence.MinLstmStep(a, b, c, width, state, streamed.AsSpan(t * stride, stride));
            }
            else
            {
                GatedRecurrence.MinGruStep(a, c, width, state, streamed.AsSpan(t * stride, stride));
            }
        }
        if (isLstm)
        {
            GatedRecurrence.MinLstmForward(first, second, candidates, rows, width, output);
            GatedRecurrence.MinLstmBackward(g, first, second, candidates, output, rows, width, da, db, dc);
        }
        else
        {
            GatedRecurrence.MinGruForward(first, candidates, rows, width, output);
            GatedRecurrence.MinGruBackward(g, first, candidates, output, rows, width, da, dc);
        }
        Assert.Equal(output, streamed);

        for (int column = 0; column < stride; column++)
        {
            if (column >= width)
            {
                Assert.All(
                    Enumerable.Range(0, rows), t => Assert.Equal(
                        0, Math.Abs(output[t * stride + column]) + Math.Abs(da[t * stride + column]) + Math.Abs(dc[t * stride + column])));
                continue;
            }
            var h = new double[rows + 1];
            var error = new double[rows + 1];
            var steps = new (double Keep, double Add, double Candidate, double Slope, double Relative)[rows + 1];
            for (int t = 0; t < rows; t++)
            {
                int at = t * stride + column;
                double x = candidates[at], odds = isLstm ? LogSigmoid(first[at]) - LogSigmoid(second[at]) : -first[at];
                double keep = 1 / (1 + Math.Exp(-odds)), add = 1 / (1 + Math.Exp(odds)), sigmoid = 1 / (1 + Math.Exp(-x));
                double candidate = x >= 0 ? x + 0.5 : sigmoid;
                // Some ten roundings a gate, and that of the difference of two inputs, which the exponential magnifies.
                double relative = (12 + (isLstm ? Math.Abs((double)Math.Min(first[at], 0) - Math.Min(second[at], 0)) : 0)) * Ulp;
                steps[t] = (keep, add, candidate, x >= 0 ? 1 : sigmoid * (1 - sigmoid), relative);
                h[t + 1] = keep * h[t] + add * candidate;
                error[t + 1] = keep * error[t] + Math.Min(keep, add) * relative * (Math.Abs(h[t]) + candidate) + add * 8 * Ulp * candidate;
                // A gate below the least normal float may be flushed to 0.
                Assert.Equal(h[t + 1], output[at], error[t + 1] + Ulp * Math.Abs(h[t + 1]) + 1e-37);
            }
            double carry = 0, carryError = 0, size = 0;
            for (int t = rows - 1; t >= 0; t--)
            {
                int at = t * stride + column;
                (double keep, double add, double candidate, double slope, double relative) = steps[t];
                carry += g[at];
                size += Math.Abs(g[at]);
                carryError += Ulp * size;
                double before = h[t], bound = carryError + relative * size;
                Assert.Equal(carry * add * slope, dc[at], add * slope * (bound + 12 * Ulp * size) + 1e-36);
                double byOdds = keep * add * (before - candidate) * carry;
                double oddsBound =
                    keep * add * ((Math.Abs(before) + candidate) * (bound + 12 * Ulp * size) + (error[t] + Ulp * Math.Abs(before)) * size);
                if (isLstm)
                {
                    double closedF = 1 / (1 + Math.Exp(first[at])), closedI = 1 / (1 + Math.Exp(second[at]));
                    Assert.Equal(byOdds * closedF, da[at], closedF * (oddsBound + 8 * Ulp * Math.Abs(byOdds)) + 1e-36);
                    Assert.Equal(-byOdds * closedI, db[at], closedI * (oddsBound + 8 * Ulp * Math.Abs(byOdds)) + 1e-36);
                }
                else
                {
                    Assert.Equal(-byOdds, da[at], oddsBound + 1e-36);
                }
                carryError = keep * (carryError + relative * size);
                carry *= keep;
                size *= keep;
            }
        }
    }

    /// <summary>ln(1 + e) = 2 artanh(e / (2 + e)), exact also where 1 + e rounds to 1.</summary>
    private static double LogSigmoid(double x)
    {
        double e = Math.Exp(-Math.Abs(x));
        return Math.Min(x, 0) - 2 * Math.Atanh(e / (2 + e));
    }

    /// <summary>One sequence through the kernel, and what double makes of it.</summary>
    private sealed class Attention
    {
        private readonly int context, channels;

        public Attention(int rows, int width, int heads, int context, float factor)
        {
            this.context = context;
            channels = width / heads;
            Stride = Layout.Pad(width);
            Queries = [.. KernelTests.Padded(rows, width, 1).Select(v => v * factor)];
            Keys = KernelTests.Padded(rows, width, 2);
            Values = KernelTests.Padded(rows, width, 3);
            Output = new float[rows * Stride];
            Statistics = new float[rows * 2 * Layout.Pad(heads)];
            ExpectedOutput = new double[Output.Length];
            OutputBound = new double[Output.Length];
            CausalAttention.Forward(Queries, Keys, Values, Stride, rows, width, heads, context, Statistics, Output);
            for (int t = 0; t < rows; t++)
            {
                for (int column = 0; column < width; column++)
                {
                    int own = t * Stride + column;
                    double bound = 0, spread = 0;
                    foreach ((int i, double p, double relative) in Probabilities(t, column / channels * channels))
                    {
                        ExpectedOutput[own] += p * Values[i * Stride + column];
                        bound += p * relative * Math.Abs(Values[i * Stride + column]);
                        spread += p * relative;
                    }
                    OutputBound[own] = bound + spread * Math.Abs(ExpectedOutput[own]) + 1e-30;
                }
            }
        }

        public int Stride { get; }

        public float[] Queries { get; }

        public float[] Keys { get; }

        public float[] Values { get; }

        public float[] Output { get; }

        public float[] Statistics { get; }

        public double[] ExpectedOutput { get; }

        public double[] OutputBound { get; }

        /// <summary>
        /// Each token seen, its probability and a bound of its relative error in float: a rounding an operation of the score (of the
        /// largest too), of its distance from the largest, and of the exponential and the sums.
        /// </summary>
        public (int Token, double Probability, double Relative)[] Probabilities(int t, int first)
        {
            (int Token, double Score, double Error)[] scores =
            [
                .. Enumerable.Range(0, t + 1).Skip(t + 1 - context).Select(i =>
                {
                    double[] terms =
                        [.. Enumerable.Range(first, channels).Select(c => (double)Queries[t * Stride + c] * Keys[i * Stride + c])];
                    return (i, terms.Sum() / Math.Sqrt(channels), (channels + 3) * Ulp * terms.Sum(Math.Abs) / Math.Sqrt(channels));
                }),
            ];
            double most = scores.Max(static s => s.Score), worst = scores.Max(static s => s.Error);
            double sum = scores.Sum(s => Math.Exp(s.Score - most));
            return
            [
                .. scores.Select(s => (
                    s.Token, Math.Exp(s.Score - most) / sum, s.Error + worst + (Math.Abs(s.Score - most) + scores.Length + 12) * Ulp)),
            ];
        }
    }
}
