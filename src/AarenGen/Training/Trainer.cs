using System.Diagnostics;
using AarenGen.Kernels;
using AarenGen.Memory;
using static System.FormattableString;

namespace AarenGen.Training;

/// <summary>One training of a model: steps, epochs, checkpoints. Bitwise repeatable for a given number of threads.</summary>
internal sealed class Trainer<TModel> : IDisposable where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly ModelDescription Description = SequenceModel<TModel>.Description;
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromMilliseconds(100);

    private readonly TModel model;
    private readonly SequenceData train;
    private readonly SequenceData? validation;
    private readonly TrainingOptions options;
    private readonly TrainingTensors tensors;
    private readonly AlignedBuffer best = new(Description.Layout.WeightFloats);
    private readonly TrainingEngine engine;
    private readonly int[] order;
    private readonly int batchSize, stepsPerEpoch;
    private readonly Checkpoint progress = new();
    private readonly TrainingSignature? signature;
    private double learningRate;

    public Trainer(TModel model, SequenceData train, SequenceData? validation, TrainingOptions options)
    {
        options.Validate(validation is not null);
        bool hasCheckpoints = options.CheckpointPath is not null;
        int maxRows = options.Device.MaxRows<TModel>();
        PassSize trainSize = DataCheck<TModel>.CheckShape(train, nameof(train), maxRows);
        PassSize validationSize = validation is null ? default : DataCheck<TModel>.CheckShape(validation, nameof(validation), maxRows);
        var size = PassSize.Max(trainSize, validationSize);
        options.Device.CheckMemory<TModel>(size, options);
        if (hasCheckpoints)
        {
            Checkpoint.CheckWritable(options.CheckpointPath!);
        }
        DataSurvey trainSurvey = DataCheck<TModel>.Read(train, nameof(train), trainSize, hasCheckpoints);
        DataSurvey? validationSurvey =
            validation is null ? null : DataCheck<TModel>.Read(validation, nameof(validation), validationSize, hasCheckpoints);
        this.model = model;
        this.train = train;
        this.validation = validation;
        this.options = options;
        order = new int[train.Count];
        batchSize = Math.Min(options.BatchSize, order.Length);
        stepsPerEpoch = 1 + (order.Length - 1) / batchSize;
        tensors = new(model.WeightBuffer, new(Description.Layout.WeightFloats), new(Description.Layout.WeightFloats));
        model.Weights.CopyTo(best.Span);
        signature = hasCheckpoints ? new(Description, options, batchSize, trainSurvey.Digest!, validationSurvey?.Digest) : null;
        float[] initial = model.Weights.ToArray();
        try
        {
            if (options.Resume && File.Exists(options.CheckpointPath))
            {
                progress = Checkpoint.Read(options.CheckpointPath, Description, Sets(), signature!, stepsPerEpoch);
                CheckEpochs();
            }
            ShuffleEpoch();
            engine = options.Device.CreateEngine(new EngineRequest<TModel>(
                model, tensors, train, validation, options, batchSize, size, WeightScale.For(validationSurvey?.Weight ?? 0)));
        }
        catch
        {
            // The weights of a checkpoint that cannot be used must not remain.
            initial.CopyTo(model.Weights);
            throw;
        }
        engine.BeginLosses(progress.LossSum);
    }

    private long Steps => (long)stepsPerEpoch * options.Epochs;

    public static double Evaluate(TModel model, SequenceData data)
    {
        PassSize size = DataCheck<TModel>.CheckShape(data, nameof(data), PassWorkspace<TModel>.MaxRows);
        PassWorkspace<TModel> workspace = PassWorkspace<TModel>.Allocate(1, size, training: false)[0];
        var packed = new AlignedBuffer(Description.Layout.PackedTrainingFloats);
        model.PrepareFor(packed.Span, training: false, WorkerSlice.All);
        BatchPlan plan = BatchPlan.All(data, BatchReader<TModel>.RowsOf);
        Run(weightScale: 1);
        DataCheck<TModel>.CheckWeight(workspace.Weight, nameof(data));
        if (WeightScale.For(workspace.Weight) is not 1 and var scale)
        {
            Run(scale);
        }
        return workspace.Loss / workspace.Weight;

        void Run(double weightScale)
        {
            workspace.Reset();
            for (int pass = 0; pass < plan.Passes; pass++)
            {
                workspace.Evaluate(model, data, plan.Pass(pass), packed.Span, weightScale);
            }
        }
    }

    public TrainingReport Run(IProgress<TrainingProgress>? listener, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp(), reported = started;
        try
        {
            while (!IsDone)
            {
                if (cancellation.IsCancellationRequested)
                {
                    Save();
                    cancellation.ThrowIfCancellationRequested();
                }
                Step();
                bool isEpochEnd = progress.Step % stepsPerEpoch == 0;
                if (isEpochEnd)
                {
                    EndEpoch();
                }
                if (isEpochEnd || (options.CheckpointInterval is { } interval && progress.Step % interval == 0))
                {
                    Save();
                }
                if (listener is not null && (isEpochEnd || Stopwatch.GetElapsedTime(reported) > ProgressInterval))
                {
                    reported = Stopwatch.GetTimestamp();
                    listener.Report(Progress(Stopwatch.GetElapsedTime(started)));
                }
            }
            engine.Download();
            if (validation is not null)
            {
                best.Span[..Description.Layout.ParameterFloats].CopyTo(model.Weights);
            }
            return new(
                [.. progress.Epochs], progress.BestEpoch,
                progress.Epochs.Count < options.Epochs ? StopReason.NoImprovement : StopReason.EpochsCompleted,
                progress.Step, engine.Tokens, Stopwatch.GetElapsedTime(started));
        }
        catch (Exception e) when (e is not TrainingDivergedException && !engine.IsOwnError(e))
        {
            // Cancelled, or thrown by the data, the listener or the file system: the model gets the weights of the last step.
            engine.Download();
            throw;
        }
        finally
        {
            model.WeightsChanged();
        }
    }

    public void Dispose() => engine.Dispose();

    /// <summary>One optimisation step on the next batch. Allocates nothing.</summary>
    internal void Step()
    {
        int first = (int)(progress.Step % stepsPerEpoch) * batchSize;
        double rate = Schedule.LearningRate(options, progress.Step + 1, Steps);
        ulong seed = RandomSource.Hash((uint)options.Seed, (ulong)progress.Step);
        var settings = new StepSettings(progress.Step + 1, progress.Updates + 1, rate, seed);
        bool counts = engine.Step(order.AsMemory(first, Math.Min(batchSize, order.Length - first)), settings);
        progress.Step++;
        if (counts)
        {
            progress.LossCount++;
            progress.Updates++;
            learningRate = rate;
        }
    }

    private bool IsDone => progress.Epochs.Count >= options.Epochs
        || (options.Patience is { } patience && progress.Epochs.Count - progress.BestEpoch >= patience);

    private void EndEpoch()
    {
        progress.LossSum = engine.ReadLosses();
        double? validationLoss = validation is null ? null : engine.Evaluate();
        progress.Epochs.Add(new(progress.LossSum / progress.LossCount, validationLoss));
        progress.LossSum = 0;
        progress.LossCount = 0;
        engine.BeginLosses(0);
        if (progress.BestEpoch == 0 || IsBetter(validationLoss, progress.Epochs[progress.BestEpoch - 1].ValidationLoss))
        {
            progress.BestEpoch = progress.Epochs.Count;
            // Without validation the last weights are the best: only a checkpoint needs them now.
            if (validation is not null || options.CheckpointPath is not null)
            {
                engine.Download();
                model.Weights.CopyTo(best.Span);
            }
        }
        ShuffleEpoch();
    }

    /// <summary>Without validation later is better. Any loss is better than NaN, which no other comparison would ever replace.</summary>
    private static bool IsBetter(double? loss, double? best) =>
        loss is null || loss < best || (best is double.NaN && loss is not double.NaN);

    /// <exception cref="ModelFileException">The checkpoint is beyond the epochs that are asked for.</exception>
    private void CheckEpochs()
    {
        int begun = progress.Epochs.Count + (progress.Step % stepsPerEpoch == 0 ? 0 : 1);
        if (begun > options.Epochs)
        {
            throw new ModelFileException(
                Invariant($"{options.CheckpointPath} is already in epoch {begun}, beyond the {options.Epochs} of Epochs; ")
                + Invariant($"raise Epochs to {begun} or more, or train anew without Resume."));
        }
    }

    /// <summary>The order of an epoch follows only from seed and epoch, so that resuming needs no state of a generator.</summary>
    private void ShuffleEpoch()
    {
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }
        new RandomSource(RandomSource.Hash((uint)options.Seed + 0x5EEDUL, (ulong)(progress.Step / stepsPerEpoch))).Shuffle(order);
    }

    private void Save()
    {
        if (options.CheckpointPath is not null)
        {
            progress.LossSum = engine.ReadLosses();
            engine.Download();
            progress.Write(options.CheckpointPath, Description, Sets(), signature!);
        }
    }

    private (string, AlignedBuffer)[] Sets() =>
        [("weights/", tensors.Weights), ("moment1/", tensors.FirstMoment), ("moment2/", tensors.SecondMoment), ("best/", best)];

    private TrainingProgress Progress(TimeSpan elapsed)
    {
        progress.LossSum = engine.ReadLosses();
        int epochs = progress.Epochs.Count;
        bool isBetween = progress.LossCount == 0 && epochs > 0;
        return new(
            isBetween ? epochs : epochs + 1, options.Epochs, progress.Step, Steps,
            isBetween ? progress.Epochs[^1].TrainingLoss : progress.LossSum / Math.Max(1, progress.LossCount),
            epochs > 0 ? progress.Epochs[^1].ValidationLoss : null, learningRate, engine.Tokens / Math.Max(elapsed.TotalSeconds, 1e-9));
    }
}
