using AarenGen.Cuda.Training;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Cuda.Tests;

/// <summary>Outputs, losses and gradients on a device against the CPU's: every kind of declaration, lengths at the edges of tiles, whatever the order of threads.</summary>
[Collection(Requirements.Device)]
public sealed class DeviceGradientTests
{
    // Relative L2, between two computations in float32 whose sums are taken in another order: twice what each may be off.
    private const double OutputBound = 2e-5, GradientBound = 2e-4;

    [DeviceTheory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(1000)]
    public void Lengths_at_the_edges_of_tiles(int length)
    {
        Check<GoldenPre>([length]);
        Check<GoldenOdd>([length]);
    }

    [DeviceFact]
    public void Unequal_lengths_in_a_batch() => Check<GoldenPre>([3, 130, 1, 64, 65]);

    [DeviceFact]
    public void Sequences_of_many_tiles()
    {
        Check<GoldenPre>([3000]);
        Check<NarrowHeads>([700, 1, 127, 128, 129, 5, 900]);
        Check<OneWideHead>([200, 56, 150]);
        Check<OddWideHead>([65, 200]);
    }

    [DeviceFact]
    public void One_head_wider_than_a_block() => Check<OneWideHead>([5, 20]);

    [DeviceFact]
    public void Many_narrow_heads() => Check<NarrowHeads>([70, 3]);

    [DeviceFact]
    public void Products_without_a_neighbour_to_join() => Check<NormsAndActivations>([9, 40]);

    [DeviceFact]
    public void Several_heads() => Check<TwoLosses>([7, 12]);

    [DeviceFact]
    public void Every_layer() => Check<EveryLayer>([9, 40, 1]);

    [DeviceFact]
    public void Every_mixer_at_the_edges_of_tiles()
    {
        foreach (int length in (int[])[1, 2, 31, 33, 100])
        {
            Check<TransformerPre>([length, 5]);
            Check<MinGruPre>([length, 5]);
            Check<MinLstmPost>([length, 5]);
        }
    }

    [DeviceFact]
    public void Every_kind_of_token_and_output()
    {
        Check<PatchedChannels>([21, 9, 30]);
        Check<PrefixNormalized>([21, 9, 30]);
        Check<PatchedFeatures>([21, 9, 30]);
        Check<ManyChannels>([21, 9, 30]);
        Check<JoinedInputs>([21, 9, 30]);
        Check<SummedInputs>([21, 9, 30]);
        Check<SeveralHeads>([21, 9, 30]);
        Check<LastToken>([21, 9, 30]);
        Check<DroppedOut>([21, 9, 30]);
        Check<HeadsAlone>([21, 9, 30]);
        Check<NormalizedQuantiles>([21, 9, 30]);
        Check<NormalizedGaussian>([21, 9, 30]);
        Check<NormalizedStudentT>([21, 9, 30]);
        Check<PlainStudentT>([21, 9, 30]);
        Check<Events>([21, 9, 30]);
        Check<Classifier>([21, 9, 30]);
        Check<PatchClassifier>([21, 9, 30]);
        Check<Decisions>([21, 9, 30]);
    }

    [DeviceFact]
    public void Overflow_stays_in_its_sequence()
    {
        Overflow(40, 33, 50);
        // Borders of sequences that are borders of tiles, and that are none.
        Overflow(128, 256, 128);
        Overflow(200, 300, 150);
    }

    private static void Overflow(int before, int length, int after)
    {
        GoldenPre model = GoldenPre.Create(seed: 1);
        int[] lengths = [before, length, after];
        // Tokens are bounded, so a weight makes the first layer overflow; other tokens hold 0 there.
        ParameterDescription embedding = GoldenPre.Description.Parameters[0];
        for (int row = 0; row < embedding.Rows; row++)
        {
            model.Weights[embedding.Offset + row * embedding.RowStride] = 1e25f;
        }
        model.WeightsChanged();
        SequenceList clean = Random<GoldenPre>(lengths, seed: 2, first: 0), spoilt = Random<GoldenPre>(lengths, seed: 2, first: 0, spoilt: 1);
        var expected = new DeviceProbe<GoldenPre>(model, clean);
        var actual = new DeviceProbe<GoldenPre>(model, spoilt);
        int outputs = GoldenPre.OutputWidth, inputs = GoldenPre.InputWidth, end = before + length;
        Assert.All(actual.Outputs[((before + length / 2 + 4) * outputs)..(end * outputs)], static v => Assert.False(float.IsFinite(v)));
        foreach ((int from, int to) in ((int, int)[])[(0, before), (end, end + after)])
        {
            Assert.Equal(expected.Outputs[(from * outputs)..(to * outputs)], actual.Outputs[(from * outputs)..(to * outputs)]);
            Assert.Equal(expected.TokenGradients[(from * inputs)..(to * inputs)], actual.TokenGradients[(from * inputs)..(to * inputs)]);
        }
    }

