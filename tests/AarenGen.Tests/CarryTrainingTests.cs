using AarenGen.Memory;
using AarenGen.Serialization;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Tests;

/// <summary>Trainings that carry states: their steps, reports and checkpoints, and what they learn.</summary>
public sealed class CarryTrainingTests : IDisposable
{
    private static readonly int[] Lengths = [17, 5, 23, 9, 14, 30, 1, 8, 22, 12, 3];

    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-carry").FullName;

    private string File => Path.Combine(folder, "run.checkpoint");

    private static TrainingOptions Options => TrainingTests.Options with { Epochs = 3, CarryState = 7 };

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(30, 1)]
    [InlineData(30, 2)]
    [InlineData(int.MaxValue, 2)]
    public void Sequences_of_one_chunk_are_trained_as_whole_ones_bit_for_bit(int carry, int threads)
    {
        Check<EveryLayer>();
        Check<Convolutions>();
        Check<PatchClassifier>([.. Lengths.Select(static l => l + 3)], carry == 30 ? 33 : carry);
        Check<SeveralHeads>();
        Check<Decisions>();

        void Check<TModel>(int[]? lengths = null, int? tokens = null) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            TrainingOptions options = Options with { CarryState = null, Threads = threads };
            (TModel whole, TrainingReport expected) = Fit<TModel>(lengths ?? Lengths, options);
            (TModel cut, TrainingReport actual) = Fit<TModel>(lengths ?? Lengths, options with { CarryState = tokens ?? carry });
            Assert.Equal(whole.Weights.ToArray(), cut.Weights.ToArray());
            Assert.Equal(expected.Epochs, actual.Epochs);
            Assert.Equal((expected.Steps, expected.Tokens), (actual.Steps, actual.Tokens));
        }
    }

    /// <summary>
    /// With weights that stand still, the losses of steps are those of chunks with the states that the whole sequence has there.
    /// </summary>
    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(2, 2)]
    [InlineData(7, 1)]
    [InlineData(7, 2)]
    public void Each_step_takes_the_same_numbered_chunk_of_each_sequence(int tokens, int threads)
    {
        Check<MinGruPre>();
        Check<MinLstmPost>();
        Check<WideForgetting>();
        Check<OddAttention>();
        Check<LastToken>();
        Check<JoinedInputs>();
        Check<DecisionsInTime>();
        Check<TwoLosses>();

        void Check<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            // No update moves a weight, and without dropout nothing is random.
            TrainingOptions options = Options with
            {
                CarryState = tokens, Threads = threads, BatchSize = Lengths.Length, Epochs = 1, LearningRate = 1.2e-38, WeightDecay = 0,
            };
            int[] sorted = [.. Lengths.OrderDescending()];
            SequenceList data = ModelData.Random<TModel>(sorted, seed: 5);
            TModel model = SequenceModel<TModel>.Create(3);
            var chunks = new SequenceChunks(tokens);
            var states = new CarriedStates<TModel>(sorted.Length);
            double expected = 0;
            int count = (sorted[0] + tokens - 1) / tokens, counted = 0;
            for (int chunk = 0; chunk < count; chunk++)
            {
                var part = new GradientProbe<TModel>(model, data, 0, chunks, chunk, states);
                states.Advance();
                expected += part.Loss;
                counted += part.Weight > 0 ? 1 : 0;
            }
            TrainingReport report = model.Fit(data, options: options);
            Assert.Equal(count, report.Steps);
            Assert.Equal(sorted.Sum(), report.Tokens);
            Assert.Equal(expected / counted, report.Epochs[0].TrainingLoss, 1e-12 * Math.Max(1, Math.Abs(expected)));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_training_stopped_between_chunks_resumes_bit_for_bit(int threads)
    {
        Check<EveryLayer>(Lengths, 7);
        Check<Convolutions>(Lengths, 7);
        Check<WideForgetting>(Lengths, 2);
        Check<SeveralHeads>(Lengths, 7);
        Check<PatchedChannels>([.. Lengths.Select(static l => l + 4)], 7);
        Check<Classifier>(Lengths, 7);

        void Check<TModel>(int[] lengths, int tokens) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            TrainingOptions options = Options with { CarryState = tokens, Threads = threads, Epochs = 2 };
            (TModel expected, TrainingReport report) = Fit<TModel>(lengths, options);
            options = options with { CheckpointPath = File, Resume = true };
            int between = 0;
            for (int reads = 1; ; reads += 19)
            {
                System.IO.File.Delete(File);
                using var source = new CancellationTokenSource();
                try
                {
                    SequenceModel<TModel>.Create(2).Fit(
                        new StoppingData(Data<TModel>(lengths), reads, source), Validation<TModel>(lengths), options,
                        cancellationToken: source.Token);
                    break;
                }
                catch (OperationCanceledException)
                {
                }
                between += ModelFile.ReadSets(File, SequenceModel<TModel>.Description, Sets<TModel>()).States.Length > 0 ? 1 : 0;
                // Another start: all comes from the checkpoint.
                TModel resumed = SequenceModel<TModel>.Create(9);
                TrainingReport again = resumed.Fit(Data<TModel>(lengths), Validation<TModel>(lengths), options);
                Assert.Equal(expected.Weights.ToArray(), resumed.Weights.ToArray());
                Assert.Equal(report.Epochs, again.Epochs);
                Assert.Equal(report.Steps, again.Steps);
            }
            Assert.InRange(between, 1, int.MaxValue);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(3)]
    public void A_model_without_a_state_is_trained_and_resumed(int? chunk)
    {
        Assert.Equal(0, LargeTable.Description.StateBytes);
        SequenceList data = ModelData.Random<LargeTable>([7, 4, 9], seed: 6);
        TrainingOptions two = Options with { Epochs = 2, CarryState = chunk };
        LargeTable whole = LargeTable.Create(seed: 1), resumed = LargeTable.Create(seed: 1);
        whole.Fit(data, options: two);
        using var source = new CancellationTokenSource();
        var stop = new Listener(_ => source.Cancel());
        TrainingOptions kept = two with { CheckpointPath = File, Resume = true };
        Assert.ThrowsAny<OperationCanceledException>(
            () => resumed.Fit(data, options: kept, progress: stop, cancellationToken: source.Token));
        resumed = LargeTable.Create(seed: 1);
        resumed.Fit(data, options: kept);
        Assert.Equal(whole.Weights.ToArray(), resumed.Weights.ToArray());
    }

    [Fact]
    public void Another_number_of_tokens_is_refused_on_resuming()
    {
        TrainingOptions options = Options with { CheckpointPath = File, Resume = true, Epochs = 1 };
        Fit<Recurrences>(Lengths, options);
        AssertRefused(options with { CarryState = 8 }, "CarryState was 7, and is now 8");
        AssertRefused(options with { CarryState = null }, "CarryState was 7, and is now none");
        System.IO.File.Delete(File);
        Fit<Recurrences>(Lengths, options with { CarryState = null });
        AssertRefused(options, "CarryState was none, and is now 7");

        void AssertRefused(TrainingOptions other, string difference) => Assert.EndsWith(
            "What differs:\n  options: " + difference,
            Assert.Throws<ModelFileException>(() => Fit<Recurrences>(Lengths, other with { Epochs = 2 })).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void A_chunk_has_at_least_a_token(int tokens) => Assert.Contains(
        "CarryState of the training options must be at least 1.",
        Assert.Throws<ArgumentOutOfRangeException>(
            "CarryState", () => Fit<Recurrences>(Lengths, Options with { CarryState = tokens })).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_chunk_has_at_least_a_patch()
    {
        int[] lengths = [.. Lengths.Select(static l => l + 4)];
        Assert.Contains(
            "CarryState of the training options must be at least 5, a patch or its stride.",
            Assert.Throws<ArgumentOutOfRangeException>(
                "CarryState", () => Fit<PatchedChannels>(lengths, Options with { CarryState = 4 })).Message,
            StringComparison.Ordinal);
        Fit<PatchedChannels>(lengths, Options with { CarryState = 5 });
    }

    [Fact]
    public void Steps_and_reports_count_chunks()
    {
        // Of batches of two: 30 and 23 tokens or other pairs; each epoch shuffles anew.
        TrainingOptions options = Options with { BatchSize = 2, Epochs = 4, WarmupSteps = 0 };
        var reports = new List<TrainingProgress>();
        Recurrences model = Recurrences.Create(2);
        TrainingReport report = model.Fit(Data<Recurrences>(Lengths), null, options, new Listener(reports.Add));
        int[] chunks = [.. Lengths.Select(static l => (l + 6) / 7)];
        var order = new StepOrder(chunks, batchSize: 2, options.Seed);
        Assert.Equal(order.StepsBefore(4), report.Steps);
        Assert.Equal(4 * Lengths.Sum(), report.Tokens);
        Assert.Equal(report.Steps, reports[^1].Step);
        Assert.Equal(report.Steps, reports[^1].Steps);
        Assert.All(reports, static p => Assert.InRange(p.Steps, p.Step, long.MaxValue));
        Assert.Equal([1, 2, 3, 4], reports.Select(static p => p.Epoch).Distinct());
        // The learning rate ends where its schedule does.
        Assert.Equal(options.LearningRate * options.FinalLearningRateFraction, reports[^1].LearningRate, 1e-9);
    }

    [Fact]
    public void Every_epoch_takes_every_chunk_once_and_those_of_a_batch_in_order()
    {
        int[] chunks = [3, 1, 5, 2, 2, 5, 1, 1, 4, 2, 1];
        var order = new StepOrder(chunks, batchSize: 3, seed: 11);
        for (int epoch = 0; epoch < 5; epoch++)
        {
            int[] next = new int[chunks.Length];
            long steps = 0;
            do
            {
                foreach (int sequence in order.Sequences.Span)
                {
                    Assert.Equal(next[sequence]++, order.Chunk);
                }
                Assert.Equal(order.Sequences.Span.ToArray().Any(s => chunks[s] > order.Chunk + 1), order.HasNextChunk);
                Assert.InRange(order.ScheduledStep, epoch * order.StepsOfFirstEpoch, (epoch + 1) * order.StepsOfFirstEpoch);
                steps++;
                var moved = new StepOrder(chunks, batchSize: 3, seed: 11);
                Assert.True(moved.TryMoveTo(epoch, steps - 1));
                Assert.Equal(order.Sequences.ToArray(), moved.Sequences.ToArray());
                Assert.Equal((order.Chunk, order.ScheduledStep), (moved.Chunk, moved.ScheduledStep));
                order.Advance();
            }
            while (!order.IsEpochStart);
            Assert.Equal(chunks, next);
            Assert.Equal(steps, order.StepsBefore(epoch + 1) - order.StepsBefore(epoch));
            Assert.False(order.TryMoveTo(epoch, steps));
            Assert.True(order.TryMoveTo(epoch + 1, 0));
        }
    }

    [Fact]
    public void Memory_is_that_of_a_chunk()
    {
        // Sequences that no machine trains whole.
        const int length = 50_000_000;
        var data = new Generated(length);
        PassSize whole = DataCheck<Recurrences>.CheckShape(data, "data", int.MaxValue),
            cut = DataCheck<Recurrences>.CheckShape(data, "data", int.MaxValue, new SequenceChunks(100));
        Assert.Equal((length, length), (whole.Rows, whole.Samples));
        Assert.Equal((BatchPlan.RowsPerPass, 100, true), (cut.Rows, cut.Samples, cut.IsCut));
        ArgumentException e = Assert.Throws<ArgumentException>(
            () => PassWorkspace<Recurrences>.CheckMemory(2, cut, training: true, available: 1, carriedSequences: 1_000_000_000));
        Assert.Contains("states that CarryState carries", e.Message, StringComparison.Ordinal);
        Assert.Contains("lower BatchSize, or lower Threads.", e.Message, StringComparison.Ordinal);

        // An evaluation cuts by itself, where whole sequences would take more than a gigabyte.
        int tokens = PassWorkspace<Recurrences>.EvaluationChunks.Tokens!.Value;
        int floats = Recurrences.Description.Layout.TrainingFloatsPerToken;
        Assert.InRange((long)tokens * floats, (1 << 28) - floats, 1 << 28);
        Assert.Contains(
            "one chunk may have at most 10 with 'Recurrences'. Lower CarryState.", Assert.Throws<ArgumentException>(
                "data", () => DataCheck<Recurrences>.CheckShape(data, "data", 10, new SequenceChunks(100))).Message,
            StringComparison.Ordinal);

        // Rows of all channels that no int counts are a pass of chunks.
        BatchPlan plan = BatchPlan.All(new Generated(length, count: 3), static _ => BatchReader<ManyChannels>.RowsOf(length));
        Assert.Equal(3, plan.Passes);
        Assert.Equal([0, 1, 2], Enumerable.Range(0, 3).Select(plan.First));

        // Of long sequences that are there, only chunks are read.
        var read = new Generated(20_000);
        Recurrences model = Recurrences.Create(2);
        long before = GC.GetAllocatedBytesForCurrentThread();
        model.Fit(read, read, Options with { CarryState = 250, Epochs = 1, Threads = 1 });
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(250, read.Longest);
        // A small part of the activations of the whole sequence.
        Assert.InRange(allocated, 0, 20_000L * Recurrences.Description.Layout.TrainingFloatsPerToken * sizeof(float) / 10);
    }

    [Theory]
    [InlineData(7, 1)]
    [InlineData(150, 2)]
    public void Validation_in_chunks_gives_the_loss_of_whole_sequences(int tokens, int threads)
    {
        Check<MinGruPre>();
        Check<SeveralHeads>();
        Check<PatchedChannels>();
        Check<Classifier>();

        void Check<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
        {
            TModel model = SequenceModel<TModel>.Create(2);
            SequenceList validation = ModelData.Random<TModel>([11, 700, 30, 129, 2 * 150 + 1], seed: 6, isWeighted: true);
            TrainingOptions options = Options with { Epochs = 1, CarryState = tokens, Threads = threads };
            TrainingReport report = model.Fit(Data<TModel>([.. Lengths.Select(static l => l + 4)]), validation, options);
            double whole = model.Evaluate(validation);
            SequenceChunks cut = new SequenceChunks(1).ForEvaluation(SequenceModel<TModel>.Description.Tokens);
            Assert.Equal(whole, report.Epochs[0].ValidationLoss!.Value, 1e-12 * Math.Max(1, whole));
            Assert.Equal(whole, Trainer<TModel>.Evaluate(model, validation, cut), 1e-12 * Math.Max(1, whole));
        }
    }

    [Fact]
    public void Data_that_read_only_whole_sequences_are_cut()
    {
        SequenceList list = Data<Recurrences>(Lengths);
        Recurrences direct = Recurrences.Create(2), forwarded = Recurrences.Create(2);
        direct.Fit(list, null, Options);
        forwarded.Fit(new Whole(list), null, Options);
        Assert.Equal(direct.Weights.ToArray(), forwarded.Weights.ToArray());
        var windows = new SequenceWindows([.. Enumerable.Range(0, 20).Select(static i => (float)i)], 2, new float[10], 1, 6, 2);
        var tokens = new float[4];
        windows.ReadTokens(1, 3, tokens);
        Assert.Equal([10, 11, 12, 13], tokens);
        Assert.Throws<ArgumentOutOfRangeException>(() => windows.ReadTokens(1, 5, new float[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => windows.ReadTokens(3, 0, new float[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => list.ReadTokens(0, Lengths[0], new float[Recurrences.InputWidth]));
    }

    /// <summary>
    /// Every sequence begins with a level, which the last chunk is asked for; in between there is noise. A chunk alone does not show it.
    /// </summary>
    [Fact]
    public void What_only_the_state_holds_is_learned()
    {
        const int tokens = 10, chunks = 6;
        var random = new Random(4);
        SequenceList whole = new(2, 2), cut = new(2, 2);
        for (int i = 0; i < 64; i++)
        {
            float level = i % 2 == 0 ? -1 : 1;
            float[] sequence = new float[2 * tokens * chunks], targets = [level, level];
            for (int t = 0; t < tokens * chunks; t++)
            {
                sequence[2 * t] = t == 0 ? level : 0;
                sequence[2 * t + 1] = random.NextSingle() - 0.5f;
            }
            whole.Add(sequence, targets);
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                cut.Add(sequence[(2 * tokens * chunk)..(2 * tokens * (chunk + 1))], targets);
            }
        }
        TrainingOptions options = Options with { Epochs = 20, BatchSize = 16, LearningRate = 1e-2, Threads = 1, CarryState = tokens };
        Recurrences carried = Recurrences.Create(1), alone = Recurrences.Create(1);
        carried.Fit(whole, null, options);
        alone.Fit(cut, null, options with { CarryState = null, BatchSize = 16 });
        double withState = carried.Evaluate(whole), withoutState = alone.Evaluate(whole);
        // A guess of 0 has the loss 1.
        Assert.InRange(withState, 0, 0.05);
        Assert.InRange(withoutState, 2 * withState, double.MaxValue);
    }

    private static (TModel Model, TrainingReport Report) Fit<TModel>(int[] lengths, TrainingOptions options)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        TModel model = SequenceModel<TModel>.Create(2);
        return (model, model.Fit(Data<TModel>(lengths), Validation<TModel>(lengths), options));
    }

    private static SequenceList Data<TModel>(int[] lengths) where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
        ModelData.Random<TModel>(lengths, seed: 5);

    private static SequenceList Validation<TModel>(int[] lengths) where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
        ModelData.Random<TModel>([.. lengths.Take(4)], seed: 6);

    private static (string, AlignedBuffer)[] Sets<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
        [.. ((string[])["weights/", "moment1/", "moment2/", "best/"])
            .Select(static s => (s, new AlignedBuffer(SequenceModel<TModel>.Description.Layout.WeightFloats)))];

    private sealed class Listener(Action<TrainingProgress> listen) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => listen(value);
    }

    /// <summary>Sequences that lie nowhere, and the most tokens of one that were asked for at once.</summary>
    private sealed class Generated(int length, int count = 1) : SequenceData
    {
        private int longest;

        public int Longest => longest;

        public override int Count => count;

        public override int TokenWidth => Recurrences.InputWidth;

        public override int TargetWidth => Recurrences.TargetWidth;

        public override int GetLength(int index) => length;

        public override void ReadTokens(int index, Span<float> tokens) => ReadTokens(index, 0, tokens);

        public override void ReadTokens(int index, int first, Span<float> tokens)
        {
            longest = Math.Max(longest, tokens.Length / TokenWidth);
            for (int i = 0; i < tokens.Length; i++)
            {
                tokens[i] = MathF.Sin(first * TokenWidth + i);
            }
        }

        public override float ReadTarget(int index, int token, Span<float> target)
        {
            target.Clear();
            return 1;
        }
    }

    /// <summary>Overrides only what data must.</summary>
    private sealed class Whole(SequenceData data) : SequenceData
    {
        public override int Count => data.Count;

        public override int TokenWidth => data.TokenWidth;

        public override int TargetWidth => data.TargetWidth;

        public override int GetLength(int index) => data.GetLength(index);

        public override void ReadTokens(int index, Span<float> tokens) => data.ReadTokens(index, tokens);

        public override float ReadTarget(int index, int token, Span<float> target) => data.ReadTarget(index, token, target);
    }
}
