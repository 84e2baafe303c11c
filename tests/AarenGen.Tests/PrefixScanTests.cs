using AarenGen.Kernels;
using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>One sequence over several threads gives what one thread gives, and leaves the stream in the same state.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class PrefixScanTests
{
    [Theory]
    [InlineData(1, 2)]
    [InlineData(4, 2)]
    [InlineData(7, 3)]
    [InlineData(300, 2)]
    [InlineData(301, 5)]
    [InlineData(9000, 2)]
    public void Threads_give_the_outputs_of_one_thread(int tokens, int threads)
    {
        AssertThreadsGiveTheOutputsOfOne<Wide>(tokens, threads);
        AssertThreadsGiveTheOutputsOfOne<ScannedConvolutions>(tokens, threads);
        AssertThreadsGiveTheOutputsOfOne<ScannedForgetting>(tokens, threads);
    }

    private static void AssertThreadsGiveTheOutputsOfOne<TModel>(int tokens, int threads)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>, IPrefixScan<TModel>
    {
        TModel model = SequenceModel<TModel>.Create(3);
        float[] before = StreamingTests.Random(20 * 3, 1), sequence = StreamingTests.Random(tokens * 3, 2),
            after = StreamingTests.Random(20 * 3, 3);
        (float[] expected, float[] expectedAfter) = Run((state, outputs) => model.Forward(state, sequence, outputs));
        (float[] actual, float[] actualAfter) = Run(
            (state, outputs) => PrefixScan<TModel>.Run(model, state, sequence, outputs, threads));
        // Sums in double in another order, rounded to float at each block: some units in the last place of outputs of size 1.
        Assert.All(expected.Zip(actual), static pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        Assert.All(expectedAfter.Zip(actualAfter), static pair => Assert.Equal(pair.First, pair.Second, 1e-5f));

        (float[], float[]) Run(Action<StreamState<TModel>, float[]> run)
        {
            StreamState<TModel> state = model.CreateState();
            float[] outputs = new float[tokens * 2], rest = new float[20 * 2];
            model.Forward(state, before, rest);
            run(state, outputs);
            Assert.Equal(20 + tokens, state.TokenCount);
            model.Forward(state, after, rest);
            return (outputs, rest);
        }
    }

    [Fact]
    public void Threads_give_the_same_bits_each_time()
    {
        Wide model = Wide.Create(3);
        float[] sequence = StreamingTests.Random(5000 * 3, 2), first = new float[5000 * 2], second = new float[5000 * 2];
        model.Forward(model.CreateState(), sequence, first, threads: 3);
        model.Forward(model.CreateState(), sequence, second, threads: 3);
        Assert.Equal(first, second);
    }

    [Fact]
    public void Wrong_arguments_change_nothing()
    {
        Wide model = Wide.Create(3);
        StreamState<Wide> state = model.CreateState();
        var outputs = new float[4];
        Assert.Throws<ArgumentException>(() => model.Forward(state, new float[7], outputs, 2));
        Assert.Throws<ArgumentException>(() => model.Forward(state, [1, 2, 3, 4, 5, float.NaN], outputs, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Forward(state, new float[6], outputs, 0));
        Assert.Throws<ArgumentNullException>(() => model.Forward(null!, new float[6], outputs, 2));
        Assert.Equal(0, state.TokenCount);
        Assert.Equal(new float[4], outputs);
    }

    [Fact]
    public void Only_models_whose_states_combine_have_the_method()
    {
        Assert.True(typeof(Wide).IsAssignableTo(typeof(IPrefixScan<Wide>)));
        Assert.DoesNotContain(
            typeof(AarenGen.Tests.Models.ManyChannels).GetInterfaces(),
            static i => i.Name.StartsWith("IPrefixScan", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(6, 3, 1)]
    [InlineData(64, 4, 30)]
    [InlineData(21, 3, 2)]
    public void States_of_two_chunks_combine_to_that_of_both(int width, int heads, int tokens)
    {
        float[] values = StreamingTests.Random(2 * tokens * width, 1),
            scores = [.. StreamingTests.Random(2 * tokens * heads, 2).Select(static s => s * 100)];
        var output = new float[width];
        double[] both = new double[2 * heads + width], earlier = new double[both.Length], later = new double[both.Length];
        for (int t = 0; t < 2 * tokens; t++)
        {
            PrefixAttention.Step(values.AsSpan(t * width, width), scores.AsSpan(t * heads, heads), width, heads, both, output);
            PrefixAttention.Step(
                values.AsSpan(t * width, width), scores.AsSpan(t * heads, heads), width, heads, t < tokens ? earlier : later, output);
        }
        double[] nothing = new double[both.Length], copy = [.. later];
        PrefixAttention.Combine(nothing, later, width, heads);
        Assert.Equal(later, nothing);
        PrefixAttention.Combine(later, new double[both.Length], width, heads);
        Assert.Equal(copy, later);
        PrefixAttention.Combine(earlier, later, width, heads);
        // A few roundings of double per token.
        Assert.All(both.Zip(earlier), static pair => Assert.Equal(pair.First, pair.Second, 1e-12 * (1 + Math.Abs(pair.First))));
    }
}
