using AarenGen.Cuda.Training;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Cuda.Tests;

/// <summary>
/// Outputs, losses and gradients on a device against the CPU's, dropout's masks included: every test model, lengths at the edges of tiles,
/// in any order of threads.
/// </summary>
[Collection(Requirements.Device)]
public sealed class DeviceModelTests
{
    /// <summary>
    /// Of every model: lengths below, at and above those of tiles and of the scan's chunks, beside tokens that do not count; one sequence
    /// alone, which has fewer tiles than there are partial gradients; and a batch whose tokens all count.
    /// </summary>
    private static readonly (int[] Lengths, bool IsWeighted)[] Usual = [([40, 9, 33, 140, 12], true), ([27], true), ([21, 9, 30], false)];

    public static TheoryData<string, int[], bool> Batches
    {
        get
        {
            var batches = new TheoryData<string, int[], bool>();
            foreach (string name in ModelCases.NamesOf(Suite.Device))
            {
                foreach ((int[] lengths, bool isWeighted) in Usual.Concat(ModelCases.Named(name).Batches.Select(static b => (b, false))))
                {
                    batches.Add(name, lengths, isWeighted);
                }
            }
            return batches;
        }
    }

    [DeviceTheory]
    [MemberData(nameof(Batches))]
    public void Outputs_losses_and_gradients_equal_those_of_the_CPU(string model, int[] lengths, bool isWeighted) =>
        ModelCases.Named(model).Run(new Comparison(lengths, isWeighted));

    [DeviceFact]
    public void Overflow_stays_in_its_sequence()
    {
        Overflow(40, 33, 50);
        // Boundaries of sequences that are boundaries of tiles, and others.
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
        var expected = new DeviceProbe<GoldenPre>(model, WithZeroColumn(lengths, isSpoilt: false));
        var actual = new DeviceProbe<GoldenPre>(model, WithZeroColumn(lengths, isSpoilt: true));
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
        SequenceList data = ModelData.Random<GoldenOdd>([40, 3, 77, 700], seed: 2);
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

    private sealed class Comparison(int[] lengths, bool isWeighted) : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            const ulong dropoutSeed = 77;
            SequenceList data = ModelData.Random<TModel>(lengths, seed: 6, isWeighted);
            TModel model = SequenceModel<TModel>.Create(seed: 5);
            ModelStatistics.UseRandom(model, seed: 5);
            var expected = new GradientProbe<TModel>(model, data, dropoutSeed);
            var actual = new DeviceProbe<TModel>(model, data, dropoutSeed: dropoutSeed);
            var errors = new List<string>();
            double whole = Norm(SequenceModel<TModel>.Description.Parameters.SelectMany(expected.Gradient));
            Tolerance tolerance = Tolerance.BetweenFloat32;
            Compare("outputs", expected.Outputs, actual.Outputs, tolerance.Output, 0);
            Compare("loss", [(float)expected.Loss], [(float)actual.Loss], tolerance.Output, 0);
            Compare("token gradients", expected.TokenGradients, actual.TokenGradients, tolerance.Gradient, 0);
            foreach (ParameterDescription p in SequenceModel<TModel>.Description.Parameters)
            {
                // Some gradients are 0 but for rounding: held against the whole.
                Compare(p.Name, expected.Gradient(p), actual.Gradient(p), tolerance.Gradient, 1e-3 * whole);
            }
            Assert.True(errors.Count == 0, string.Join("\n", errors));

            void Compare(string what, float[] wanted, float[] got, double bound, double min)
            {
                double difference = Norm(wanted.Zip(got, static (a, b) => a - b)), size = Math.Max(Norm(wanted), min);
                if (!(difference <= bound * size))
                {
                    errors.Add($"{what}: relative {difference / size:G3} > {bound:G3}");
                }
            }
        }
    }

    private static double Norm(IEnumerable<float> values) => Math.Sqrt(values.Sum(static v => (double)v * v));

    /// <summary>
    /// Three sequences whose first column is 0. Where they are spoilt, the second has a token four tokens after its middle that holds the
    /// largest number that a token may hold.
    /// </summary>
    private static SequenceList WithZeroColumn(int[] lengths, bool isSpoilt)
    {
        int inputs = GoldenPre.InputWidth;
        var random = new Random(2);
        var data = new SequenceList(inputs, GoldenPre.TargetWidth);
        for (int i = 0; i < lengths.Length; i++)
        {
            float[] tokens = ModelData.Uniform(random, lengths[i] * inputs),
                targets = ModelData.Uniform(random, lengths[i] * GoldenPre.TargetWidth);
            for (int t = 0; t < lengths[i]; t++)
            {
                tokens[t * inputs] = 0;
            }
            if (isSpoilt && i == 1)
            {
                tokens.AsSpan((lengths[i] / 2 + 4) * inputs, inputs).Fill(1e15f);
            }
            data.Add(tokens, targets);
        }
        return data;
    }
}
