using AarenGen.Kernels;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Tests;

/// <summary>Prefix attention that forgets, against sums in double; error bounds carry each rounding to first order.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class ForgettingTests
{
    private const double Ulp = 1.0 / (1 << 24);

    /// <summary>Rows, width, heads, and factors of scores and gates.</summary>
    public static TheoryData<int, int, int, float, float> Shapes => new()
    {
        { 1, 1, 1, 1, 1 }, { 2, 6, 3, 1, 1 }, { 40, 21, 3, 100, 5 }, { 40, 64, 4, 1, 1 }, { 33, 21, 21, 3, 2 }, { 70, 300, 2, 1, 9 },
        { 25, 260, 260, 2, 3 }, { 60, 16, 16, 30, 40 }, { 90, 20, 10, 1, 90 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void An_output_is_the_mean_by_weights_that_fade(int rows, int width, int heads, float scoreFactor, float gateFactor)
    {
        var c = new Case(rows, width, heads, scoreFactor, gateFactor);
        float[] output = c.Forward();
        for (int t = 0; t < rows; t++)
        {
            for (int channel = 0; channel < width; channel++)
            {
                int head = channel / (width / heads);
                double[] exponents = new double[t + 1];
                double decay = 0;
                for (int i = t; i >= 0; i--)
                {
                    exponents[i] = c.Scores[i * c.Padded + head] + decay;
                    double f = c.Forgets[i * c.Padded + head];
                    decay += Math.Min(f, 0) - Math.Log(1 + Math.Exp(-Math.Abs(f)));
                }
                double most = exponents.Max();
                double[] weights = [.. exponents.Select(e => Math.Exp(e - most))];
                double expected = weights.Select((w, i) => w * c.Values[i * c.Stride + channel]).Sum() / weights.Sum();
                double size = weights.Select((w, i) => w * Math.Abs(c.Values[i * c.Stride + channel])).Sum() / weights.Sum();
                // Each step rounds its gate to float: that moves the mean by at most the gate's rounding times the values' spread, and
                // the gates of all steps together count once. One rounding more is the output's.
                double spread = Enumerable.Range(0, t + 1).Max(i => Math.Abs(c.Values[i * c.Stride + channel]));
                Assert.Equal(expected, output[t * c.Stride + channel], Ulp * (size + 2 * spread));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_stream_gives_the_sequence_bit_for_bit(int rows, int width, int heads, float scoreFactor, float gateFactor)
    {
        var c = new Case(rows, width, heads, scoreFactor, gateFactor);
        float[] expected = c.Forward(), actual = new float[expected.Length];
        c.Step(new double[3 * heads + width], 0, rows, actual);
        Assert.Equal(expected, actual);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void States_of_two_chunks_combine_to_that_of_both(int rows, int width, int heads, float scoreFactor, float gateFactor)
    {
        var c = new Case(rows, width, heads, scoreFactor, gateFactor);
        float[] outputs = new float[rows * c.Stride];
        double[] both = new double[3 * heads + width];
        c.Step(both, 0, rows, outputs);
        foreach (int middle in new[] { 0, 1, rows / 2, rows })
        {
            double[] earlier = new double[both.Length], later = new double[both.Length];
            c.Step(earlier, 0, middle, outputs);
            c.Step(later, middle, rows, outputs);
            ForgettingAttention.Combine(earlier, later, width, heads);
            for (int i = 0; i < both.Length; i++)
            {
                // Outputs: the gates' roundings to float, twice over, on both sides. The others: some twenty roundings of 2^-53 a token.
                double bound = i >= 3 * heads ? 4 * Ulp * c.Values.Max(Math.Abs) : 20 * 1.2e-16 * rows * (1 + Math.Abs(both[i]));
                Assert.Equal(both[i], earlier[i], bound);
            }
        }
    }

    [Theory]
    [InlineData(float.PositiveInfinity, 0)]
    [InlineData(float.NegativeInfinity, 0)]
    [InlineData(float.NaN, 0)]
    [InlineData(0, float.PositiveInfinity)]
    [InlineData(0, float.NegativeInfinity)]
    [InlineData(0, float.NaN)]
    public void A_number_that_is_not_finite_makes_its_head_nan_and_no_other(float score, float forget)
    {
        float[] output = new float[4], scores = new float[16], forgets = new float[16];
        var state = new double[3 * 2 + 4];
        ForgettingAttention.Step([1, 2, 3, 4], scores, forgets, 4, 2, state, output);
        (scores[0], forgets[0]) = (score, forget);
        ForgettingAttention.Step([1, 2, 3, 4], scores, forgets, 4, 2, state, output);
        Assert.Equal([float.NaN, float.NaN, 3, 4], output);
    }

    /// <summary>A gate that is wide open forgets nothing, and one that is shut all.</summary>
    [Fact]
    public void The_gates_ends_are_the_mean_and_the_last_value()
    {
        float[] output = new float[2], scores = new float[16], forgets = new float[16];
        (forgets[0], forgets[1]) = (100, -100);
        var state = new double[3 * 2 + 2];
        for (int t = 1; t <= 1000; t++)
        {
            ForgettingAttention.Step([t, t], scores, forgets, 2, 2, state, output);
            // A thousand roundings of gates, each of a thousandth of the values.
            Assert.Equal((t + 1) / 2.0, output[0], 4 * Ulp * t);
            Assert.Equal(t, output[1]);
        }
    }

    [Fact]
    public void Gates_start_at_geometric_half_lives()
    {
        ForgettingDirect model = ForgettingDirect.Create(seed: 3);
        ParameterDescription bias = ForgettingDirect.Description.Parameters.Single(
            static p => p.Name == "blocks.1.mixer.f_proj.bias");
        Assert.Equal((0.5f, 8f), (bias.InitialScale, bias.LastInitialScale));
        ReadOnlySpan<float> biases = model.Weights.Slice(bias.Offset, 16);
        IReadOnlyList<HalfLives> halfLives = model.GetHalfLives();
        Assert.Equal(["blocks.0.mixer.f_proj.bias", bias.Name], halfLives.Select(static h => h.Parameter));
        for (int head = 0; head < 16; head++)
        {
            double keep = 1 / (1 + Math.Exp(-biases[head])), halfLife = -1 / Math.Log2(keep);
            // The bias is a float of up to 2.4: its rounding moves the half-life by as much, relatively.
            Assert.Equal(0.5 * Math.Pow(16, head / 15.0), halfLife, 8 * 3 * Ulp);
            Assert.Equal(halfLife, halfLives[1].Tokens[head], 1e-12 * halfLife);
        }
        // Gates that are all but open forget in e^b ln 2 tokens; plain Aaren never does.
        model.Weights[bias.Offset] = 40;
        Assert.Equal(Math.Exp(40) * Math.Log(2), model.GetHalfLives()[1].Tokens[0], 1e-14 * Math.Exp(40));
        model.Weights[bias.Offset] = -1000;
        Assert.Equal(Math.Log(2) / 1000, model.GetHalfLives()[1].Tokens[0], 1e-14);
        Assert.Empty(GoldenPre.Create(seed: 1).GetHalfLives());
        ParameterDescription direct = ForgettingDirect.Description.Parameters.Single(static p => p.Name == "blocks.0.mixer.s_proj.weight");
        Assert.All(model.Weights.Slice(direct.Offset, 16 * 16).ToArray(), static w => Assert.Equal(0, w));
    }

    [Fact]
    public void A_trained_models_outputs_are_its_streams_bit_for_bit()
    {
        ForgettingPre model = ForgettingPre.Create(seed: 5);
        float[] tokens = StreamingTests.Random(300 * 3, 1), streamed = new float[300 * 5];
        var data = new SequenceList(3, 5);
        data.Add(tokens, new float[300 * 5]);
        var probe = new GradientProbe<ForgettingPre>(model, data);
        StreamState<ForgettingPre> state = model.CreateState();
        for (int t = 0; t < 300; t++)
        {
            model.Step(state, tokens.AsSpan(3 * t, 3), streamed.AsSpan(5 * t, 5));
        }
        Assert.Equal(probe.Outputs, streamed);
    }

    private sealed class Case
    {
        private readonly int rows, width, heads;

        public Case(int rows, int width, int heads, float scoreFactor, float gateFactor)
        {
            (this.rows, this.width, this.heads) = (rows, width, heads);
            Stride = Layout.Pad(width);
            Padded = Layout.Pad(heads);
            Values = KernelTests.Padded(rows, width, 1);
            Scores = [.. KernelTests.Padded(rows, heads, 2).Select(s => s * scoreFactor)];
            Forgets = [.. KernelTests.Padded(rows, heads, 3).Select(f => f * gateFactor + 1)];
        }

        public int Stride { get; }

        public int Padded { get; }

        public float[] Values { get; }

        public float[] Scores { get; }

        public float[] Forgets { get; }

        public float[] Forward()
        {
            float[] gates = new float[rows * 2 * Padded], output = new float[rows * Stride];
            ForgettingAttention.Forward(Values, Scores, Forgets, rows, width, heads, gates, output);
            return output;
        }

        public void Step(double[] state, int from, int to, float[] output)
        {
            for (int t = from; t < to; t++)
            {
                ForgettingAttention.Step(
                    Values.AsSpan(t * Stride, width), Scores.AsSpan(t * Padded, Padded), Forgets.AsSpan(t * Padded, Padded), width, heads,
                    state, output.AsSpan(t * Stride, width));
            }
        }
    }
}
