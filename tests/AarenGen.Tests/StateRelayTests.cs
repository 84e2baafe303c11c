using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>Two states that relieve each other give what one fresh state gives that began with the acting one's first token.</summary>
public sealed class StateRelayTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("relay").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void An_output_is_that_of_a_fresh_state_that_began_later()
    {
        Check(EveryLayer.Create(1), 10);
        Check(EveryLayer.Create(1), 2);
        Check(Tiny.Create(2), 200);
        Check(Recurrences.Create(3), 14);
        TokenShape patches = PatchedChannels.Description.Tokens;
        Check(PatchedChannels.Create(4), 2 * patches.PatchLength * patches.PatchStride);
        Check(Decisions.Create(5), 2 * 3 * Decisions.Description.ModalityCount);
        Check(PrefixNormalized.Create(6), 8);
    }

    [Fact]
    public void Steps_allocate_nothing()
    {
        Tiny model = Tiny.Create(1);
        StateRelay<Tiny> relay = model.CreateRelay(6);
        float[] token = new float[Tiny.InputWidth], output = new float[Tiny.OutputWidth];
        Assert.Equal(0, Allocations.Min(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                model.Step(relay, token, output);
            }
        }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(37)]
    public void A_saved_relay_continues_bit_for_bit(int tokens)
    {
        EveryLayer model = EveryLayer.Create(1);
        StateRelay<EveryLayer> relay = model.CreateRelay(10), loaded = model.CreateRelay(10);
        float[] stream = Random(60 * EveryLayer.InputWidth, 2), outputs = new float[60 * EveryLayer.OutputWidth];
        model.Forward(relay, stream.AsSpan(0, tokens * EveryLayer.InputWidth), outputs.AsSpan(0, tokens * EveryLayer.OutputWidth));
        string path = Path.Combine(folder, "relay");
        relay.Save(path);
        model.Forward(loaded, stream.AsSpan(0, 3 * EveryLayer.InputWidth), new float[3 * EveryLayer.OutputWidth]);
        loaded.Load(path);
        Assert.Equal(relay.TokenCount, loaded.TokenCount);
        int rest = 60 - tokens;
        float[] expected = new float[rest * EveryLayer.OutputWidth], actual = new float[rest * EveryLayer.OutputWidth];
        model.Forward(relay, stream.AsSpan(tokens * EveryLayer.InputWidth), expected);
        model.Forward(loaded, stream.AsSpan(tokens * EveryLayer.InputWidth), actual);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void A_file_of_something_else_is_refused_and_the_relay_stays()
    {
        Tiny model = Tiny.Create(1);
        StateRelay<Tiny> ten = model.CreateRelay(10), six = model.CreateRelay(6);
        float[] stream = Random(9 * Tiny.InputWidth, 3), outputs = new float[9 * Tiny.OutputWidth];
        model.Forward(ten, stream, outputs);
        model.Forward(six, stream.AsSpan(0, 4 * Tiny.InputWidth), outputs.AsSpan(0, 4 * Tiny.OutputWidth));
        string path = Path.Combine(folder, "relay"), single = Path.Combine(folder, "state");
        ten.Save(path);
        StreamState<Tiny> state = model.CreateState();
        state.Save(single);
        Assert.Contains("relay of 6 tokens: they have read 9 and 4", Assert.Throws<ModelFileException>(() => six.Load(path)).Message);
        Assert.StartsWith(single, Assert.Throws<ModelFileException>(() => six.Load(single)).Message);
        Assert.Equal(4, six.TokenCount);
        six.Reset();
        Assert.Equal(0, six.TokenCount);
        Assert.False(six.HasOutput);
    }

    [Fact]
    public void A_bad_token_leaves_the_relay_as_it_was()
    {
        Tiny model = Tiny.Create(1);
        StateRelay<Tiny> relay = model.CreateRelay(4);
        float[] stream = Random(7 * Tiny.InputWidth, 3), outputs = new float[7 * Tiny.OutputWidth];
        stream[^1] = float.NaN;
        Assert.Throws<ArgumentException>(() => model.Forward(relay, stream, outputs));
        Assert.Throws<ArgumentException>(
            () => model.Step(relay, stream.AsSpan(0, 2 * Tiny.InputWidth), outputs.AsSpan(0, Tiny.OutputWidth)));
        Assert.Equal(0, relay.TokenCount);
        Assert.All(outputs, static o => Assert.Equal(0, o));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData(5)]
    public void A_length_that_no_two_states_can_share_is_refused(int tokens)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Tiny.Create(1).CreateRelay(tokens));
        Assert.Contains(
            $"multiple of {2 * Decisions.Description.ModalityCount} tokens",
            Assert.Throws<ArgumentOutOfRangeException>(() => Decisions.Create(1).CreateRelay(tokens)).Message);
    }

    /// <summary>Steps, and calls of any number of tokens, against a fresh state for each output.</summary>
    private static void Check<TModel>(TModel model, int maxTokens) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        int count = 3 * maxTokens + 1, input = SequenceModel<TModel>.Description.InputWidth,
            output = SequenceModel<TModel>.Description.OutputWidth;
        var tokens = new float[count * input];
        ModelData.Random<TModel>([count], seed: 4).ReadTokens(0, tokens);
        float[] steps = new float[count * output], calls = new float[count * output], expected = new float[count * output];
        StateRelay<TModel> relay = model.CreateRelay(maxTokens), other = model.CreateRelay(maxTokens);
        for (int t = 0; t < count; t++)
        {
            model.Step(relay, tokens.AsSpan(t * input, input), steps.AsSpan(t * output, output));
            Assert.Equal(t < maxTokens ? t + 1 : maxTokens / 2 + 1 + (t - maxTokens) % (maxTokens / 2), relay.TokenCount);
            Assert.Equal(!float.IsNaN(steps[t * output]), relay.HasOutput);
            StreamState<TModel> fresh = model.CreateState();
            int begun = t + 1 - relay.TokenCount;
            var all = new float[relay.TokenCount * output];
            model.Forward(fresh, tokens.AsSpan(begun * input, relay.TokenCount * input), all);
            all.AsSpan(^output..).CopyTo(expected.AsSpan(t * output));
        }
        var random = new Random(5);
        for (int t = 0; t < count;)
        {
            int length = Math.Min(count - t, random.Next(2 * maxTokens + 2));
            model.Forward(other, tokens.AsSpan(t * input, length * input), calls.AsSpan(t * output, length * output));
            t += length;
        }
        Assert.Equal(expected, steps);
        Assert.Equal(expected, calls);
    }

    private static float[] Random(int count, int seed) => ModelData.Uniform(new(seed), count);
}
