using AarenGen.Kernels;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>Matrices in narrower types: their multiplications against the same rounding in double, and models that use them.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class PrecisionTests
{
    private const double Ulp = 1.0 / (1 << 24);

    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 64, 64 }, { 1, 65, 77 }, { 2, 67, 112 }, { 3, 100, 130 }, { 5, 128, 96 }, { 13, 70, 80 }, { 64, 66, 160 }, { 9, 4100, 64 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void BFloat16_is_the_product_with_rounded_weights(int rows, int inner, int columns)
    {
        (float[] a, float[] w, float[] bias, float[] residual, float[] c) = Multiply(WeightPrecision.BFloat16, rows, inner, columns);
        int innerStride = Layout.Pad(inner), stride = Layout.Pad(columns);
        for (int r = 0; r < rows; r++)
        {
            for (int n = 0; n < columns; n++)
            {
                double sum = bias[n] + (double)residual[r * stride + n],
                    size = Math.Abs(bias[n]) + Math.Abs((double)residual[r * stride + n]);
                for (int k = 0; k < inner; k++)
                {
                    double term = (double)a[r * innerStride + k] * Rounded(w[n * innerStride + k]);
                    sum += term;
                    size += Math.Abs(term);
                }
                Assert.Equal(sum, c[r * stride + n], (2 * inner + 2) * Ulp * size + 1e-30);
            }
        }

        // To the nearest of the numbers with 8 significant bits.
        static double Rounded(float value)
        {
            double unit = Math.Pow(2, Math.Floor(Math.Log2(Math.Abs((double)value))) - 7);
            return value == 0 ? 0 : Math.Round(value / unit, MidpointRounding.ToEven) * unit;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Int8_is_the_integer_product_of_rounded_weights_and_rounded_rows(int rows, int inner, int columns)
    {
        (float[] a, float[] w, float[] bias, float[] residual, float[] c) = Multiply(WeightPrecision.Int8, rows, inner, columns);
        int innerStride = Layout.Pad(inner), stride = Layout.Pad(columns);
        for (int r = 0; r < rows; r++)
        {
            ReadOnlySpan<float> row = a.AsSpan(r * innerStride, inner);
            for (int n = 0; n < columns; n++)
            {
                ReadOnlySpan<float> weights = w.AsSpan(n * innerStride, inner);
                double scaleX = Largest(row) / 8191.0, scaleW = Largest(weights) / 127.0, exact = 0, bound = 0;
                for (int k = 0; k < inner; k++)
                {
                    exact += (double)row[k] * weights[k];
                    // Half a step of each, and the product of both.
                    bound += scaleX / 2 * Math.Abs(weights[k]) + scaleW / 2 * Math.Abs(row[k]) + scaleX * scaleW / 4;
                }
                // A few roundings of float beside the steps: of the scales, of ties, of the sum.
                bound = bound * (1 + 1e-5) + 16 * Ulp * inner * Largest(row) * Largest(weights) + 1e-30;
                Assert.Equal(exact + bias[n] + residual[r * stride + n], c[r * stride + n], bound);
            }
        }

        static double Largest(ReadOnlySpan<float> values)
        {
            double largest = 0;
            foreach (float value in values)
            {
                largest = Math.Max(largest, Math.Abs((double)value));
            }
            return largest;
        }
    }

    [Theory]
    [InlineData(WeightPrecision.BFloat16)]
    [InlineData(WeightPrecision.Int8)]
    public void One_row_alone_gives_the_same_bits(WeightPrecision precision)
    {
        (float[] a, float[] w, float[] bias, float[] residual, float[] c) = Multiply(precision, 30, 70, 100);
        for (int r = 0; r < 30; r++)
        {
            var one = new float[112];
            CompressedProduct.Multiply(
                precision, a.AsSpan(r * 80, 80), 1, 70, Packed(precision, w, 70, 100), 100, one, bias, residual.AsSpan(r * 112, 112));
            Assert.Equal(c[(r * 112)..(r * 112 + 112)], one);
        }
    }

    [Theory]
    [InlineData(WeightPrecision.BFloat16)]
    [InlineData(WeightPrecision.Int8)]
    public void Non_finite_numbers_stay_in_their_row(WeightPrecision precision)
    {
        float[] w = KernelTests.Padded(64, 64, 1), a = KernelTests.Padded(3, 64, 2), c = new float[3 * 64];
        a[70] = float.NaN;
        a[130] = float.PositiveInfinity;
        CompressedProduct.Multiply(precision, a, 3, 64, Packed(precision, w, 64, 64), 64, c, new float[64]);
        Assert.All(c[..64], static value => Assert.True(float.IsFinite(value)));
        Assert.All(c[64..], static value => Assert.False(float.IsFinite(value)));
    }

    [Fact]
    public void A_row_of_zeros_and_a_matrix_of_zeros_give_the_bias()
    {
        float[] bias = KernelTests.Padded(1, 64, 3), c = new float[64];
        foreach (WeightPrecision precision in Enum.GetValues<WeightPrecision>())
        {
            CompressedProduct.Multiply(
                precision, new float[64], 1, 64, Packed(precision, KernelTests.Padded(64, 64, 1), 64, 64), 64, c, bias);
            Assert.Equal(bias, c);
            CompressedProduct.Multiply(
                precision, KernelTests.Padded(1, 64, 1), 1, 64, Packed(precision, new float[64 * 64], 64, 64), 64, c, bias);
            Assert.Equal(bias, c);
        }
    }

    [Theory]
    [InlineData(WeightPrecision.BFloat16, 1e-2)]
    [InlineData(WeightPrecision.Int8, 3e-2)]
    public void A_model_with_narrower_weights_predicts_nearly_the_same_and_can_be_reset(WeightPrecision precision, double bound)
    {
        Wide model = Wide.Create(5);
        float[] tokens = StreamingTests.Random(50 * 3, 1);
        float[] exact = Outputs(), narrow, stepped;
        model.UsePrecision(precision);
        narrow = Outputs();
        stepped = new float[narrow.Length];
        StreamState<Wide> state = model.CreateState();
        for (int t = 0; t < 50; t++)
        {
            model.Step(state, tokens.AsSpan(3 * t, 3), stepped.AsSpan(2 * t, 2));
        }
        Assert.Equal(narrow, stepped);
        Assert.NotEqual(exact, narrow);
        Assert.InRange(Relative(exact, narrow), 0, bound);
        model.UsePrecision(WeightPrecision.Float32);
        Assert.Equal(exact, Outputs());
        Assert.Throws<ArgumentOutOfRangeException>(() => model.UsePrecision((WeightPrecision)7));

        float[] Outputs()
        {
            var outputs = new float[50 * 2];
            model.Forward(model.CreateState(), tokens, outputs);
            return outputs;
        }
    }

    [Fact]
    public void A_weight_that_bfloat16_cannot_hold_is_told_and_changes_nothing()
    {
        // The last float that is rounded down, and the one half way between the largest bfloat16 and 2^128.
        float last = BitConverter.UInt32BitsToSingle(0x7F7F7FFF), half = BitConverter.UInt32BitsToSingle(0x7F7F8000);
        Wide model = Wide.Create(5);
        ParameterDescription narrow = Wide.Description.Parameters.First(static p => p is { IsMatrix: true, Rows: 64, Columns: 3 }),
            wide = Wide.Description.Parameters.First(static p => p is { IsMatrix: true, Rows: 128, Columns: 64 });
        // A matrix of three columns stays in float.
        Set(narrow, 0, 0, half);
        Set(wide, 127, 63, last);
        model.UsePrecision(WeightPrecision.BFloat16);
        Assert.Equal(WeightPrecision.BFloat16, model.Precision);
        model.UsePrecision(WeightPrecision.Float32);
        Set(narrow, 0, 0, 0);
        Set(wide, 127, 63, -half);
        float[] tokens = StreamingTests.Random(9, 1), before = new float[6], after = new float[6];
        model.Forward(model.CreateState(), tokens, before);
        InvalidOperationException e = Assert.Throws<InvalidOperationException>(() => model.UsePrecision(WeightPrecision.BFloat16));
        Assert.StartsWith(
            $"'{wide.Name}' holds -3.3961775E+38 at [127, 63], which bfloat16 cannot: it would be infinite. Use Float32 or Int8, ",
            e.Message, StringComparison.Ordinal);
        Assert.Equal(WeightPrecision.Float32, model.Precision);
        model.Forward(model.CreateState(), tokens, after);
        Assert.Equal(before, after);
        model.UsePrecision(WeightPrecision.Int8);

        void Set(ParameterDescription p, int row, int column, float value)
        {
            model.Weights[p.Offset + row * p.RowStride + column] = value;
            model.WeightsChanged();
        }
    }

    /// <summary>Every value that bfloat16 has, and the floats around the middles between two.</summary>
    [Fact]
    public void BFloat16_rounds_to_the_nearest_and_halves_to_the_even()
    {
        for (uint upper = 0; upper < 0x7F80; upper++)
        {
            uint next = upper + 1, even = upper % 2 == 0 ? upper : next;
            foreach (uint sign in (uint[])[0, 0x8000])
            {
                Assert.Equal(upper | sign, BFloat16.Round(Value(upper | sign, 0)));
                Assert.Equal(upper | sign, BFloat16.Round(Value(upper | sign, 0x7FFF)));
                Assert.Equal(even | sign, BFloat16.Round(Value(upper | sign, 0x8000)));
                Assert.Equal(next | sign, BFloat16.Round(Value(upper | sign, 0x8001)));
                Assert.Equal(Value(upper | sign, 0), BFloat16.Widen((ushort)(upper | sign)));
                foreach (uint lower in (uint[])[0, 0x7FFF, 0x8000, 0xFFFF])
                {
                    float value = Value(upper | sign, lower);
                    Assert.Equal(float.IsInfinity(BFloat16.Widen(BFloat16.Round(value))), BFloat16.Overflows(value));
                }
            }
        }
        Assert.All([float.NaN, -float.NaN, Value(0x7F80, 1), Value(0xFFFF, 0xFFFF)], static value =>
        {
            Assert.True(float.IsNaN(BFloat16.Widen(BFloat16.Round(value))));
            Assert.False(BFloat16.Overflows(value));
        });
        Assert.All([float.PositiveInfinity, float.NegativeInfinity], static value =>
        {
            Assert.Equal(value, BFloat16.Widen(BFloat16.Round(value)));
            Assert.False(BFloat16.Overflows(value));
        });

        static float Value(uint upper, uint lower) => BitConverter.UInt32BitsToSingle(upper << 16 | lower);
    }

    [Fact]
    public void Training_does_not_depend_on_the_precision()
    {
        var data = new SequenceList(3, 2);
        for (int i = 0; i < 8; i++)
        {
            data.Add(StreamingTests.Random(12 * 3, i), StreamingTests.Random(12 * 2, i + 100));
        }
        double[] losses = [.. new[] { WeightPrecision.Float32, WeightPrecision.Int8 }.Select(precision =>
        {
            Wide model = Wide.Create(5);
            model.UsePrecision(precision);
            model.Fit(data, options: new() { Epochs = 3, Threads = 1 });
            return model.Evaluate(data);
        })];
        Assert.Equal(losses[0], losses[1]);
    }

    /// <summary>The norm of the difference over the norm.</summary>
    private static double Relative(float[] exact, float[] other) =>
        Math.Sqrt(exact.Zip(other, static (a, b) => ((double)a - b) * ((double)a - b)).Sum() / exact.Sum(static a => (double)a * a));

    private static float[] Packed(WeightPrecision precision, float[] w, int inner, int columns)
    {
        var packed = new float[inner * Layout.Pad(columns)];
        CompressedProduct.Pack(precision, w, columns, inner, packed);
        return packed;
    }

    private static (float[] A, float[] W, float[] Bias, float[] Residual, float[] C) Multiply(
        WeightPrecision precision, int rows, int inner, int columns)
    {
        float[] a = KernelTests.Padded(rows, inner, 1), w = KernelTests.Padded(columns, inner, 2), bias = KernelTests.Padded(1, columns, 3);
        float[] residual = KernelTests.Padded(rows, columns, 4), c = new float[rows * Layout.Pad(columns)];
        CompressedProduct.Multiply(precision, a, rows, inner, Packed(precision, w, inner, columns), columns, c, bias, residual);
        return (a, w, bias, residual, c);
    }
}
