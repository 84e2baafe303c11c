using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Tests;

/// <summary>Inputs that Fit and Evaluate reject, and weights of unusual sizes.</summary>
public sealed class TrainingInputTests
{
    private static readonly TrainingOptions Options = TrainingTests.Options with { Epochs = 2 };

    [Fact]
    public void Data_without_any_weight_are_rejected()
    {
        EveryLayer model = EveryLayer.Create(seed: 2);
        SequenceList good = Weighted(1, 1, 1), none = Weighted(0, 0, 0);
        AssertRefused("validation", () => model.Fit(good, none, Options));
        AssertRefused("train", () => model.Fit(none, good, Options));
        AssertRefused("data", () => model.Evaluate(none));
        // A classifier of whole sequences counts the last token alone.
        var early = new SequenceList(3, 1);
        early.Add(new float[6], [1], [1, 0]);
        AssertRefused("train", () => Classifier.Create(seed: 1).Fit(early, null, Options));
        // With patches of three samples there is an output at the third one only.
        var between = new SequenceList(2, 1);
        between.Add(new float[8], new float[4], [1, 1, 0, 1]);
        AssertRefused("train", () => PatchedFeatures.Create(seed: 1).Fit(between, null, Options));

        static void AssertRefused(string name, Action call)
        {
            ArgumentException e = Assert.Throws<ArgumentException>(name, call);
            Assert.Contains("no target with a weight above 0", e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(-1f, "-1")]
    [InlineData(-1e-30f, "-1E-30")]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "Infinity")]
    public void Impossible_weights_are_rejected_before_the_model_changes(float weight, string shown)
    {
        EveryLayer model = EveryLayer.Create(seed: 2);
        float[] before = model.Weights.ToArray();
        Assert.Contains(
            $"Sequence 0, token 1: the weight is {shown}, but must be a finite number of 0 or more",
            Assert.Throws<ArgumentException>("validation", () => model.Fit(Weighted(1, 1), Weighted(1, weight), Options)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("train", () => model.Fit(Weighted(1, weight), null, Options));
        Assert.Equal(before, model.Weights.ToArray());
    }

    /// <summary>Only the ratio of weights matters, and a power of two changes no bit of it.</summary>
    [Theory]
    [InlineData(-126)]
    [InlineData(-140)]
    [InlineData(-149)]
    [InlineData(-41)]
    [InlineData(60)]
    [InlineData(125)]
    public void Weights_of_any_size_train_as_1_does(int exponent)
    {
        float weight = MathF.ScaleB(1, exponent);
        EveryLayer expected = EveryLayer.Create(seed: 2), model = EveryLayer.Create(seed: 2);
        TrainingReport one = expected.Fit(Weighted(1, 1, 1), Weighted(1, 1), Options);
        TrainingReport scaled = model.Fit(Weighted(weight, weight, weight), Weighted(weight, weight), Options);
        Assert.Equal(one.Tokens, scaled.Tokens);
        Assert.Equal(one.Epochs, scaled.Epochs);
        Assert.Equal(expected.Weights.ToArray(), model.Weights.ToArray());
        Assert.Equal(expected.Evaluate(Weighted(1, 1)), expected.Evaluate(Weighted(weight, weight)));
    }

    [Theory]
    [InlineData(1e-40f)]
    [InlineData(1e-45f)]
    [InlineData(float.MaxValue)]
    public void Weights_at_the_ends_of_float_leave_finite_weights(float weight)
    {
        foreach (SequenceList data in (SequenceList[])[Weighted(weight), Weighted(weight, 0), Weighted(1, weight),
            Weighted(weight, weight, weight)])
        {
            EveryLayer model = EveryLayer.Create(seed: 2);
            TrainingReport report = model.Fit(data, data, Options);
            Assert.All(report.Epochs, static e => Assert.True(double.IsFinite(e.TrainingLoss) && double.IsFinite(e.ValidationLoss!.Value)));
            Assert.All(model.Weights.ToArray(), static w => Assert.True(float.IsFinite(w)));
        }
        // Heads for each token beside one for the sequence, which counts as much as its tokens together.
        var several = new SequenceList(3, SeveralHeads.TargetWidth);
        several.Add(StreamingTests.Random(9, 1), StreamingTests.Random(SeveralHeads.TargetWidth * 3, 2), [weight, weight, weight]);
        SeveralHeads heads = SeveralHeads.Create(seed: 2);
        Assert.True(double.IsFinite(heads.Fit(several, null, Options).Epochs[^1].TrainingLoss));
    }

    [Fact]
    public void A_batch_may_be_larger_than_the_data()
    {
        EveryLayer all = EveryLayer.Create(seed: 2), largest = EveryLayer.Create(seed: 2);
        TrainingReport report = all.Fit(TrainingTests.Data(7, 9), null, Options with { BatchSize = 7 });
        Assert.Equal(report.Epochs, largest.Fit(TrainingTests.Data(7, 9), null, Options with { BatchSize = int.MaxValue }).Epochs);
        Assert.Equal(all.Weights.ToArray(), largest.Weights.ToArray());
        Assert.Equal(2, report.Steps);
    }

    [Fact]
    public void A_sequence_longer_than_memory_is_rejected_with_its_number_and_a_fix()
    {
        int longest = PassWorkspace<EveryLayer>.MaxRows;
        var data = new Described(2, i => i == 0 ? 3 : longest + 1);
        ArgumentException e = Assert.Throws<ArgumentException>("train", () => EveryLayer.Create(seed: 2).Fit(data, null, Options));
        Assert.Contains(
            $"Sequence 1 of 'train' is {longest + 1} tokens long; one sequence may have at most {longest}", e.Message,
            StringComparison.Ordinal);
        Assert.Contains("Cut it", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(
            "data", () => EveryLayer.Create(seed: 2).Evaluate(new Described(1, static _ => int.MaxValue)));
        Assert.Throws<ArgumentException>(
            "train", () => EveryLayer.Create(seed: 2).Fit(new Described(1, static _ => int.MaxValue), null, Options));
        Assert.Throws<ArgumentException>(
            "train", () => PatchedChannels.Create(seed: 2).Fit(new Described(1, static _ => int.MaxValue, 3, 6), null, Options));
        Assert.Throws<ArgumentException>(
            "train", () => ManyChannels.Create(seed: 2).Fit(new Described(1, static _ => int.MaxValue, 70, 70), null, Options));

        // Here each thread could have the memory, but not 1024 of them.
        bool isRead = false;
        ArgumentException memory = Assert.Throws<ArgumentException>(() => EveryLayer.Create(seed: 2).Fit(
            new Described(1, _ => longest / 2, read: () => isRead = true), null, Options with { Threads = 1024 }));
        Assert.Contains($"The longest sequence has {longest / 2} tokens", memory.Message, StringComparison.Ordinal);
        Assert.Contains("or lower Threads", memory.Message, StringComparison.Ordinal);
        Assert.False(isRead, "Memory must be checked before hours of reading.");
    }

    /// <summary>On a machine with one byte everything is too large; the message blames the larger part.</summary>
    [Theory]
    [InlineData(1, 3, "Working memory of the model", "smaller model")]
    [InlineData(8, 3, "Working memory of the model", "lower Threads")]
    [InlineData(1, 1_000_000, "The longest sequence has 1000000 tokens", "cut long sequences, or set CarryState.")]
    [InlineData(8, 1_000_000, "The longest sequence has 1000000 tokens", "cut long sequences, or set CarryState, or lower Threads")]
    public void Too_little_memory_names_the_largest_allocation(int threads, int length, string start, string remedy)
    {
        var size = new PassSize(Math.Max(length, BatchPlan.RowsPerPass), length);
        string message = Assert.Throws<ArgumentException>(
            () => PassWorkspace<EveryLayer>.CheckMemory(threads, size, training: true, available: 1)).Message;
        Assert.StartsWith(start, message, StringComparison.Ordinal);
        Assert.Contains(remedy, message, StringComparison.Ordinal);
        PassWorkspace<EveryLayer>.CheckMemory(threads, size, training: true, available: long.MaxValue);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(-1, 3)]
    [InlineData(int.MaxValue, 3)]
    [InlineData(1, 0)]
    [InlineData(1, -1)]
    [InlineData(1, int.MinValue)]
    public void Data_of_impossible_counts_and_lengths_are_rejected(int count, int length)
    {
        var data = new Described(count, _ => length);
        EveryLayer model = EveryLayer.Create(seed: 2);
        Assert.Contains(
            count == 1 ? "at least one" : "sequences", Assert.Throws<ArgumentException>("train", () => model.Fit(data)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>("validation", () => model.Fit(Weighted(1), data));
        Assert.Throws<ArgumentException>("data", () => model.Evaluate(data));
    }

    [Fact]
    public void An_exception_of_the_data_passes_through_and_leaves_a_trainable_model()
    {
        EveryLayer model = EveryLayer.Create(seed: 2);
        float[] before = model.Weights.ToArray();
        Assert.Throws<IOException>(() => model.Fit(new Described(1, static _ => throw new IOException())));
        Assert.Throws<IOException>(() => model.Evaluate(new Described(1, static _ => throw new IOException())));
        Assert.Equal(before, model.Weights.ToArray());
        Assert.Equal(2, model.Fit(Weighted(1, 1), null, Options).Epochs.Count);
    }

    [Fact]
    public void Data_that_grow_while_they_are_used_are_a_clear_error()
    {
        int asked = 0;
        // Checked, then read once to check the numbers: 4 calls; longer from then on.
        var data = new Described(1, _ => ++asked <= 4 ? 3 : 4000);
        Assert.Contains("data must not change", Assert.Throws<InvalidOperationException>(
            () => EveryLayer.Create(seed: 2).Fit(data, null, Options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bad_number_is_named_with_a_fix()
    {
        EveryLayer model = EveryLayer.Create(seed: 2);
        var tokens = new SequenceList(5, 4);
        tokens.Add(new float[10], new float[8]);
        tokens.Add([0, 0, 0, 0, 0, 0, 0, float.NaN, 0, 0], new float[8], [1, 0]);
        string message = Assert.Throws<ArgumentException>("train", () => model.Fit(tokens)).Message;
        Assert.Contains("Sequence 1, token 1: column 2 of the token holds NaN", message, StringComparison.Ordinal);
        Assert.Contains("even where their weight is 0", message, StringComparison.Ordinal);

        var targets = new SequenceList(5, 4);
        targets.Add(new float[10], [0, 0, 0, 0, 0, 0, 0, float.NegativeInfinity]);
        message = Assert.Throws<ArgumentException>("validation", () => model.Fit(Weighted(1), targets)).Message;
        Assert.Contains("Sequence 0, token 1: column 3 of the target holds -Infinity", message, StringComparison.Ordinal);
        Assert.Contains("make it NaN if it is unknown", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LearningRate", double.NaN)]
    [InlineData("LearningRate", 0)]
    [InlineData("LearningRate", -1)]
    [InlineData("LearningRate", 1e-50)]
    [InlineData("LearningRate", 1e39)]
    [InlineData("FinalLearningRateFraction", double.NaN)]
    [InlineData("FinalLearningRateFraction", 1.5)]
    [InlineData("WeightDecay", double.NaN)]
    [InlineData("WeightDecay", -0.1)]
    [InlineData("WeightDecay", 1e300)]
    [InlineData("Beta1", 1)]
    [InlineData("Beta1", 0.99999999)]
    [InlineData("Beta2", 0.99999999)]
    [InlineData("Beta2", double.NaN)]
    [InlineData("Epsilon", 0)]
    [InlineData("Epsilon", 1e-46)]
    [InlineData("Epsilon", double.PositiveInfinity)]
    [InlineData("ClipNorm", 0)]
    [InlineData("ClipNorm", double.NaN)]
    [InlineData("ClipNorm", 1e-60)]
    [InlineData("Epochs", 0)]
    [InlineData("BatchSize", int.MinValue)]
    [InlineData("WarmupSteps", -1)]
    [InlineData("Patience", 0)]
    [InlineData("Threads", 0)]
    [InlineData("Threads", int.MaxValue)]
    [InlineData("CheckpointInterval", 0)]
    public void Options_out_of_range_are_rejected_by_name(string option, double value)
    {
        TrainingOptions options = option switch
        {
            "LearningRate" => Options with { LearningRate = value },
            "FinalLearningRateFraction" => Options with { FinalLearningRateFraction = value },
            "WeightDecay" => Options with { WeightDecay = value },
            "Beta1" => Options with { Beta1 = value },
            "Beta2" => Options with { Beta2 = value },
            "Epsilon" => Options with { Epsilon = value },
            "ClipNorm" => Options with { ClipNorm = value },
            "Epochs" => Options with { Epochs = (int)value },
            "BatchSize" => Options with { BatchSize = (int)value },
            "WarmupSteps" => Options with { WarmupSteps = (int)value },
            "Patience" => Options with { Patience = (int)value },
            "Threads" => Options with { Threads = (int)value },
            _ => Options with { CheckpointInterval = (int)value, CheckpointPath = "unused" },
        };
        Assert.Throws<ArgumentOutOfRangeException>(option, () => EveryLayer.Create(seed: 2).Fit(Weighted(1), Weighted(1), options));
    }

    [Fact]
    public void Options_at_the_ends_of_their_ranges_train()
    {
        foreach (TrainingOptions options in (TrainingOptions[])
            [
                Options with { WarmupSteps = int.MaxValue, CheckpointInterval = null },
                Options with { ClipNorm = double.PositiveInfinity, WeightDecay = 0, Beta1 = 0, Beta2 = 0 },
                Options with { Epsilon = 1.2e-38, Beta2 = 0.9999999 },
                Options with { LearningRate = 1.2e-38, FinalLearningRateFraction = 0 },
            ])
        {
            EveryLayer model = EveryLayer.Create(seed: 2);
            model.Fit(Weighted(1, 1), null, options);
            Assert.All(model.Weights.ToArray(), static w => Assert.True(float.IsFinite(w)));
        }
        Assert.Contains("empty", Assert.Throws<ArgumentException>(
            () => EveryLayer.Create(seed: 2).Fit(Weighted(1), null, Options with { CheckpointPath = "" })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void While_a_model_is_trained_nothing_else_reads_or_changes_its_weights()
    {
        EveryLayer model = EveryLayer.Create(seed: 2);
        var failures = new List<string>();
        model.Fit(Weighted(1, 1), null, Options, new Listener(() =>
        {
            foreach (Action call in (Action[])
                [
                    () => model.Fit(Weighted(1)), () => model.Evaluate(Weighted(1)), () => model.Save("unused"), () =>
                        model.SaveCompiled("unused"),
                    () => model.UsePrecision(WeightPrecision.Int8),
                ])
            {
                failures.Add(Assert.Throws<InvalidOperationException>(call).Message);
            }
            // Another model may be trained.
            EveryLayer.Create(seed: 3).Fit(Weighted(1), null, Options);
        }));
        Assert.Equal(2 * 5, failures.Count);
        Assert.All(failures, static f => Assert.Contains("while Fit", f, StringComparison.Ordinal));
        Assert.False(File.Exists("unused"));
        // It is free again, after success and after every type of failure.
        model.UsePrecision(WeightPrecision.Float32);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.Fit(Weighted(1), null, Options with { Epochs = 0 }));
        Assert.Throws<NotSupportedException>(
            () => model.Fit(Weighted(1), null, Options, new Listener(static () => throw new NotSupportedException())));
        Assert.Throws<OperationCanceledException>(() => model.Fit(Weighted(1), null, Options, null, new CancellationToken(canceled: true)));
        Assert.True(double.IsFinite(model.Evaluate(Weighted(1))));
        model.Fit(Weighted(1), null, Options);
    }

    [Fact]
    public void A_model_under_evaluation_is_not_trained_but_may_be_evaluated()
    {
        EveryLayer model = EveryLayer.Create(seed: 2);
        bool tried = false;
        model.Evaluate(new Described(1, _ =>
        {
            if (!tried)
            {
                tried = true;
                Assert.Contains(
                    "Evaluate", Assert.Throws<InvalidOperationException>(() => model.Fit(Weighted(1))).Message, StringComparison.Ordinal);
                Assert.True(double.IsFinite(model.Evaluate(Weighted(1))));
            }
            return 3;
        }));
        Assert.True(tried);
        model.Fit(Weighted(1), null, Options);
    }

    [Fact]
    public async Task Of_two_concurrent_trainings_one_is_rejected()
    {
        EveryLayer model = EveryLayer.Create(seed: 2);
        using var inside = new ManualResetEventSlim();
        using var go = new ManualResetEventSlim();
        Task<TrainingReport> first = Task.Run(() => model.Fit(Weighted(1, 1), null, Options, new Listener(() =>
        {
            inside.Set();
            go.Wait();
        })));
        inside.Wait();
        Assert.Throws<InvalidOperationException>(() => model.Fit(Weighted(1)));
        go.Set();
        Assert.Equal(2, (await first).Epochs.Count);
    }

    [Fact]
    public void Windows_and_lists_know_their_sequences()
    {
        var windows = new SequenceWindows(new float[20], 2, new float[10], 1, 4, 3);
        var list = new SequenceList(2, 1);
        list.Add(new float[6], [1], [1, 1, 1]);
        foreach (SequenceData data in (SequenceData[])[windows, list])
        {
            // 2^30 windows further would be the first one again, did the index overflow.
            foreach (int index in (int[])[-1, data.Count, 1 << 30, int.MaxValue, int.MinValue])
            {
                Assert.ThrowsAny<ArgumentOutOfRangeException>(() => data.GetLength(index));
                Assert.ThrowsAny<ArgumentOutOfRangeException>(() => data.ReadTokens(index, new float[8]));
                Assert.ThrowsAny<ArgumentOutOfRangeException>(() => data.ReadTarget(index, 0, new float[1]));
            }
            Assert.Throws<ArgumentOutOfRangeException>("token", () => data.ReadTarget(0, data.GetLength(0), new float[1]));
            Assert.Throws<ArgumentOutOfRangeException>("token", () => data.ReadTarget(0, -1, new float[1]));
        }
    }

    /// <summary>One sequence whose tokens have these weights.</summary>
    private static SequenceList Weighted(params float[] weights)
    {
        var data = new SequenceList(EveryLayer.InputWidth, EveryLayer.OutputWidth);
        data.Add(
            StreamingTests.Random(weights.Length * EveryLayer.InputWidth, 1),
            StreamingTests.Random(weights.Length * EveryLayer.OutputWidth, 2), weights);
        return data;
    }

    /// <summary>Zeros of any lengths, without the memory for them.</summary>
    private sealed class Described(
        int count, Func<int, int> length, int tokenWidth = 5, int targetWidth = 4, Action? read = null) : SequenceData
    {
        public override int Count => count;

        public override int TokenWidth => tokenWidth;

        public override int TargetWidth => targetWidth;

        public override int GetLength(int index) => length(index);

        public override void ReadTokens(int index, Span<float> tokens)
        {
            read?.Invoke();
            tokens.Clear();
        }

        public override float ReadTarget(int index, int token, Span<float> target)
        {
            target.Clear();
            return 1;
        }
    }

    private sealed class Listener(Action action) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => action();
    }
}
