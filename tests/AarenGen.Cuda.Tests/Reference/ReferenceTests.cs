using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests.Reference;

/// <summary>
/// Fast kernels against the plain kernels beside them (X.reference.cu), which run in double: outputs, loss and every gradient of every test
/// model, with fresh weights and data. The plain kernels in turn are held against PyTorch.
/// </summary>
/// <remarks>
/// Bounds come from the arithmetic of float32, of unit roundoff u = 2^-24. Each plain kernel says beside its formula what a float32
/// evaluation may be off by: a sum of n terms by √n u times the sum of their magnitudes, since roundings are as likely up as down; a
/// function by its roundoffs; a stored result by one rounding more. How such errors grow in the operations that follow is computed: the
/// plain kernels run again, and each result is off by a random part of its own bound. The distance of such a run from the exact one, an L2
/// norm for each tensor, is what errors of that size come to there. The fast kernels must stay within four times the largest distance of
/// three runs. With these seeds, and in 98 runs of ten models with others, tensors came to 1.3 of that distance at most; the loss, a
/// single number, to 2.1.
/// </remarks>
[Collection(Requirements.Device)]
public sealed class ReferenceTests
{
    /// <summary>Lengths at the edges of tiles and chunks, and one of several tiles.</summary>
    private static readonly int[] EdgesOfTiles = [1, 2, 31, 32, 33, 140];

    /// <summary>Fewer rows for models whose plain kernels take long.</summary>
    private static readonly Dictionary<string, int[]> FewerRows = new()
    {
        [nameof(ManyChannels)] = [1, 2, 33],
        [nameof(OneWideHead)] = [1, 2, 140],
        [nameof(WideAttention)] = [1, 33],
    };

    public static TheoryData<string> Models => [.. ModelCases.NamesOf(Suite.Device)];

    public static TheoryData<string, MatrixPrecision> GoldenFiles => GoldenDeviceTests.Files;

    [DeviceTheory]
    [MemberData(nameof(Models))]
    public void Fast_kernels_compute_what_plain_ones_do(string model)
    {
        if (FewerRows.TryGetValue(model, out int[]? lengths))
        {
            AssertNoErrors(model, new(lengths, seed: 6));
            return;
        }
        AssertNoErrors(model, new(EdgesOfTiles, seed: 6));
        // Fewer rows than there are partial gradients.
        AssertNoErrors(model, new([20], seed: 7));
    }

    /// <summary>
    /// Sequences of many tiles, and large scores, whose gates are close to 0 and to 1: the gradients of scores are small differences there.
    /// </summary>
    [DeviceTheory]
    [InlineData(nameof(GoldenOneBlock), 1)]
    [InlineData(nameof(GoldenOneBlock), 100)]
    [InlineData(nameof(ForgettingPre), 1)]
    [InlineData(nameof(ForgettingPre), 100)]
    [InlineData(nameof(OneWideHead), 100)]
    public void Scan_holds_for_long_sequences_and_large_scores(string model, int queryScale)
    {
        int[] lengths = model == nameof(OneWideHead) ? [150, 20] : [300, 70];
        AssertNoErrors(model, new(lengths, seed: 10, queryScale: queryScale));
    }

    /// <summary>
    /// The operand that float32 leaves beside a tie is rounded to the other side, which shows as much more than float32's errors. That none
    /// is here holds for one order of additions, so the emulator's alone is checked.
    /// </summary>
    [EmulatorFact]
    public void Fast_kernels_round_the_operands_that_plain_ones_do()
    {
        foreach (string model in (string[])[nameof(GoldenOdd), nameof(TransformerPre), nameof(MinLstmPre), nameof(WideProducts)])
        {
            AssertNoErrors(model, new(EdgesOfTiles, seed: 8, MatrixPrecision.TensorFloat32));
            AssertNoErrors(model, new(EdgesOfTiles, seed: 8, MatrixPrecision.BFloat16));
        }
    }

    [DeviceTheory]
    [MemberData(nameof(GoldenFiles))]
    public void Plain_kernels_compute_what_PyTorch_does(string file, MatrixPrecision precision) =>
        ModelCases.OfGolden(file).Run(new GoldenComparison(file, precision));

