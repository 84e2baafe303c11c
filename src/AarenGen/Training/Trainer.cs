using System.Diagnostics;
using AarenGen.Kernels;
using AarenGen.Memory;

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
    private readonly AlignedBuffer best = new(Description.WeightFloats);
    private readonly TrainingEngine engine;
    private readonly int[] order;
    private readonly int stepsPerEpoch;
    private readonly Checkpoint progress = new();
    private double learningRate;

    public Trainer(TModel model, SequenceData train, SequenceData? validation, TrainingOptions options)
    {
        options.Validate(validation is not null);
        PassSize capacity = CheckData(train, nameof(train));
        if (validation is not null)
        {
            capacity = PassSize.Max(capacity, CheckData(validation, nameof(validation)));
        }
        this.model = model;
        this.train = train;
        this.validation = validation;
        this.options = options;
        stepsPerEpoch = (train.Count + options.BatchSize - 1) / options.BatchSize;
        order = new int[train.Count];
        tensors = new(model.WeightBuffer, new(Description.WeightFloats), new(Description.WeightFloats));
        model.Weights.CopyTo(best.Span);
        if (options.Resume && File.Exists(options.CheckpointPath))
        {
            progress = Checkpoint.Read(options.CheckpointPath, Description, Sets(), Signature());
        }
        ShuffleEpoch();
        engine = options.Device.CreateEngine(new EngineRequest<TModel>(model, tensors, train, validation, options, capacity));
        engine.BeginLosses(progress.LossSum);
    }

    private long Steps => (long)stepsPerEpoch * options.Epochs;

    public static double Evaluate(TModel model, SequenceData data)
    {
        PassSize capacity = CheckData(data, nameof(data));
        var workspace = new PassWorkspace<TModel>(capacity, training: false);
        var packed = new AlignedBuffer(Description.PackedTrainingFloats);
        model.PrepareFor(packed.Span, training: false, WorkShare.All);
        BatchPlan plan = BatchPlan.All(data, BatchReader<TModel>.RowsOf);
        for (int pass = 0; pass < plan.Passes; pass++)
        {
            workspace.Evaluate(model, data, plan.Pass(pass), packed.Span);
        }
        return CpuEngine<TModel>.MeanLoss([workspace]);
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
                best.Span[..Description.ParameterFloats].CopyTo(model.Weights);
            }
            return new(
                [.. progress.Epochs], progress.BestEpoch,
                progress.Epochs.Count < options.Epochs ? TrainingEnd.NoImprovement : TrainingEnd.AllEpochs,
                progress.Step, engine.Tokens, Stopwatch.GetElapsedTime(started));
        }
        catch (OperationCanceledException)
        {
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
        int first = (int)(progress.Step % stepsPerEpoch) * options.BatchSize;
        double rate = Schedule.LearningRate(options, progress.Step + 1, Steps);
        ulong seed = RandomSource.Hash((uint)options.Seed, (ulong)progress.Step);
        var settings = new StepSettings(progress.Step + 1, progress.Updates + 1, rate, seed);
        bool counts = engine.Step(order.AsMemory(first, Math.Min(options.BatchSize, train.Count - first)), settings);
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
        progress.Epochs.Add(new(progress.LossCount == 0 ? 0 : progress.LossSum / progress.LossCount, validationLoss));
        progress.LossSum = 0;
        progress.LossCount = 0;
        engine.BeginLosses(0);
        bool isBest = validationLoss is null || progress.BestEpoch == 0 || validationLoss < progress.Epochs[progress.BestEpoch - 1].ValidationLoss;
        if (isBest)
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

    /// <summary>The order of an epoch follows from seed and epoch alone, so that going on needs no generator's state.</summary>
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
            progress.Write(options.CheckpointPath, Description, Sets(), Signature());
        }
    }

    private (string, AlignedBuffer)[] Sets() =>
        [("weights/", tensors.Weights), ("moment1/", tensors.FirstMoment), ("moment2/", tensors.SecondMoment), ("best/", best)];

    /// <summary>What must be equal for going on: everything that decides a bit of the result.</summary>
    private Dictionary<string, string> Signature() => new()
    {
        ["declaration"] = Description.Fingerprint,
        ["options"] = (options with { Device = Device.Cpu, CheckpointPath = null, CheckpointInterval = null, Resume = false }).ToString(),
        ["training data"] = $"{train.Count} sequences",
        ["validation data"] = validation is null ? "none" : $"{validation.Count} sequences",
    };

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

    /// <summary>Checks widths and lengths; returns the size of the largest pass.</summary>
    private static PassSize CheckData(SequenceData data, string name)
    {
        if (data.Count == 0)
        {
            throw new ArgumentException($"'{name}' has no sequences.", name);
        }
        if (data.TokenWidth != Description.InputWidth || data.TargetWidth != Description.TargetWidth)
        {
            throw new ArgumentException(
                $"'{name}' has tokens of {data.TokenWidth} and targets of {data.TargetWidth} numbers, but '{Description.Name}' takes {Description.InputWidth} and {Description.TargetWidth}.", name);
        }
        int least = Description.Tokens.PatchLength;
        for (int i = 0; i < data.Count; i++)
        {
            if (data.LengthOf(i) < least)
            {
                throw new ArgumentException($"Sequence {i} of '{name}' is {data.LengthOf(i)} tokens long; every sequence needs at least {(least == 1 ? "one" : $"{least}, a patch")}.", name);
            }
        }
        return LargestPass(data);
    }

    private static PassSize LargestPass(SequenceData data)
    {
        var largest = new PassSize(BatchPlan.RowsPerPass, 0);
        for (int i = 0; i < data.Count; i++)
        {
            int length = data.LengthOf(i);
            largest = PassSize.Max(largest, new(BatchReader<TModel>.RowsOf(length), length));
        }
        return largest;
    }
}
