using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>The ways to run a model agree, allocate nothing, and reject bad input before anything is written.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class StreamingTests
{
    private const int Tokens = 150;
    private static readonly EveryLayer Model = EveryLayer.Create(seed: 7);
    private static readonly float[] Inputs = Random(Tokens * EveryLayer.InputWidth, 1);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(149)]
    [InlineData(150)]
    public void Forward_then_step_equals_step_alone(int cut)
    {
        float[] expected = StepAll(Model.CreateState(), 0);
        var outputs = new float[Tokens * EveryLayer.OutputWidth];
        StreamState<EveryLayer> state = Model.CreateState();
        Model.Forward(state, Inputs.AsSpan(0, cut * EveryLayer.InputWidth), outputs.AsSpan(0, cut * EveryLayer.OutputWidth));
        StepAll(state, cut).AsSpan(cut * EveryLayer.OutputWidth).CopyTo(outputs.AsSpan(cut * EveryLayer.OutputWidth));
        Assert.Equal(expected, outputs);
        Assert.Equal(Tokens, state.TokenCount);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(64)]
    [InlineData(131)]
    public void Many_streams_equal_one_by_one(int streams)
    {
        StreamState<EveryLayer>[] states = [.. Enumerable.Range(0, streams).Select(static _ => Model.CreateState())];
        StreamState<EveryLayer>[] twins = [.. Enumerable.Range(0, streams).Select(static _ => Model.CreateState())];
        var outputs = new float[streams * EveryLayer.OutputWidth];
        var expected = new float[streams * EveryLayer.OutputWidth];
        for (int round = 0; round < 3; round++)
        {
            float[] tokens = Random(streams * EveryLayer.InputWidth, round);
            Model.StepMany(states, tokens, outputs);
            for (int s = 0; s < streams; s++)
            {
                Model.Step(
                    twins[s], tokens.AsSpan(s * EveryLayer.InputWidth, EveryLayer.InputWidth),
                    expected.AsSpan(s * EveryLayer.OutputWidth, EveryLayer.OutputWidth));
            }
            Assert.Equal(expected, outputs);
        }
    }

    [Fact]
    public void A_state_that_appears_twice_takes_its_tokens_in_order()
    {
        StreamState<EveryLayer> state = Model.CreateState();
        var outputs = new float[Tokens * EveryLayer.OutputWidth];
        Model.StepMany(Enumerable.Repeat(state, Tokens).ToArray(), Inputs, outputs);
        Assert.Equal(StepAll(Model.CreateState(), 0), outputs);
    }

    [Fact]
    public void Copies_continue_independently_and_reset_clears_the_state()
    {
        StreamState<EveryLayer> state = Model.CreateState(), copy = Model.CreateState();
        float[] expected = StepAll(state, 0);
        state.CopyTo(copy);
        Assert.Equal(state.TokenCount, copy.TokenCount);
        state.Reset();
        Assert.Equal(expected, StepAll(state, 0));
        Assert.NotEqual(expected, StepAll(copy, 0));
    }

    [Fact]
    public void A_saved_state_resumes_where_it_was()
    {
        float[] expected = StepAll(Model.CreateState(), 0);
        StreamState<EveryLayer> state = Model.CreateState(), loaded = Model.CreateState();
        Model.Forward(state, Inputs.AsSpan(0, 70 * EveryLayer.InputWidth), new float[70 * EveryLayer.OutputWidth]);
        using var stream = new MemoryStream();
        state.Save(stream);
        stream.Position = 0;
        loaded.Load(stream);
        Assert.Equal(70, loaded.TokenCount);
        Assert.Equal(expected[(70 * EveryLayer.OutputWidth)..], StepAll(loaded, 70)[(70 * EveryLayer.OutputWidth)..]);
    }

    [Fact]
    public void Streaming_allocates_nothing()
    {
        StreamState<EveryLayer>[] states = [.. Enumerable.Range(0, 100).Select(static _ => Model.CreateState())];
        var tokens = new float[100 * EveryLayer.InputWidth];
        var outputs = new float[100 * EveryLayer.OutputWidth];
        Assert.Equal(0, Allocations.Min(() =>
        {
            Model.Step(states[0], tokens.AsSpan(0, EveryLayer.InputWidth), outputs.AsSpan(0, EveryLayer.OutputWidth));
            Model.StepMany(states, tokens, outputs);
            Model.Forward(states[1], tokens, outputs);
        }));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_token_that_is_not_finite_is_rejected_before_anything_is_written(float bad)
    {
        StreamState<EveryLayer>[] states = [Model.CreateState(), Model.CreateState(), Model.CreateState()];
        float[] tokens = Random(3 * EveryLayer.InputWidth, 3);
        tokens[EveryLayer.InputWidth + 2] = bad;
        var outputs = new float[3 * EveryLayer.OutputWidth];
        foreach (Action call in (Action[])
            [
                () => Model.StepMany(states, tokens, outputs),
                () => Model.Forward(states[0], tokens, outputs),
                () => Model.Step(
                    states[0], tokens.AsSpan(EveryLayer.InputWidth, EveryLayer.InputWidth), outputs.AsSpan(0, EveryLayer.OutputWidth)),
            ])
        {
            Assert.Throws<ArgumentException>(call);
        }
        Assert.All(states, static s => Assert.Equal(0, s.TokenCount));
        Assert.All(states, static s => Assert.All(s.LayerMemory(0).ToArray(), static v => Assert.Equal(0, v)));
        Assert.All(outputs, static v => Assert.Equal(0, v));
    }

    [Fact]
    public void Wrong_lengths_are_rejected_with_both_lengths_named()
    {
        StreamState<EveryLayer> state = Model.CreateState();
        ArgumentException e = Assert.Throws<ArgumentException>(() => Model.Step(state, new float[4], new float[4]));
        Assert.Equal("token", e.ParamName);
        Assert.Contains("5", e.Message, StringComparison.Ordinal);
        Assert.Contains("4", e.Message, StringComparison.Ordinal);
        Assert.Equal("output", Assert.Throws<ArgumentException>(() => Model.Step(state, new float[5], new float[3])).ParamName);
        Assert.Equal("tokens", Assert.Throws<ArgumentException>(() => Model.Forward(state, new float[6], new float[4])).ParamName);
        Assert.Equal("outputs", Assert.Throws<ArgumentException>(() => Model.Forward(state, new float[10], new float[4])).ParamName);
        Assert.Equal(
            "tokens", Assert.Throws<ArgumentException>(() => Model.StepMany([state, state], new float[9], new float[8])).ParamName);
        Assert.Equal(
            "states", Assert.Throws<ArgumentException>(() => Model.StepMany([state, null!], new float[10], new float[8])).ParamName);
        Assert.Throws<ArgumentNullException>(() => Model.Step((StreamState<EveryLayer>)null!, new float[5], new float[4]));
        Assert.Equal(0, state.TokenCount);
    }

    [Fact]
    public void An_overflowing_stream_leaves_others_alone()
    {
        StreamState<EveryLayer> wild = Model.CreateState(), calm = Model.CreateState();
        float[] expected = StepAll(Model.CreateState(), 0);
        float[] huge = [.. Enumerable.Repeat(1e15f, EveryLayer.InputWidth)];
        wild.LayerMemory(0).Fill(double.NaN);
        var outputs = new float[Tokens * EveryLayer.OutputWidth];
        for (int t = 0; t < Tokens; t++)
        {
            var pair = new float[2 * EveryLayer.OutputWidth];
            Model.StepMany([wild, calm], [.. huge, .. Inputs.AsSpan(t * EveryLayer.InputWidth, EveryLayer.InputWidth)], pair);
            pair.AsSpan(EveryLayer.OutputWidth).CopyTo(outputs.AsSpan(t * EveryLayer.OutputWidth));
        }
        Assert.Equal(expected, outputs);
    }

    [Fact]
    public void Twenty_million_equal_tokens_agree_with_float64()
    {
        // With equal tokens every prefix of any length attends to the same value.
        const int channels = 4, count = 20_000_000;
        float[] values = [0.1f, -3.7f, 1e-3f, 42f], output = new float[channels];
        var state = new double[2 + channels];
        for (int t = 0; t < count; t++)
        {
            Kernels.PrefixAttention.Step(values, [0.3f], channels, 1, state, output);
        }
        Assert.All(values.Zip(output), static p => Assert.Equal(p.First, p.Second, Math.Abs(p.First) * 1e-5f));
        Assert.Equal(count, state[1], count * 1e-5);
        // One different token still counts by its weight.
        Kernels.PrefixAttention.Step([100f, 100f, 100f, 100f], [0.3f + 10], channels, 1, state, output);
        double weight = Math.Exp((double)(0.3f + 10) - 0.3f);
        Assert.All(
            values.Zip(output),
            p => Assert.Equal((count * (double)p.First + weight * 100) / (count + weight), p.Second, 1e-5 * Math.Abs(p.First) + 1e-6));
    }

    private static float[] StepAll(StreamState<EveryLayer> state, int first)
    {
        var outputs = new float[Tokens * EveryLayer.OutputWidth];
        for (int t = first; t < Tokens; t++)
        {
            Model.Step(
                state, Inputs.AsSpan(t * EveryLayer.InputWidth, EveryLayer.InputWidth),
                outputs.AsSpan(t * EveryLayer.OutputWidth, EveryLayer.OutputWidth));
        }
        return outputs;
    }

    internal static float[] Random(int count, int seed)
    {
        var random = new RandomSource((ulong)seed);
        var values = new float[count];
        foreach (ref float value in values.AsSpan())
        {
            value = (float)random.NextNormal();
        }
        return values;
    }
}
