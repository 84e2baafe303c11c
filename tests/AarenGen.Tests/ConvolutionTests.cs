using AarenGen.Kernels;

namespace AarenGen.Tests;

/// <summary>The causal convolution against loops in double; error bounds carry each rounding to first order.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class ConvolutionTests
{
    private const double Ulp = 1.0 / (1 << 24);

    /// <summary>Rows, width and taps.</summary>
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 2 }, { 2, 3, 2 }, { 3, 16, 4 }, { 7, 21, 16 }, { 16, 5, 16 }, { 40, 33, 3 }, { 64, 16, 2 }, { 65, 17, 5 }, { 200, 48, 16 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_row_is_the_sum_over_the_last_tokens(int rows, int width, int taps)
    {
        var c = new Case(rows, width, taps);
        float[] y = c.Forward();
        for (int t = 0; t < rows; t++)
        {
            for (int channel = 0; channel < c.Stride; channel++)
            {
                double sum = channel < width ? (double)c.X[t * c.Stride + channel] + c.Bias[channel] : 0, size = Math.Abs(sum);
                for (int j = 0; j < taps && j <= t && channel < width; j++)
                {
                    double term = (double)c.Weights[channel * 16 + taps - 1 - j] * c.X[(t - j) * c.Stride + channel];
                    sum += term;
                    size += Math.Abs(term) + (j == 0 ? Math.Abs(c.X[t * c.Stride + channel]) + Math.Abs(c.Bias[channel]) : 0);
                }
                // A rounding for each tap, one of the residual's factor.
                Assert.Equal(sum, y[t * c.Stride + channel], (taps + 2) * Ulp * size);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void A_stream_gives_the_sequence_bit_for_bit(int rows, int width, int taps)
    {
        var c = new Case(rows, width, taps);
        float[] expected = c.Forward(), actual = new float[expected.Length];
        double[] state = c.State();
        c.Step(state, 0, rows, actual);
        Assert.Equal(expected, actual);
        Assert.Equal(rows, state[0]);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void States_of_two_chunks_combine_to_that_of_both(int rows, int width, int taps)
    {
        var c = new Case(rows, width, taps);
        float[] outputs = new float[rows * c.Stride];
        double[] both = c.State();
        c.Step(both, 0, rows, outputs);
        foreach (int middle in new[] { 0, 1, rows / 2, rows - 1, rows })
        {
            double[] earlier = c.State(), later = c.State();
            c.Step(earlier, 0, middle, outputs);
            c.Step(later, middle, rows, outputs);
            CausalConvolution.Combine(earlier, later, width, taps);
            Assert.Equal(both, earlier);
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_backward_pass_is_that_of_the_sums(int rows, int width, int taps)
    {
        foreach (bool accumulate in new[] { false, true })
        {
            var c = new Case(rows, width, taps);
            float[] dy = KernelTests.Padded(rows, width, 4), dx = KernelTests.Padded(rows, width, 5), before = [.. dx];
            float[] dFactors = new float[taps * c.Stride], dBias = KernelTests.Padded(1, width, 6), biasBefore = [.. dBias];
            float[] dWeights = KernelTests.Padded(width, taps, 7), weightsBefore = [.. dWeights];
            CausalConvolution.Backward(dy, c.X, c.Factors, rows, width, taps, dFactors, dBias, dx, accumulate);
            CausalConvolution.ArrangeBackward(dFactors, width, taps, dWeights);
            for (int channel = 0; channel < width; channel++)
            {
                for (int t = 0; t < rows; t++)
                {
                    int at = t * c.Stride + channel;
                    double start = accumulate ? before[at] : 0;
                    var sum = new Sum(start);
                    sum.Add(dy[at]);
                    for (int j = 0; j < taps && t + j < rows; j++)
                    {
                        sum.Add((double)c.Weights[channel * 16 + taps - 1 - j] * dy[(t + j) * c.Stride + channel]);
                    }
                    sum.AssertEqual(dx[at], taps + 2);
                }
                var bias = new Sum(biasBefore[channel]);
                for (int t = 0; t < rows; t++)
                {
                    bias.Add(dy[t * c.Stride + channel]);
                }
                bias.AssertEqual(dBias[channel], rows + 1);
                for (int j = 0; j < taps; j++)
                {
                    var weight = new Sum(weightsBefore[channel * 16 + taps - 1 - j]);
                    for (int t = j; t < rows; t++)
                    {
                        weight.Add((double)dy[t * c.Stride + channel] * c.X[(t - j) * c.Stride + channel]);
                    }
                    weight.AssertEqual(dWeights[channel * 16 + taps - 1 - j], rows + 1);
                }
            }
        }
    }

    /// <summary>The check of a saved state sees only one of the two floats in a double, so all of the row becomes NaN.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void A_number_that_is_not_finite_marks_all_of_its_row(int channel)
    {
        var c = new Case(6, 20, 3);
        c.X[c.Stride + channel] = float.PositiveInfinity;
        float[] y = new float[6 * c.Stride];
        double[] state = c.State();
        c.Step(state, 0, 6, y);
        // Token 1 is the one; tokens 2 and 3 still see its row.
        Assert.All(Enumerable.Range(0, 6), t => Assert.Equal(
            t is 0 or 4 or 5, y.Skip(t * c.Stride).Take(20).All(float.IsFinite)));
        Assert.All(y.Skip(2 * c.Stride).Take(20), static v => Assert.True(float.IsNaN(v)));
    }

    /// <summary>Any counter that a file may hold stays within the ring.</summary>
    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(0.5)]
    [InlineData(1e300)]
    [InlineData(9007199254740993)]
    public void A_wrong_counter_does_no_harm(double count)
    {
        var c = new Case(3, 16, 4);
        double[] state = c.State(), other = c.State();
        state[0] = count;
        float[] y = new float[3 * c.Stride];
        c.Step(state, 0, 3, y);
        CausalConvolution.Combine(other, state, 16, 4);
        CausalConvolution.Combine(state, other, 16, 4);
        c.Step(state, 0, 3, y);
        c.Step(other, 0, 3, y);
        Assert.All(y, static v => Assert.True(float.IsFinite(v)));
    }

    /// <summary>A sum and its size, for the bound of its roundings.</summary>
    private struct Sum(double start)
    {
        private double value = start, size = Math.Abs(start);

        public void Add(double term)
        {
            value += term;
            size += Math.Abs(term);
        }

        public readonly void AssertEqual(float actual, int roundings) => Assert.Equal(value, actual, roundings * Ulp * size);
    }

    private sealed class Case
    {
        private readonly int rows, width, taps;

        public Case(int rows, int width, int taps)
        {
            (this.rows, this.width, this.taps) = (rows, width, taps);
            Stride = Layout.Pad(width);
            X = KernelTests.Padded(rows, width, 1);
            Weights = KernelTests.Padded(width, taps, 2);
            Bias = KernelTests.Padded(1, width, 3);
            Factors = KernelTests.Padded(taps, Stride, 9);
            CausalConvolution.Arrange(Weights, width, taps, Factors);
        }

        public int Stride { get; }

        public float[] X { get; }

        public float[] Weights { get; }

        public float[] Bias { get; }

        public float[] Factors { get; }

        public double[] State() => new double[1 + (taps - 1) * Stride / 2];

        public float[] Forward()
        {
            float[] y = KernelTests.Padded(rows, Stride, 8);
            CausalConvolution.Forward(X, Factors, Bias, rows, width, taps, y);
            return y;
        }

        public void Step(double[] state, int from, int to, float[] y)
        {
            for (int t = from; t < to; t++)
            {
                CausalConvolution.Step(
                    X.AsSpan(t * Stride, Stride), Factors, Bias, width, taps, state, y.AsSpan(t * Stride, Stride));
            }
        }
    }
}
