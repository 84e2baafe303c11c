using AarenGen.Memory;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Tests;

/// <summary>Training: gradients against differences, repeatability, resuming, and rejected input.</summary>
[Trait(TestTraits.Checks, TestTraits.Arithmetic)]
public sealed class TrainingTests
{
    internal static readonly TrainingOptions Options = new() { Epochs = 4, BatchSize = 5, Threads = 2, Seed = 3, LearningRate = 3e-3 };

    [Theory]
    [InlineData(0UL)]
    [InlineData(5UL)]
    public void Gradients_are_the_derivatives_of_the_loss(ulong dropoutSeed)
    {
        EveryLayer model = EveryLayer.Create(seed: 11);
        SequenceList data = Data(3, 17);
        var probe = new GradientProbe<EveryLayer>(model, data, dropoutSeed);
        foreach (ParameterDescription p in EveryLayer.Description.Parameters)
        {
            // Along the gradient itself, so that the derivative is its length: the difference quotient then is far above rounding.
            float[] gradient = probe.Gradient(p);
            double length = Math.Sqrt(gradient.Sum(static g => (double)g * g));
            if (length < 1e-6)
            {
                continue;
            }
            double slope = 0, best = double.PositiveInfinity;
            // The loss has kinks (absolute value, Relu): the step with the least of them is right.
            foreach (double step in (double[])[3e-4, 1e-3, 3e-3, 1e-2])
            {
                slope = (LossAt(step) - LossAt(-step)) / (2 * step);
                best = Math.Min(best, Math.Abs(slope - length) / length);
            }
            Assert.True(best < 0.01, $"{p.Name}: length {length}, slope {slope}");

            double LossAt(double step)
            {
                EveryLayer moved = EveryLayer.Create(seed: 11);
                for (int i = 0; i < gradient.Length; i++)
                {
                    moved.Weights[p.Offset + i / p.Columns * p.RowStride + i % p.Columns] += (float)(step * gradient[i] / length);
                }
                return new GradientProbe<EveryLayer>(moved, data, dropoutSeed).Loss;
            }
        }
    }