    [DeviceFact]
    public void The_order_of_threads_changes_no_bit()
    {
        GoldenOdd model = GoldenOdd.Create(seed: 1);
        SequenceList data = Random<GoldenOdd>([40, 3, 77, 700], seed: 2);
        float[]? first = null;
        foreach (ulong seed in (ulong[])[0, 1, 77])
        {
            Emulator.SetSeed(seed);
            var probe = new DeviceProbe<GoldenOdd>(model, data);
            float[] all = [(float)probe.Loss, .. probe.Outputs, .. GoldenOdd.Description.Parameters.SelectMany(probe.Gradient)];
            first ??= all;
            Assert.Equal(first, all);
        }
    }

    private static void Check<TModel>(int[] lengths) where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
        Check<TModel>(Random<TModel>(lengths, seed: 6));

    internal static void Check<TModel>(SequenceList data) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        const ulong dropoutSeed = 77;
        TModel model = SequenceModel<TModel>.Create(seed: 5);
        var expected = new GradientProbe<TModel>(model, data, dropoutSeed);
        var actual = new DeviceProbe<TModel>(model, data, dropoutSeed: dropoutSeed);
        var errors = new List<string>();
        double whole = Norm(SequenceModel<TModel>.Description.Parameters.SelectMany(expected.Gradient));
        Compare("outputs", expected.Outputs, actual.Outputs, OutputBound, 0);
        Compare("loss", [(float)expected.Loss], [(float)actual.Loss], OutputBound, 0);
        Compare("token gradients", expected.TokenGradients, actual.TokenGradients, GradientBound, 0);
        foreach (ParameterDescription p in SequenceModel<TModel>.Description.Parameters)
        {
            // Some gradients are 0 but for rounding: held against the whole.
            Compare(p.Name, expected.Gradient(p), actual.Gradient(p), GradientBound, 1e-3 * whole);
        }
        Assert.True(errors.Count == 0, string.Join("\n", errors));

        void Compare(string what, float[] wanted, float[] got, double bound, double least)
        {
            double difference = Norm(wanted.Zip(got, static (a, b) => a - b)), size = Math.Max(Norm(wanted), least);
            if (!(difference <= bound * size))
            {
                errors.Add($"{typeof(TModel).Name} {string.Join(' ', Enumerable.Range(0, data.Count).Select(data.GetLength))}, {what}: relative {difference / size:G3} > {bound:G3}");
            }
        }
    }

    private static double Norm(IEnumerable<float> values) => Math.Sqrt(values.Sum(static v => (double)v * v));

    /// <summary>
    /// Sequences of these lengths; where asked, with a first column that is constant, and one of them with a token at half its length that
    /// holds the largest number that a token may.
    /// </summary>
    internal static SequenceList Random<TModel>(int[] lengths, int seed, float? first = null, int spoilt = -1)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        var random = new Random(seed);
        var data = new SequenceList(description.InputWidth, description.TargetWidth);
        for (int i = 0; i < lengths.Length; i++)
        {
            float[] tokens = [.. Enumerable.Range(0, lengths[i] * description.InputWidth).Select(_ => random.NextSingle() * 2 - 1)];
            float[] targets = [.. Enumerable.Range(0, lengths[i] * description.TargetWidth).Select(_ => random.NextSingle())];
            for (int t = 0; t < lengths[i]; t++)
            {
                tokens[t * description.InputWidth] = first ?? tokens[t * description.InputWidth];
                foreach (CategoryDescription category in description.Categories.Where(c => c.IsAt(t)))
                {
                    tokens[t * description.InputWidth + category.Column] = random.Next(category.Cardinality);
                }
                foreach (HeadDescription head in description.Heads.Where(static h => h.TargetKind == TargetKind.Class))
                {
                    targets[t * description.TargetWidth + head.TargetOffset] = random.Next(head.ClassCount);
                }
            }
            if (i == spoilt)
            {
                tokens.AsSpan(lengths[i] / 2 * description.InputWidth + description.InputWidth * 4, description.InputWidth).Fill(1e15f);
            }
            data.Add(tokens, targets);
        }
        return data;
    }
}

[SequenceModel, Continuous(2), Dense(260), Aaren(Heads = 1, FeedForward = 8), Dense(2), MeanSquaredError]
internal sealed partial class OneWideHead;

[SequenceModel, Continuous(2), Dense(70), Aaren(Heads = 1, FeedForward = 3), Dense(2), MeanSquaredError]
internal sealed partial class OddWideHead;

[SequenceModel, Continuous(2), Dense(24), Aaren(Heads = 24, FeedForward = 8), Aaren(Heads = 8, FeedForward = 3), Dense(2), Huber(Delta = 0.1)]
internal sealed partial class NarrowHeads;

[SequenceModel, Continuous(5), LayerNorm, Dense(70, Activation = Activation.Tanh), LayerNorm, Dense(9, Activation = Activation.Relu), Dense(6, Activation = Activation.Gelu), MeanAbsoluteError]
internal sealed partial class NormsAndActivations;

[SequenceModel, Continuous(3), Dense(8), Aaren(Heads = 2, FeedForward = 8, Repeat = 3), Head("Low", Weight = 0.5), Dense(6), Quantiles(0.1, 0.5), Head("High"), Aaren(Heads = 4, FeedForward = 4, Repeat = 2), Dense(2), MeanSquaredError]
internal sealed partial class TwoLosses;