    /// <summary>One operator or digit of a fast kernel is changed: the comparison has to find it.</summary>
    [DeviceTheory]
    [InlineData(nameof(Tiny), "= 2 * difference;", "= 3 * difference;")]
    [InlineData(nameof(NormalizedOnLoad), "norm_epsilon = 1e-5f", "norm_epsilon = 2e-5f")]
    [InlineData(nameof(NormsAndActivations), "0.39894228f", "0.39884228f")]
    [InlineData(nameof(HeadsAlone), "static_cast<float>(seen + t + i + 1)", "static_cast<float>(seen + t + i + 2)")]
    [InlineData(nameof(MinGruPre), "(old - candidate)", "(old + candidate)")]
    [InlineData(nameof(GoldenOneBlock), "expf(sum.maximum - maximum)", "expf(sum.maximum + maximum)")]
    [InlineData(nameof(TransformerPre), "exp2f(maximum - base)", "exp2f(maximum + base)")]
    [InlineData(nameof(AarenConvolution), "column * stride + taps - 1 - j", "column * stride + j")]
    [InlineData(nameof(ForgettingPre), "-sum.x / (1.0f + expf(f.x))", "-sum.x / (1.0f + expf(-f.x))")]
    [InlineData(nameof(ForgettingPre), "otherMaximum += decay;", "otherMaximum -= decay;")]
    [InlineData(nameof(ForgettingPre), "before.maximum + decay, before.weight", "before.maximum - decay, before.weight")]
    [InlineData(nameof(ForgettingPre), "((lane < 31 ? behind : 0.0f) + decay)", "((lane < 31 ? behind : 0.0f) - decay)")]
    public void A_wrong_kernel_is_found(string model, string right, string wrong)
    {
        var comparison = new ReferenceComparison(EdgesOfTiles, seed: 6, change: source =>
        {
            Assert.Contains(right, source, StringComparison.Ordinal);
            return source.Replace(right, wrong, StringComparison.Ordinal);
        });
        ModelCases.Named(model).Run(comparison);
        Assert.NotEmpty(comparison.Errors);
    }

    private static void AssertNoErrors(string model, ReferenceComparison comparison)
    {
        ModelCases.Named(model).Run(comparison);
        Assert.True(comparison.Errors.Count == 0, string.Join("\n", comparison.Errors));
    }

    /// <summary>
    /// PyTorch computed in float64, from weights and data that are rounded to float32 here: no more than what float32 rounds in results.
    /// Where operands are rounded, that may bring one to the other side of a tie.
    /// </summary>
    private sealed class GoldenComparison(string file, MatrixPrecision precision) : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            var golden = new GoldenCase<TModel>(GoldenDeviceTests.FileOf(file, precision));
            ReferenceProbe<TModel> plain = Probe(0);
            if (precision != MatrixPrecision.Float32)
            {
                golden.Compare(
                    Single(plain.Outputs), plain.Loss, Single(plain.TokenGradients), p => Single(plain.Gradient(p)), Tolerance.Rounded);
                golden.AssertNoErrors();
                return;
            }
            ReferenceProbe<TModel>[] off = [.. Enumerable.Range(1, ReferenceComparison.RunsWithErrors).Select(Probe)];
            var distances = new BoundedDistances();
            Compare("loss", static p => [p.Loss]);
            Compare("y:output", static p => p.Outputs);
            Compare("g:input", static p => p.TokenGradients);
            foreach (ParameterDescription parameter in SequenceModel<TModel>.Description.Parameters)
            {
                Compare("g:" + parameter.Name, p => p.Gradient(parameter));
            }
            Assert.True(distances.Errors.Count == 0, string.Join("\n", distances.Errors));

            ReferenceProbe<TModel> Probe(int errorSeed) => new(golden.Model, golden.Data, precision, errorSeed: (ulong)errorSeed);

            void Compare(string key, Func<ReferenceProbe<TModel>, double[]> read) =>
                distances.Compare(key, golden[key], read(plain), off.Select(read));
        }

        private static float[] Single(double[] values) => [.. values.Select(static v => (float)v)];
    }
}
