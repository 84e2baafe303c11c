using System.Runtime.Intrinsics;
using AarenGen.Kernels;

namespace AarenGen.Tests;

/// <summary>Kernels against loops in double, on fresh numbers and odd shapes.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class KernelTests
{
    private const double Ulp = 1.0 / (1 << 24);

    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 1, 7, 16 }, { 2, 16, 7 }, { 3, 33, 100 }, { 5, 21, 21 }, { 12, 64, 32 }, { 13, 10, 48 },
            { 31, 128, 17 }, { 64, 5, 160 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Multiplication_of_rows_and_a_matrix(int rows, int inner, int columns)
    {
        int innerStride = Layout.Pad(inner), stride = Layout.Pad(columns);
        float[] a = Padded(rows, inner, 1), w = Padded(columns, inner, 2), bias = Padded(1, columns, 3);
        var packed = new float[inner * stride];
        MatrixProduct.Pack(w, columns, inner, packed);
        float[] c = Padded(rows, columns, 4), before = [.. c], one = [.. c];
        MatrixProduct.Multiply(a, rows, inner, packed, columns, c, bias, residual: c);
        for (int r = 0; r < rows; r++)
        {
            MatrixProduct.Multiply(
                a.AsSpan(r * innerStride, inner), 1, inner, packed, columns, one.AsSpan(r * stride, stride), bias,
                residual: one.AsSpan(r * stride, stride));
            for (int n = 0; n < stride; n++)
            {
                double sum = before[r * stride + n] + (double)bias[n], size = Math.Abs(sum);
                for (int k = 0; k < inner && n < columns; k++)
                {
                    double term = (double)a[r * innerStride + k] * w[n * innerStride + k];
                    sum += term;
                    size += Math.Abs(term);
                }
                // A rounding an operation (two a term where multiply and add are not fused), none larger than the sum of sizes.
                Assert.Equal(sum, c[r * stride + n], (2 * inner + 2) * Ulp * size + 1e-30);
            }
        }
        Assert.Equal(c, one);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Multiplications_of_the_backward_pass(int rows, int inputs, int outputs)
    {
        int inputStride = Layout.Pad(inputs), outputStride = Layout.Pad(outputs);
        float[] dy = Padded(rows, outputs, 1), x = Padded(rows, inputs, 2), w = Padded(outputs, inputs, 3);
        var packed = new float[outputs * inputStride];
        MatrixProduct.PackTransposed(w, outputs, inputs, packed);
        var dx = new float[rows * inputStride];
        MatrixProduct.Multiply(dy, rows, outputs, packed, inputs, dx);
        float[] dw = Padded(outputs, inputs, 4), before = [.. dw];
        var sums = new float[outputStride];
        MatrixProduct.AccumulateGradients(dy, rows, outputs, x, inputs, dw, sums);
        for (int i = 0; i < inputStride; i++)
        {
            for (int r = 0; r < rows; r++)
            {
                Near(
                    Enumerable.Range(0, outputs).Select(o => (double)dy[r * outputStride + o] * w[o * inputStride + i]),
                    dx[r * inputStride + i]);
            }
            for (int o = 0; o < outputs; o++)
            {
                Near(
                    Enumerable.Range(0, rows).Select(r => (double)dy[r * outputStride + o] * x[r * inputStride + i])
                        .Prepend(before[o * inputStride + i]), dw[o * inputStride + i]);
            }
        }
        for (int o = 0; o < outputStride; o++)
        {
            Near(Enumerable.Range(0, rows).Select(r => (double)dy[r * outputStride + o]), sums[o]);
        }
    }

    /// <summary>Half a million floats at equal distances of their bits: every exponent, both signs, zeros, infinities, NaNs.</summary>
    private static float[] AllSizes() =>
        [.. Enumerable.Range(0, 542_368).Select(static i => BitConverter.UInt32BitsToSingle((uint)i * 7919)), 0, -0f,
            float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue, float.Epsilon, -float.Epsilon, 88.72284f,
            88.72283f, -103.97f, -103.98f, -87.33f, -87.34f, 13, -13];

    [Fact]
    public void Exponential_over_the_float_range()
    {
        float[] x = AllSizes(), y = new float[x.Length];
        for (int i = 0; i < x.Length; i += Layout.Lane)
        {
            VectorMath.Exp(Vector512.Create(x, i)).CopyTo(y, i);
        }
        for (int i = 0; i < x.Length; i++)
        {
            double expected = Math.Exp(x[i]);
            if (double.IsNaN(expected) || (float)expected is float.PositiveInfinity)
            {
                Assert.Equal((float)expected, y[i]);
            }
            else
            {
                // 2^-22 of the result; below the normal floats half of the distance between two.
                Assert.Equal(expected, y[i], expected / (1 << 22) + 1e-45);
            }
        }
    }

    [Fact]
    public void Gelu_and_its_derivative_over_the_float_range()
    {
        float[] x = AllSizes(), y = new float[x.Length], slope = [.. x], again = new float[x.Length];
        Elementwise.Gelu(x, y);
        Elementwise.GeluWithDerivative(slope, again);
        Assert.Equal(y, again);
        for (int i = 0; i < x.Length; i++)
        {
            if (float.IsNaN(x[i]))
            {
                Assert.True(float.IsNaN(y[i]) && float.IsNaN(slope[i]));
                continue;
            }
            double value = x[i], distribution = Distribution(value), bell = Math.Exp(-value * value / 2) / Math.Sqrt(2 * Math.PI);
            double expected = double.IsInfinity(value) ? Math.Max(value, 0) : value * distribution;
            if (double.IsInfinity(expected))
            {
                Assert.Equal(float.PositiveInfinity, y[i]);
            }
            else
            {
                // Rounding x² costs x²/2 roundings of e^(−x²/2); eight more are the fit's 1.3e-7 (two) and six operations'. What is below
                // the normal floats is lost.
                Assert.Equal(expected, y[i], (8 + Math.Min(value * value, 169)) * Ulp * Math.Abs(expected) + 2e-37);
            }
            Assert.Equal(distribution + (double.IsInfinity(value) ? 0 : value * bell), slope[i], 2e-6);
        }
    }

    [Fact]
    public void Tanh_and_relu_over_the_float_range()
    {
        float[] x = AllSizes(), y = new float[x.Length], slope = [.. x], again = new float[x.Length];
        Elementwise.Tanh(x, y);
        Elementwise.TanhWithDerivative(slope, again);
        Assert.Equal(y, again);
        for (int i = 0; i < x.Length; i++)
        {
            double expected = Math.Tanh(x[i]), cosh = Math.Cosh(x[i]);
            if (double.IsNaN(expected))
            {
                Assert.True(float.IsNaN(y[i]) && float.IsNaN(slope[i]));
                continue;
            }
            // Where the series ends, at 0.2, 1 − e is a third of 1: its rounding counts three times, beside e's four and three more.
            Assert.Equal(expected, y[i], 16 * Ulp * Math.Abs(expected) + 1e-45);
            Assert.Equal(1 / (cosh * cosh), slope[i], 16 * Ulp / (cosh * cosh) + 1e-38);
        }
        slope = [.. x];
        Elementwise.Relu(x, y);
        Elementwise.ReluWithDerivative(slope, again);
        Assert.Equal(x.Select(static v => float.IsNaN(v) ? v : Math.Max(v, 0)), y);
        Assert.Equal(y, again);
        Assert.Equal(x.Select(static v => v > 0 ? 1f : 0), slope);
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(3, 7, 100)]
    [InlineData(2, 16, 0)]
    [InlineData(2, 16, 1e6f)]
    [InlineData(4, 21, 1e6f)]
    [InlineData(5, 64, 100)]
    [InlineData(2, 512, 0)]
    [InlineData(3, 512, 1e6f)]
    public void Layer_normalisation_and_its_backward_pass(int rows, int width, float offset)
    {
        int stride = Layout.Pad(width);
        float[] x = Padded(rows, width, 1), gamma = Padded(1, width, 2), beta = Padded(1, width, 3), dy = Padded(rows, width, 4);
        for (int i = 0; i < rows * stride; i++)
        {
            x[i] += i % stride < width ? offset : 0;
        }
        float[] y = new float[rows * stride], statistics = new float[3 * rows], dx = new float[rows * stride], dgamma = new float[stride],
            dbeta = new float[stride];
        LayerNormalization.Forward(x, rows, width, gamma, beta, y, statistics);
        LayerNormalization.Backward(dy, x, statistics, gamma, rows, width, dx, accumulate: false, dgamma, dbeta);
        double[] expectedGamma = new double[stride];
        double gammaBound = 0;
        for (int r = 0; r < rows; r++)
        {
            double[] row = [.. Enumerable.Range(0, width).Select(c => (double)x[r * stride + c])];
            double mean = row.Average(), deviation = Math.Sqrt(row.Average(v => (v - mean) * (v - mean)) + 1e-5);
            double[] normal = [.. row.Select(v => (v - mean) / deviation)],
                g = [.. Enumerable.Range(0, width).Select(c => (double)dy[r * stride + c] * gamma[c])];
            double meanG = g.Average(), meanGn = g.Zip(normal, static (a, b) => a * b).Average();
            // Differences are exact however large the offset is; what remains are some roundings of sums of them, over the deviation.
            double bound = (16 + width / 16) * Ulp * (1 + row.Max(v => Math.Abs(v - mean))) / deviation;
            for (int c = 0; c < stride; c++)
            {
                Assert.Equal(
                    c < width ? normal[c] * gamma[c] + beta[c] : 0, y[r * stride + c], bound * (Math.Abs(c < width ? gamma[c] : 0) + 1));
                double expected = c < width ? (g[c] - meanG - normal[c] * meanGn) / deviation : 0;
                Assert.Equal(expected, dx[r * stride + c], bound * (1 + g.Sum(Math.Abs)) * (1 + 1 / deviation));
                gammaBound += bound * (1 + Math.Abs(dy[r * stride + c]));
                expectedGamma[c] += c < width ? dy[r * stride + c] * normal[c] : 0;
            }
        }
        for (int c = 0; c < width; c++)
        {
            Assert.Equal(Enumerable.Range(0, rows).Sum(r => (double)dy[r * stride + c]), dbeta[c], rows * 10 * Ulp);
            Assert.Equal(expectedGamma[c], dgamma[c], gammaBound);
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(2, 6, 3)]
    [InlineData(40, 21, 3)]
    [InlineData(40, 64, 4)]
    public void Prefix_attention_equals_its_softmax(int rows, int width, int heads)
    {
        int stride = Layout.Pad(width), channels = width / heads, scoreStride = Layout.Pad(heads);
        float[] values = Padded(rows, width, 1), scores = Padded(rows, heads, 2);
        for (int i = 0; i < scores.Length; i++)
        {
            scores[i] *= i % 3 == 0 ? 350 : 3;
        }
        float[] output = new float[rows * stride], gates = new float[rows * 2 * scoreStride], streamed = new float[width];
        PrefixAttention.Forward(values, scores, rows, width, heads, gates, output);
        var state = new double[2 * heads + width];
        for (int t = 0; t < rows; t++)
        {
            PrefixAttention.Step(values.AsSpan(t * stride, width), scores.AsSpan(t * scoreStride, heads), width, heads, state, streamed);
            for (int c = 0; c < width; c++)
            {
                int head = c / channels;
                double most = Enumerable.Range(0, t + 1).Max(i => (double)scores[i * scoreStride + head]);
                double[] weights = [.. Enumerable.Range(0, t + 1).Select(i => Math.Exp(scores[i * scoreStride + head] - most))];
                double expected = weights.Select((w, i) => w * values[i * stride + c]).Sum() / weights.Sum();
                double size = weights.Select((w, i) => w * Math.Abs(values[i * stride + c])).Sum() / weights.Sum();
                Assert.Equal(expected, streamed[c], 2 * Ulp * size + 1e-30);
                // Each step rounds both gates and the blend.
                Assert.Equal(expected, output[t * stride + c], 4 * (t + 1) * Ulp * size + 1e-30);
            }
        }
    }

    [Theory]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(float.NaN)]
    public void A_score_that_is_not_finite_makes_its_head_nan_and_no_other(float score)
    {
        float[] output = new float[4];
        var state = new double[2 * 2 + 4];
        PrefixAttention.Step([1, 2, 3, 4], [0.5f, 0.5f], 4, 2, state, output);
        PrefixAttention.Step([1, 2, 3, 4], [score, 0.5f], 4, 2, state, output);
        Assert.Equal([float.NaN, float.NaN, 3, 4], output);
    }

    [Fact]
    public void Buffers_that_are_not_whole_vectors_are_rejected()
    {
        Assert.Throws<ArgumentException>(() => Elementwise.Gelu(new float[17], new float[17]));
        Assert.Throws<ArgumentException>(() => Elementwise.Multiply(new float[17], new float[17], new float[17]));
        Assert.Throws<ArgumentException>(() => Elementwise.Add(new float[17], new float[17], new float[17]));
    }

    [Fact]
    public void AdamW_equals_its_formula()
    {
        float[] p = Padded(1, 32, 1), g = Padded(1, 32, 2), m = Padded(1, 32, 3), v = [.. Padded(1, 32, 4).Select(Math.Abs)];
        float[] p0 = [.. p], m0 = [.. m], v0 = [.. v];
        Optimizers.AdamW(p, g, m, v, 0.5f, 1e-2f, 0.9f, 0.99f, 1e-8f, 0.1f, 0.3f, 0.2f);
        for (int i = 0; i < p.Length; i++)
        {
            double gradient = 0.5 * g[i], first = 0.9 * m0[i] + 0.1 * gradient, second = 0.99 * v0[i] + 0.01 * gradient * gradient;
            double expected = p0[i] * (1 - 1e-2 * 0.1) - 1e-2 * (first / 0.3) / (Math.Sqrt(second / 0.2) + 1e-8);
            Assert.Equal(expected, p[i], 1e-6 * (1 + Math.Abs(expected)));
        }
        Assert.Equal(p.Sum(static x => (double)x * x), Optimizers.SquaredNorm(p), 1e-12);
    }

    [Fact]
    public void Dropout_keeps_its_fraction_and_the_mean()
    {
        float[] x = [.. Enumerable.Repeat(1f, 64 * 1000)], y = new float[x.Length], again = new float[x.Length];
        Elementwise.Dropout(x, 1000, 64, 64, 0.25f, 42, y);
        Elementwise.Dropout(x, 1000, 64, 64, 0.25f, 42, again);
        Assert.Equal(y, again);
        // Six standard deviations of a binomial fraction.
        Assert.Equal(0.25, y.Count(static v => v == 0) / 64000.0, 6 * Math.Sqrt(0.25 * 0.75 / 64000));
        Assert.All(y, static v => Assert.True(v == 0 || v == 1 / 0.75f));
    }

    private static void Near(IEnumerable<double> terms, float actual)
    {
        double[] all = [.. terms];
        Assert.Equal(all.Sum(), actual, (2 * all.Length + 1) * Ulp * all.Sum(Math.Abs) + 1e-30);
    }

    internal static float[] Padded(int rows, int width, int seed)
    {
        float[] values = StreamingTests.Random(rows * width, seed * 1000 + rows + width), padded = new float[rows * Layout.Pad(width)];
        Rows.Pad(values, rows, width, padded);
        return padded;
    }

    /// <summary>Φ by Simpson's rule from 0 for small arguments, and the continued fraction of its tail for large ones.</summary>
    private static double Distribution(double x)
    {
        if (Math.Abs(x) > 4)
        {
            double fraction = 0, size = Math.Min(Math.Abs(x), 40);
            for (int k = 60; k > 0; k--)
            {
                fraction = k / (size + fraction);
            }
            double tail = Math.Exp(-size * size / 2) / Math.Sqrt(2 * Math.PI) / (size + fraction);
            return x < 0 ? tail : 1 - tail;
        }
        const int steps = 400;
        double h = x / steps, sum = 0;
        for (int i = 0; i <= steps; i++)
        {
            double u = i * h;
            sum += Math.Exp(-u * u / 2) * (i is 0 or steps ? 1 : i % 2 == 1 ? 4 : 2);
        }
        return 0.5 + sum * h / 3 / Math.Sqrt(2 * Math.PI);
    }
}
