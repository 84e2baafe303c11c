using AarenGen.Kernels;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Tests;

/// <summary>A target that is NaN is missing: its value has neither loss nor gradient, and the mean is over the others.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class MissingTargetTests
{
    private const int Rows = 7;

    private delegate double Kernel(
        ReadOnlySpan<float> outputs, int rows, int width, int stride, ReadOnlySpan<float> targets, int targetOffset, int targetStride,
        ReadOnlySpan<float> weights, float scale, Span<float> gradient);

    /// <summary>A loss, the outputs of one value, and the values of a row.</summary>
    private static readonly Dictionary<string, (Kernel Kernel, int OutputsPerValue, int Values)> Kernels = new()
    {
        ["squared error"] = (PointLosses.SquaredError, 1, 5),
        ["absolute error"] = (PointLosses.AbsoluteError, 1, 5),
        ["Huber"] = ((o, r, w, s, t, to, ts, ws, scale, g) => PointLosses.Huber(o, r, w, s, t, to, ts, ws, scale, g, 0.4f), 1, 5),
        ["quantiles"] = (
            (o, r, w, s, t, to, ts, ws, scale, g) => QuantileLoss.Pinball(o, r, w, s, t, to, ts, ws, scale, g, [0.1f, 0.5f, 0.9f]), 3, 4),
        ["Gaussian"] = (GaussianLoss.NegativeLogLikelihood, 2, 5),
        ["Student-t"] = (StudentTLoss.NegativeLogLikelihood, 3, 4),
        ["log-normal mixture"] = (LogNormalMixture.NegativeLogLikelihood, 6, 1),
        ["cross-entropy"] = (
            (o, r, w, s, t, to, ts, ws, scale, g) =>
                CrossEntropy.NegativeLogLikelihood(o, r, w, s, t, to, ts, ws, scale, g, 0.1f, [1, 2, 0.5f, 1]), 4, 1),
    };

    public static TheoryData<string> Losses => [.. Kernels.Keys];

    public static TheoryData<string> Models => [.. ModelCases.NamesOf(Suite.Consistency)];

    /// <summary>Each value that is there alone, as a row of its own, gives the same bits; the others have a gradient of 0.</summary>
    [Theory]
    [MemberData(nameof(Losses))]
    public void A_loss_is_that_of_the_values_that_are_there(string loss)
    {
        (Kernel kernel, int perValue, int values) = Kernels[loss];
        const int stride = 16, targetOffset = 2;
        const float scale = 0.3f;
        int width = perValue * values, targetStride = values + 3;
        var random = new Random(5);
        // Positive, so that they can be scales; targets are positive as well, or classes.
        float[] outputs = [.. Enumerable.Range(0, Rows * stride).Select(_ => random.NextSingle() + 0.5f)];
        float[] targets = [.. Enumerable.Range(0, Rows * targetStride).Select(_ => loss == "cross-entropy" ? random.Next(4)
            : random.NextSingle() + 0.1f)];
        float[] weights = [1, 0.5f, 0, 2, 1, 3, 1];
        bool[] isMissing = new bool[Rows * values];
        for (int i = 0; i < isMissing.Length; i++)
        {
            isMissing[i] = i / values == 4 || random.Next(3) == 0;
            ref float target = ref targets[i / values * targetStride + targetOffset + i % values];
            target = isMissing[i] ? float.NaN : target;
        }
        Assert.Contains(false, isMissing);
        var gradient = new float[outputs.Length];
        Array.Fill(gradient, float.NaN);
        double actual = kernel(outputs, Rows, width, stride, targets, targetOffset, targetStride, weights, scale, gradient);

        double expected = 0;
        var byHand = new float[gradient.Length];
        for (int i = 0; i < isMissing.Length; i++)
        {
            int row = i / values, value = i % values;
            if (isMissing[i])
            {
                continue;
            }
            var alone = new float[stride];
            var derivatives = new float[stride];
            for (int k = 0; k < perValue; k++)
            {
                alone[k] = outputs[row * stride + k * values + value];
            }
            expected += kernel(
                alone, 1, perValue, stride, targets.AsSpan(row * targetStride + targetOffset + value, 1), 0, 1, weights.AsSpan(row, 1),
                scale, derivatives);
            for (int k = 0; k < perValue; k++)
            {
                byHand[row * stride + k * values + value] = derivatives[k];
            }
        }
        // Sums of some thirty doubles.
        Assert.Equal(expected, actual, 1e-14 * isMissing.Length * Math.Max(1, Math.Abs(expected)));
        Assert.Equal(byHand, gradient);
        Assert.Equal(actual, kernel(outputs, Rows, width, stride, targets, targetOffset, targetStride, weights, scale, default));
    }

    /// <summary>
    /// What is left out of one set and what is left out of its complement make the whole, for the sums of losses, weights and gradients.
    /// </summary>
    [Theory]
    [MemberData(nameof(Models))]
    public void Sums_over_values_and_over_all_others_make_the_whole(string model) => ModelCases.Named(model).Run(new Complements());

    private sealed class Complements : IModelAction
    {
        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            TModel model = SequenceModel<TModel>.Create(7);
            SequenceList data = ModelData.Random<TModel>([13, 5, 31], seed: 3);
            GradientProbe<TModel> whole = Probe(data), first = Probe(Without(data, isComplement: false)),
                second = Probe(Without(data, isComplement: true));
            Assert.InRange(first.Weight / whole.Weight, 0.05, 0.95);
            // Fractions are sums of some doubles.
            Assert.Equal(whole.Weight, first.Weight + second.Weight, 1e-12 * whole.Weight);
            Check("loss", static p => [(float)p.Loss], Tolerance.BetweenFloat32.Output, whole.Weight);
            IReadOnlyList<ParameterDescription> parameters = SequenceModel<TModel>.Description.Parameters;
            double all = Norm(parameters.SelectMany(p => Sums(whole, whole.Gradient(p))));
            foreach (ParameterDescription parameter in parameters)
            {
                // Some gradients are 0 but for rounding: held against the whole.
                Check(parameter.Name, p => p.Gradient(parameter), Tolerance.BetweenFloat32.Gradient, 1e-3 * all);
            }

            void Check(string what, Func<GradientProbe<TModel>, float[]> read, double bound, double min)
            {
                double[] expected = Sums(whole, read(whole)), a = Sums(first, read(first)), b = Sums(second, read(second));
                double error = Norm(expected.Select((e, i) => a[i] + b[i] - e)), size = Math.Max(min, Math.Max(Norm(a), Norm(b)));
                Assert.True(error <= bound * size, $"{typeof(TModel).Name} {what}: relative {error / size:G3} > {bound:G3}");
            }

            GradientProbe<TModel> Probe(SequenceList own) => new(model, own, dropoutSeed: 3);
        }

        private static double[] Sums<TModel>(GradientProbe<TModel> probe, float[] means)
            where TModel : SequenceModel<TModel>, IModelDefinition<TModel> => [.. means.Select(m => m * probe.Weight)];

        private static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(static v => v * v));
    }

    /// <summary>
    /// Heads of several values, one of a whole sequence, unequal weights of heads and tokens, and what each of them may lack.
    /// </summary>
    [Fact]
    public void The_mean_is_over_the_values_that_are_there()
    {
        SeveralHeads model = SeveralHeads.Create(seed: 4);
        IReadOnlyList<HeadDescription> heads = SeveralHeads.Description.Heads;
        Assert.Equal([0.5, 1, 2], heads.Select(static h => h.Weight));
        int targetWidth = SeveralHeads.TargetWidth, width = SeveralHeads.OutputWidth;
        var random = new Random(8);
        var data = new SequenceList(SeveralHeads.InputWidth, targetWidth);
        double sum = 0, weight = 0;
        // The last target of the second sequence is missing, the last token of the third has no weight, the fourth has nothing at all.
        for (int s = 0; s < 4; s++)
        {
            int length = 9 + s;
            float[] tokens = ModelData.Uniform(random, length * SeveralHeads.InputWidth),
                targets = ModelData.Uniform(random, length * targetWidth), outputs = new float[length * width],
                weights = [.. Enumerable.Range(0, length).Select(t => s == 2 && t == length - 1 ? 0f : t % 3 + 0.5f)];
            model.Forward(model.CreateState(), tokens, outputs);
            for (int t = 0; t < length; t++)
            {
                foreach (HeadDescription head in heads)
                {
                    if (head.IsPerSequence && t < length - 1)
                    {
                        continue;
                    }
                    float own = head.IsPerSequence && weights[t] != 0 ? weights.Sum() : weights[t];
                    for (int c = 0; c < head.TargetWidth; c++)
                    {
                        ref float target = ref targets[t * targetWidth + head.TargetOffset + c];
                        if (s == 3 || (head.IsPerSequence ? s == 1 : random.Next(3) == 0 || t == 4))
                        {
                            target = float.NaN;
                            continue;
                        }
                        double difference = outputs[t * width + head.OutputOffset + c] - (double)target,
                            ofValue = own * head.Weight / head.TargetWidth;
                        sum += ofValue * (head.Name == "Kept" ? Math.Abs(difference) : difference * difference);
                        weight += ofValue;
                    }
                }
            }
            data.Add(tokens, targets, weights);
        }
        // Some hundred operations of 6e-8 each in the outputs.
        Assert.Equal(3.5 * sum / weight, model.Evaluate(data), 1e-5 * sum / weight);
    }

    [Fact]
    public void A_channel_may_lack_what_others_have()
    {
        ManyChannels model = ManyChannels.Create(seed: 4);
        const int length = 9;
        var random = new Random(8);
        float[] tokens = ModelData.Uniform(random, length * 70), targets = ModelData.Uniform(random, length * 70);
        var outputs = new float[length * 70];
        model.Forward(model.CreateState(), tokens, outputs);
        for (int i = 0; i < targets.Length; i++)
        {
            targets[i] = i % 70 % 9 == 2 || random.Next(5) == 0 ? float.NaN : targets[i];
        }
        var data = new SequenceList(70, 70);
        data.Add(tokens, targets);
        double expected = outputs.Zip(targets, static (o, t) => Math.Abs((double)o - t)).Where(double.IsFinite).Average();
        Assert.Equal(expected, model.Evaluate(data), 1e-5 * expected);
    }

    [Fact]
    public void A_batch_that_lacks_everything_changes_no_weight()
    {
        foreach (int? carry in (int?[])[null, 7])
        {
            EveryLayer model = EveryLayer.Create(seed: 2);
            SequenceList data = Missing(static (s, _) => s == 0, lengths: [6, 6]);
            using var trainer = new Trainer<EveryLayer>(
                model, data, null, TrainingTests.Options with { BatchSize = 1, CarryState = carry, ClipNorm = double.PositiveInfinity });
            int unchanged = 0;
            for (int step = 0; step < 4; step++)
            {
                float[] before = Parameters();
                trainer.Step();
                unchanged += before.SequenceEqual(Parameters()) ? 1 : 0;
            }
            Assert.Equal(2, unchanged);

            float[] Parameters() => model.Weights[..EveryLayer.Description.Layout.ParameterFloats].ToArray();
        }
        var probe = new GradientProbe<EveryLayer>(EveryLayer.Create(seed: 2), Missing(static (_, _) => true, lengths: [6, 6]));
        Assert.Equal((0, 0), (probe.Loss, probe.Weight));
        Assert.All(EveryLayer.Description.Parameters.SelectMany(probe.Gradient), static g => Assert.Equal(0, g));
    }

    /// <summary>The first chunk has nothing, but the state that the second one needs.</summary>
    [Fact]
    public void A_chunk_that_lacks_everything_carries_its_state()
    {
        EveryLayer model = EveryLayer.Create(seed: 2);
        // Evaluations cut long sequences alone.
        SequenceChunks chunks = new SequenceChunks(10).ForEvaluation(EveryLayer.Description.Tokens);
        SequenceList data = Missing((_, t) => t < chunks.Tokens, lengths: [2 * chunks.Tokens!.Value, 20]);
        Assert.Equal(model.Evaluate(data), Trainer<EveryLayer>.Evaluate(model, data, chunks), 1e-12);
        data = Missing(static (_, t) => t < 10, lengths: [20, 20]);
        TrainingReport report = model.Fit(data, data, TrainingTests.Options with { CarryState = 10 });
        Assert.All(report.Epochs, static e => Assert.True(double.IsFinite(e.TrainingLoss) && double.IsFinite(e.ValidationLoss!.Value)));
        Assert.True(report.Epochs[^1].ValidationLoss < report.Epochs[0].ValidationLoss);
    }

    [Fact]
    public void Data_that_lack_everything_are_rejected()
    {
        EveryLayer model = EveryLayer.Create(seed: 2);
        SequenceList good = Missing(static (_, _) => false, lengths: [6]), none = Missing(static (_, _) => true, lengths: [6]);
        foreach ((string name, Action call) in ((string, Action)[])[("train", () => model.Fit(none)),
            ("validation", () => model.Fit(good, none)), ("data", () => model.Evaluate(none))])
        {
            Assert.Contains(
                "are all missing (NaN), so that its loss is undefined", Assert.Throws<ArgumentException>(name, call).Message,
                StringComparison.Ordinal);
        }
        // What a classifier of whole sequences lacks at the last token.
        var early = new SequenceList(3, 1);
        early.Add(new float[6], [1, float.NaN]);
        Assert.Throws<ArgumentException>("data", () => Classifier.Create(seed: 1).Evaluate(early));
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, null)]
    [InlineData(2, 7)]
    public void A_model_learns_from_targets_of_which_three_in_ten_are_missing(int threads, int? carry)
    {
        SequenceList complete = TrainingTests.Data(23, 30);
        var random = new Random(1);
        SequenceList data = WithTargets(complete, (_, target) => random.Next(10) < 3 ? float.NaN : target);
        EveryLayer model = EveryLayer.Create(seed: 2);
        double before = model.Evaluate(complete);
        TrainingReport report = model.Fit(
            data, data, TrainingTests.Options with { Epochs = 20, Threads = threads, CarryState = carry });
        Assert.All(report.Epochs, static e => Assert.True(double.IsFinite(e.TrainingLoss) && double.IsFinite(e.ValidationLoss!.Value)));
        Assert.All(model.Weights.ToArray(), static w => Assert.True(float.IsFinite(w)));
        Assert.Equal(report.Epochs[report.BestEpoch - 1].ValidationLoss!.Value, model.Evaluate(data), 1e-12);
        // As good as what complete targets teach, but for the noise of fewer of them.
        EveryLayer other = EveryLayer.Create(seed: 2);
        other.Fit(complete, complete, TrainingTests.Options with { Epochs = 20, Threads = threads, CarryState = carry });
        double after = model.Evaluate(complete), best = other.Evaluate(complete);
        Assert.True(best < 0.85 * before && after < best + 0.3 * (before - best), $"{before}, {after}, with all targets {best}");
    }

    [Fact]
    public void A_missing_mark_or_interval_leaves_the_other_head_its_loss()
    {
        Events model = Events.Create(seed: 3);
        SequenceList all = ModelData.Random<Events>([12], seed: 4);
        int mark = Events.Description.Heads[1].TargetOffset;
        SequenceList marks = WithTargets(all, (column, target) => column == mark ? target : float.NaN),
            intervals = WithTargets(all, (column, target) => column == mark ? float.NaN : target);
        double ofMarks = model.Evaluate(marks) / 1.7, ofIntervals = model.Evaluate(intervals) / 1.7;
        Assert.Equal(model.Evaluate(all), ofIntervals + 0.7 * ofMarks, 1e-9);
    }

    /// <summary>Only NaN is missing: -1 is no class, 0 no interval, and infinity no number.</summary>
    [Fact]
    public void Other_unusable_targets_are_rejected()
    {
        Events model = Events.Create(seed: 3);
        Assert.True(double.IsFinite(model.Evaluate(Of(1, float.NaN))));
        Assert.True(double.IsFinite(model.Evaluate(Of(float.NaN, 1))));
        foreach ((SequenceList data, string fix) in ((SequenceList, string)[])[
            (Of(1, -1), "or NaN where it is missing"), (Of(0, 1), "or NaN to leave the value out"),
            (Of(float.PositiveInfinity, 1), "make it NaN if it is unknown"),
            (Of(float.NaN, float.NegativeInfinity), "make it NaN if it is unknown")])
        {
            Assert.Contains(fix, Assert.Throws<ArgumentException>("train", () => model.Fit(data)).Message, StringComparison.Ordinal);
        }

        static SequenceList Of(float interval, float mark)
        {
            var data = new SequenceList(Events.InputWidth, 2);
            data.Add(new float[Events.InputWidth], [interval, mark]);
            return data;
        }
    }

    /// <summary>Data of <see cref="EveryLayer"/> that lack what a sequence and token say.</summary>
    private static SequenceList Missing(Func<int, int, bool> isMissing, int[] lengths)
    {
        var data = new SequenceList(EveryLayer.InputWidth, EveryLayer.OutputWidth);
        for (int s = 0; s < lengths.Length; s++)
        {
            int sequence = s;
            data.Add(
                StreamingTests.Random(lengths[s] * EveryLayer.InputWidth, s),
                [.. StreamingTests.Random(lengths[s] * EveryLayer.OutputWidth, -1 - s)
                    .Select((target, i) => isMissing(sequence, i / EveryLayer.OutputWidth) ? float.NaN : target)]);
        }
        return data;
    }

    /// <summary>Half of the values, or the other half. Each head keeps some in either.</summary>
    private static SequenceList Without(SequenceList data, bool isComplement)
    {
        int at = 0;
        return WithTargets(data, (_, target) => (at++ * 7 / 5 % 2 == 0) != isComplement ? float.NaN : target);
    }

    /// <summary>The same sequences with other targets: a function of the column and the target, called in order.</summary>
    private static SequenceList WithTargets(SequenceList data, Func<int, float, float> change)
    {
        var result = new SequenceList(data.TokenWidth, data.TargetWidth);
        for (int s = 0; s < data.Count; s++)
        {
            int length = data.GetLength(s);
            float[] tokens = new float[length * data.TokenWidth], targets = new float[length * data.TargetWidth];
            data.ReadTokens(s, tokens);
            for (int t = 0; t < length; t++)
            {
                Span<float> own = targets.AsSpan(t * data.TargetWidth, data.TargetWidth);
                data.ReadTarget(s, t, own);
                for (int c = 0; c < own.Length; c++)
                {
                    own[c] = change(c, own[c]);
                }
            }
            result.Add(tokens, targets);
        }
        return result;
    }
}
