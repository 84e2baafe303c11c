using AarenGen.Kernels;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>Numbers whose squares or sums are beyond all floats, in kernels, tokens and states.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class LargeNumberTests
{
    private const int Width = 21;
    private static readonly int Stride = Layout.Pad(Width);

    public static TheoryData<float> Scales => [1e-30f, 1, 1e15f, 1.5e18f, 1e19f, 1e25f, 1e30f, 1e37f, 1.7e38f, float.MaxValue];

    [Theory]
    [InlineData(1e15f)]
    [InlineData(1e19f)]
    [InlineData(1e30f)]
    [InlineData(float.MaxValue)]
    public void A_row_of_two_opposite_numbers_is_normalised_to_plus_and_minus_1(float size)
    {
        var y = new float[Layout.Lane];
        float[] one = Padded(1, 1), zero = new float[Layout.Lane], x = Padded(size, -size);
        LayerNormalization.Forward(x, 1, 2, one, zero, y);
        Assert.Equal([1f, -1f, 0], y[..3], static (a, b) => Math.Abs(a - b) <= 1e-6f);

        static float[] Padded(float a, float b) => [a, b, .. new float[Layout.Lane - 2]];
    }

    [Theory]
    [MemberData(nameof(Scales))]
    public void Layer_normalisation_equals_that_in_double(float scale)
    {
        // Three rows, of which only the middle one is scaled; one of its values is the largest.
        float[] x = Rows(1), dy = Rows(2), gamma = Row(3), beta = Row(4);
        Span<float> middle = x.AsSpan(Stride, Width);
        float largest = middle.ToArray().Max(MathF.Abs);
        foreach (ref float value in middle)
        {
            value = value / largest * scale;
        }
        float[] y = new float[x.Length], statistics = new float[9], plain = new float[x.Length];
        LayerNormalization.Forward(x, 3, Width, gamma, beta, y, statistics);
        LayerNormalization.Forward(x, 3, Width, gamma, beta, plain);
        Assert.Equal(plain, y);
        foreach (bool accumulate in (bool[])[false, true])
        {
            float[] dx = accumulate ? Rows(5) : [.. Rows(5).Select(static _ => float.NaN)], dgamma = new float[Stride],
                dbeta = new float[Stride];
            float[] before = [.. dx];
            LayerNormalization.Backward(dy, x, statistics, gamma, 3, Width, dx, accumulate, dgamma, dbeta);
            var expectedGamma = new double[Width];
            for (int row = 0; row < 3; row++)
            {
                double[] values = [.. x.AsSpan(row * Stride, Width).ToArray().Select(static v => (double)v)];
                double mean = values.Average(), deviation = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)) + 1e-5);
                double[] normal = [.. values.Select(v => (v - mean) / deviation)],
                    g = [.. normal.Select((_, i) => (double)dy[row * Stride + i] * gamma[i])];
                double meanG = g.Average(), meanGn = g.Zip(normal, static (a, b) => a * b).Average();
                for (int i = 0; i < Width; i++)
                {
                    int at = row * Stride + i;
                    Assert.Equal(normal[i] * gamma[i] + beta[i], y[at], 1e-5);
                    expectedGamma[i] += dy[at] * normal[i];
                    double expected = (g[i] - meanG - normal[i] * meanGn) / deviation + (accumulate ? before[at] : 0);
                    Assert.Equal(expected, dx[at], 1e-5 / deviation + (accumulate ? 1e-6 : 2e-45));
                }
                Assert.All(y[(row * Stride + Width)..((row + 1) * Stride)], static v => Assert.Equal(0, v));
                Assert.All(dx[(row * Stride + Width)..((row + 1) * Stride)], static v => Assert.Equal(0, v));
            }
            Assert.Equal(expectedGamma.Select(static v => (float)v), dgamma[..Width], static (a, b) => Math.Abs(a - b) <= 2e-5f);
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_row_that_is_not_finite_becomes_nan_and_no_other(float bad)
    {
        float[] x = Rows(1), y = new float[x.Length];
        x[Stride + 3] = bad;
        LayerNormalization.Forward(x, 3, Width, Row(3), Row(4), y);
        Assert.All(y[Stride..(Stride + Width)], static v => Assert.True(float.IsNaN(v)));
        Assert.All((float[])[.. y[..Stride], .. y[(2 * Stride)..]], static v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void The_largest_tokens_leave_every_model_finite()
    {
        Check<EveryLayer>();
        Check<GoldenPre>();
        Check<GoldenPost>();
        Check<TransformerPre>();
        Check<TransformerPost>();
        Check<MinGruPost>();
        Check<MinLstmPost>();
        Check<PatchedChannels>();
        Check<PrefixNormalized>();
        Check<SeveralHeads>();
        Check<NormalizedStudentT>();

        static void Check<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            int width = SequenceModel<TModel>.Description.InputWidth;
            TModel model = SequenceModel<TModel>.Create(3);
            StreamState<TModel> state = model.CreateState();
            var output = new float[SequenceModel<TModel>.Description.OutputWidth];
            foreach (float size in (float[])[1, 1e15f, -1e15f, 3, 0, 1e-40f])
            {
                for (int t = 0; t < 8; t++)
                {
                    model.Step(state, [.. Enumerable.Range(0, width).Select(i => i % 3 == 1 ? -size : size)], output);
                    Assert.True(
                        !state.HasOutput || output.All(float.IsFinite), $"{typeof(TModel).Name} at {size}: {string.Join(' ', output)}");
                }
            }
            state.Save(Stream.Null);
        }
    }

    /// <summary>Processors take far longer for products of subnormal numbers, so an idle stream must not drive its state there.</summary>
    [Fact]
    public void A_long_idle_stream_has_no_subnormal_numbers_in_its_state()
    {
        Idle<GoldenPre>();
        Idle<MinGruPre>();
        Idle<MinGruPost>();
        Idle<MinLstmPre>();
        Idle<MinLstmPost>();
        Idle<PrefixNormalized>();
        Idle<SeveralHeads>();

        static void Idle<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            int width = SequenceModel<TModel>.Description.InputWidth;
            TModel model = SequenceModel<TModel>.Create(3);
            StreamState<TModel> state = model.CreateState();
            var outputs = new float[20_000 * SequenceModel<TModel>.Description.OutputWidth];
            model.Forward(
                state, StreamingTests.Random(100 * width, 1), outputs.AsSpan(0, 100 * SequenceModel<TModel>.Description.OutputWidth));
            model.Forward(state, new float[20_000 * width], outputs);
            Assert.DoesNotContain(state.SampleMemory.ToArray(), double.IsSubnormal);
            Assert.DoesNotContain(state.LayerMemory(0).ToArray(), double.IsSubnormal);
            Assert.DoesNotContain(outputs, float.IsSubnormal);
        }
    }

    [Theory]
    [InlineData(1.1e15f)]
    [InlineData(-1e30f)]
    [InlineData(float.MaxValue)]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void A_token_beyond_the_bound_is_rejected_before_anything_is_written(float bad)
    {
        EveryLayer model = EveryLayer.Create(1);
        StreamState<EveryLayer> state = model.CreateState();
        float[] tokens = [1, 2, 3, 4, 5, 6, 7, bad, 9, 10], output = new float[2 * EveryLayer.OutputWidth];
        Action[] calls =
        [
            () => model.Step(state, tokens.AsSpan(5), output.AsSpan(0, EveryLayer.OutputWidth)),
            () => model.StepMany([state, model.CreateState()], tokens, output),
            () => model.Forward(state, tokens, output),
            () => GoldenPre.Create(1).Forward(GoldenPre.Create(1).CreateState(), [1, 2, bad], new float[5], threads: 2),
        ];
        foreach (Action call in calls)
        {
            string message = Assert.Throws<ArgumentException>(call).Message;
            Assert.Contains("column 2", message, StringComparison.Ordinal);
            Assert.Contains("from -1e15 to 1e15", message, StringComparison.Ordinal);
        }
        Assert.All(output, static v => Assert.Equal(0, v));
        Assert.Equal(0, state.TokenCount);
        var data = new SequenceList(EveryLayer.InputWidth, EveryLayer.TargetWidth);
        data.Add(tokens, new float[2 * EveryLayer.TargetWidth]);
        string ofData = Assert.Throws<ArgumentException>(() => model.Evaluate(data)).Message;
        Assert.Contains("Sequence 0, token 1: column 2 of the token holds", ofData, StringComparison.Ordinal);
        Assert.DoesNotContain("stream", ofData, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_that_overflowed_is_not_saved_and_becomes_usable_again()
    {
        Overflow<GoldenPre>();
        Overflow<TransformerPost>();
        Overflow<MinGruPre>();
        Overflow<MinLstmPost>();

        static void Overflow<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            TModel model = SequenceModel<TModel>.Create(3), sound = SequenceModel<TModel>.Create(3);
            foreach (ref float weight in model.Weights)
            {
                weight *= 1e36f;
            }
            model.WeightsChanged();
            StreamState<TModel> state = model.CreateState();
            float[] token = [1, 2, 3], output = new float[SequenceModel<TModel>.Description.OutputWidth], expected = [.. output];
            model.Step(state, token, output);
            Assert.Contains(output, static v => !float.IsFinite(v));
            string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.state");
            try
            {
                File.WriteAllText(path, "old");
                Assert.Contains(
                    "NaN or infinity", Assert.Throws<InvalidOperationException>(() => state.Save(path)).Message, StringComparison.Ordinal);
                Assert.Equal("old", File.ReadAllText(path));
                using var nothing = new MemoryStream();
                Assert.Throws<InvalidOperationException>(() => state.Save(nothing));
                Assert.Equal(0, nothing.Length);
            }
            finally
            {
                File.Delete(path);
            }
            state.Reset();
            sound.Step(state, token, output);
            sound.Step(sound.CreateState(), token, expected);
            Assert.Equal(expected, output);
            state.Save(Stream.Null);
        }
    }

    [Fact]
    public void Weights_that_are_not_finite_are_not_saved()
    {
        GoldenPre model = GoldenPre.Create(1);
        model.Weights[3] = float.NaN;
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        Assert.Throws<InvalidOperationException>(() => model.Save(path));
        Assert.Throws<InvalidOperationException>(() => model.SaveCompiled(path));
        Assert.False(File.Exists(path));
    }

    private static float[] Row(int seed)
    {
        var row = new float[Stride];
        StreamingTests.Random(Width, seed).CopyTo(row, 0);
        return row;
    }

    private static float[] Rows(int seed) => [.. Row(seed), .. Row(seed + 100), .. Row(seed + 200)];
}