    [Fact]
    public void Gradients_of_tokens_do_not_accumulate_over_passes()
    {
        Decisions model = Decisions.Create(seed: 1);
        var data = new SequenceList(Decisions.InputWidth, Decisions.TargetWidth);
        data.Add([.. Enumerable.Range(0, 9 * Decisions.InputWidth).Select(static i => i % 3 * 1f)], new float[9 * Decisions.TargetWidth]);
        var workspace = new PassWorkspace<Decisions>(new(9, 9), training: true);
        var packed = new AlignedBuffer(Decisions.Description.Layout.PackedTrainingFloats);
        model.PrepareFor(packed.Span, training: true, WorkerSlice.All);
        var first = new float[9 * BatchReader<Decisions>.TokenStride];
        var second = new float[first.Length];
        workspace.Train(model, data, [0], packed.Span, 0, first);
        workspace.Train(model, data, [0], packed.Span, 0, second);
        Assert.Contains(first, static g => g != 0);
        Assert.Equal(first, second);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_run_is_repeatable_bit_for_bit(int threads)
    {
        (EveryLayer first, TrainingReport report) = Fit(Options with { Threads = threads });
        (EveryLayer second, TrainingReport again) = Fit(Options with { Threads = threads });
        Assert.Equal(first.Weights.ToArray(), second.Weights.ToArray());
        Assert.Equal(report.Epochs, again.Epochs);
        Assert.True(report.Epochs[^1].TrainingLoss < report.Epochs[0].TrainingLoss);
    }

    [Fact]
    public void A_resumed_training_equals_an_uninterrupted_one()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.checkpoint");
        try
        {
            (EveryLayer straight, TrainingReport expected) = Fit(Options);
            using var stop = new CancellationTokenSource();
            TrainingOptions options = Options with { CheckpointPath = path, CheckpointInterval = 1, Resume = true };
            EveryLayer model = EveryLayer.Create(seed: 2);
            // Inside the second epoch: 23 sequences make 5 steps an epoch.
            using (var trainer = new Trainer<EveryLayer>(model, Data(23, 30), Data(7, 30), options))
            {
                var listener = new StopAt(7, stop);
                Assert.Throws<OperationCanceledException>(() => trainer.Run(yields: false, listener, stop.Token).GetAwaiter().GetResult());
            }
            EveryLayer resumed = EveryLayer.Create(seed: 99);
            TrainingReport report = resumed.Fit(Data(23, 30), Data(7, 30), options);
            Assert.Equal(straight.Weights.ToArray(), resumed.Weights.ToArray());
            Assert.Equal(expected.Epochs, report.Epochs);

            ModelFileException e = Assert.Throws<ModelFileException>(
                () => resumed.Fit(Data(23, 30), Data(7, 30), options with { BatchSize = 4 }));
            Assert.Contains("options", e.Message, StringComparison.Ordinal);
            byte[] bytes = File.ReadAllBytes(path);
            bytes[^100] ^= 1;
            File.WriteAllBytes(path, bytes);
            Assert.Contains(
                "checksum", Assert.Throws<ModelFileException>(() => resumed.Fit(Data(23, 30), Data(7, 30), options)).Message,
                StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        EveryLayer model = EveryLayer.Create(seed: 2);
        using var trainer = new Trainer<EveryLayer>(model, Data(23, 30), null, Options with { Threads = 1 });
        // The five steps of an epoch, and the first of the next one.
        Assert.Equal(0, Allocations.Min(() =>
        {
            for (int step = 0; step < 6; step++)
            {
                trainer.Step();
            }
        }));
    }

    [Fact]
    public void Sequences_of_unequal_lengths_give_the_mean_over_their_tokens()
    {
        EveryLayer model = EveryLayer.Create(seed: 4);
        var data = new SequenceList(EveryLayer.InputWidth, EveryLayer.OutputWidth);
        double sum = 0, weight = 0;
        foreach (int length in (int[])[1, 130, 17, 2])
        {
            float[] tokens = StreamingTests.Random(length * EveryLayer.InputWidth, length),
                targets = StreamingTests.Random(length * EveryLayer.OutputWidth, -length);
            float[] weights = [.. Enumerable.Range(0, length).Select(static t => t % 3)];
            var outputs = new float[targets.Length];
            model.Forward(model.CreateState(), tokens, outputs);
            for (int i = 0; i < targets.Length; i++)
            {
                sum += weights[i / EveryLayer.OutputWidth] * (double)Math.Abs(outputs[i] - targets[i]);
            }
            weight += weights.Sum() * EveryLayer.OutputWidth;
            for (int t = 0; t < length; t += 3)
            {
                targets[t * EveryLayer.OutputWidth] = float.NaN;
            }
            data.Add(tokens, targets, weights);
        }
        Assert.Equal(sum / weight, model.Evaluate(data), sum / weight * 1e-5);
    }

    [Fact]
    public void The_best_weights_remain_and_patience_ends_the_training()
    {
        // Validation targets that training leads away from.
        var away = new SequenceList(EveryLayer.InputWidth, EveryLayer.OutputWidth);
        EveryLayer model = EveryLayer.Create(seed: 2);
        float[] tokens = StreamingTests.Random(50 * EveryLayer.InputWidth, 5);
        var now = new float[50 * EveryLayer.OutputWidth];
        model.Forward(model.CreateState(), tokens, now);
        away.Add(tokens, now);
        TrainingReport report = model.Fit(Data(23, 30), away, Options with { Epochs = 50, Patience = 2, LearningRate = 0.02 });
        Assert.Equal(StopReason.NoImprovement, report.StopReason);
        Assert.True(report.Epochs.Count < 50);
        Assert.Equal(report.Epochs[report.BestEpoch - 1].ValidationLoss!.Value, model.Evaluate(away), 1e-12);
        Assert.Equal(report.Epochs.Min(static e => e.ValidationLoss), report.Epochs[report.BestEpoch - 1].ValidationLoss);
    }

    [Fact]
    public void Divergence_is_a_clear_error_and_leaves_finite_weights()
    {
        GoldenPre model = GoldenPre.Create(seed: 2);
        var data = new SequenceList(GoldenPre.InputWidth, GoldenPre.OutputWidth);
        // Each gradient still fits a float, but not the sum over ten tokens.
        data.Add(new float[10 * GoldenPre.InputWidth], [.. Enumerable.Repeat(3e38f, 10 * GoldenPre.OutputWidth)]);
        Assert.Equal(1, Assert.Throws<TrainingDivergedException>(() => model.Fit(data, null, Options)).Step);
        Assert.All(model.Weights.ToArray(), static w => Assert.True(float.IsFinite(w)));
    }

    [Fact]
    public void Bad_data_and_options_are_rejected_by_name()
    {
        EveryLayer model = EveryLayer.Create(seed: 2);
        Assert.Contains(
            "Epochs", Assert.Throws<ArgumentOutOfRangeException>(() => model.Fit(Data(1, 2), null, Options with { Epochs = 0 })).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "Patience", Assert.Throws<ArgumentException>(() => model.Fit(Data(1, 2), null, Options with { Patience = 1 })).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "CheckpointPath", Assert.Throws<ArgumentException>(() => model.Fit(Data(1, 2), null, Options with { Resume = true })).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "no sequences", Assert.Throws<ArgumentException>(() => model.Fit(new SequenceList(5, 4))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "takes 5 and 4", Assert.Throws<ArgumentException>(() => model.Fit(new SequenceWindows([1, 2], 1, [1, 2], 1, 1, 1))).Message,
            StringComparison.Ordinal);
        var bad = new SequenceList(5, 4);
        bad.Add([1, 2, float.NaN, 4, 5], new float[4]);
        Assert.Contains("Sequence 0, token 0", Assert.Throws<ArgumentException>(() => model.Fit(bad)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_learning_rate_rises_and_falls_as_documented()
    {
        var options = new TrainingOptions { LearningRate = 2, WarmupSteps = 10, FinalLearningRateFraction = 0.1 };
        Assert.Equal(0.2, Schedule.LearningRate(options, 1, 110), 12);
        Assert.Equal(2, Schedule.LearningRate(options, 10, 110), 12);
        Assert.Equal(2 * (0.1 + 0.9 / 2), Schedule.LearningRate(options, 60, 110), 12);
        Assert.Equal(0.2, Schedule.LearningRate(options, 110, 110), 12);
    }

    private static (EveryLayer, TrainingReport) Fit(TrainingOptions options)
    {
        EveryLayer model = EveryLayer.Create(seed: 2);
        return (model, model.Fit(Data(23, 30), Data(7, 30), options));
    }

    /// <summary>Targets that depend on the past: running means of the tokens.</summary>
    internal static SequenceList Data(int count, int longest)
    {
        var data = new SequenceList(EveryLayer.InputWidth, EveryLayer.OutputWidth);
        for (int s = 0; s < count; s++)
        {
            int length = 1 + s * 7 % longest;
            float[] tokens = StreamingTests.Random(length * EveryLayer.InputWidth, s);
            var targets = new float[length * EveryLayer.OutputWidth];
            for (int i = 0; i < targets.Length; i++)
            {
                int t = i / EveryLayer.OutputWidth, c = i % EveryLayer.OutputWidth;
                targets[i] = Enumerable.Range(0, t + 1).Average(u => tokens[u * EveryLayer.InputWidth + c]);
            }
            data.Add(tokens, targets);
        }
        return data;
    }

    internal sealed class StopAt(long step, CancellationTokenSource stop) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Step >= step)
            {
                stop.Cancel();
            }
        }
    }
}
