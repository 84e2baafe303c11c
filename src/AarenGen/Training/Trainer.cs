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
    private readonly WorkerTeam team;
    private readonly PassWorkspace<TModel>[] workspaces;
    private readonly BatchPlan plan;
    private readonly BatchPlan? validationPlan;
    private readonly AlignedBuffer packed = new(Description.PackedTrainingFloats);
    private readonly AlignedBuffer firstMoment = new(Description.WeightFloats), secondMoment = new(Description.WeightFloats);
    private readonly AlignedBuffer best = new(Description.WeightFloats);
    private readonly (int Start, int End, bool Decays)[] runs = DecayRuns();
    private readonly int[] order;
    private readonly Action<int> prepare, runPasses, runValidation, reduce, finish, sumSquares, update;
    private readonly double[] squares;
    private readonly int stepsPerEpoch;
    private readonly Checkpoint progress = new();
    private long tokens;
    private float gradientScale, learningRate, correction1, correction2;

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
        prepare = Prepare;
        runPasses = RunPasses;
        runValidation = RunValidation;
        reduce = Reduce;
        finish = Finish;
        sumSquares = SumSquares;
        squares = new double[options.Threads];
        update = Update;
        stepsPerEpoch = (train.Count + options.BatchSize - 1) / options.BatchSize;
        order = new int[train.Count];
        plan = new(train, PassWorkspace<TModel>.RowsOf, options.BatchSize);
        validationPlan = validation is null ? null : BatchPlan.All(validation, PassWorkspace<TModel>.RowsOf);
        workspaces = new PassWorkspace<TModel>[options.Threads];
        for (int i = 0; i < workspaces.Length; i++)
        {
            workspaces[i] = new(capacity, training: true);
        }
        team = new(options.Threads);
        model.Weights.CopyTo(best.Span);
        if (options.Resume && File.Exists(options.CheckpointPath))
        {
            progress = Checkpoint.Read(options.CheckpointPath, Description, Sets(), Signature());
        }
        ShuffleEpoch();
    }

    private long Steps => (long)stepsPerEpoch * options.Epochs;

    public static double Evaluate(TModel model, SequenceData data)
    {
        PassSize capacity = CheckData(data, nameof(data));
        var workspace = new PassWorkspace<TModel>(capacity, training: false);
        var packed = new AlignedBuffer(Description.PackedTrainingFloats);
        model.PrepareFor(packed.Span, training: false, WorkShare.All);
        BatchPlan plan = BatchPlan.All(data, PassWorkspace<TModel>.RowsOf);
        for (int pass = 0; pass < plan.Passes; pass++)
        {
            workspace.Evaluate(model, data, plan.Pass(pass), packed.Span);
        }
        return MeanLoss([workspace]);
    }

    public TrainingReport Run(IProgress<TrainingProgress>? listener, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp(), reported = started;
        tokens = 0;
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
            if (validation is not null)
            {
                best.Span[..Description.ParameterFloats].CopyTo(model.Weights);
            }
            return new(
                [.. progress.Epochs], progress.BestEpoch,
                progress.Epochs.Count < options.Epochs ? TrainingEnd.NoImprovement : TrainingEnd.AllEpochs,
                progress.Step, tokens, Stopwatch.GetElapsedTime(started));
        }
        finally
        {
            model.WeightsChanged();
        }
    }

    public void Dispose() => team.Dispose();

    /// <summary>One optimisation step on the next batch. Allocates nothing.</summary>
    internal void Step()
    {
        int first = (int)(progress.Step % stepsPerEpoch) * options.BatchSize;
        plan.Plan(order.AsMemory(first, Math.Min(options.BatchSize, train.Count - first)));
        (double loss, double weight) = Gradients();
        progress.Step++;
        if (weight == 0)
        {
            return;
        }
        double scale = 1 / weight;
        team.Run(sumSquares);
        double norm = Math.Sqrt(squares.Sum()) * scale;
        double rate = Schedule.LearningRate(options, progress.Step, Steps);
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new TrainingDivergedException(progress.Step, loss * scale, norm, rate);
        }
        progress.LossSum += loss * scale;
        progress.LossCount++;
        progress.Updates++;
        gradientScale = (float)(norm > options.ClipNorm ? scale * options.ClipNorm / norm : scale);
        learningRate = (float)rate;
        correction1 = (float)(1 - Math.Pow(options.Beta1, progress.Updates));
        correction2 = (float)(1 - Math.Pow(options.Beta2, progress.Updates));
        team.Run(update);
    }

    /// <summary>Sums of the planned batch's losses and weights; the gradients of the loss's sum are the first workspace's.</summary>
    private (double Loss, double Weight) Gradients()
    {
        team.Run(prepare);
        team.Run(runPasses);
        double loss = 0, weight = 0;
        foreach (PassWorkspace<TModel> workspace in workspaces)
        {
            loss += workspace.Loss;
            weight += workspace.Weight;
            tokens += workspace.Tokens;
        }
        team.Run(reduce);
        team.Run(finish);
        return (loss, weight);
    }

    private bool IsDone => progress.Epochs.Count >= options.Epochs
        || (options.Patience is { } patience && progress.Epochs.Count - progress.BestEpoch >= patience);

    private void Prepare(int worker) => model.PrepareFor(packed.Span, training: true, new(worker, team.Size));

    private void Finish(int worker) => model.Finish(workspaces[0].Gradients.Span, new(worker, team.Size));

    private void SumSquares(int worker)
    {
        (int start, int end) = Slice(worker, Description.ParameterFloats);
        squares[worker] = Optimizers.SquaredNorm(workspaces[0].Gradients.Span[start..end]);
    }

    private void RunPasses(int worker)
    {
        PassWorkspace<TModel> workspace = workspaces[worker];
        workspace.Reset();
        for (int pass = worker; pass < plan.Passes; pass += team.Size)
        {
            ulong seed = RandomSource.Hash(RandomSource.Hash((uint)options.Seed, (ulong)progress.Step), (ulong)pass);
            workspace.Train(model, train, plan.Pass(pass), packed.Span, seed);
        }
    }

    /// <summary>Adds the threads' gradients in the order of their numbers; each worker takes its slice of all of them.</summary>
    private void Reduce(int worker)
    {
        (int start, int end) = Slice(worker, Description.WeightFloats);
        for (int other = 1; other < workspaces.Length; other++)
        {
            Elementwise.Accumulate(workspaces[other].Gradients.Span[start..end], workspaces[0].Gradients.Span[start..end]);
        }
    }

    private void Update(int worker)
    {
        (int start, int end) = Slice(worker, Description.ParameterFloats);
        foreach ((int runStart, int runEnd, bool decays) in runs)
        {
            Range part = Math.Max(start, runStart)..Math.Max(Math.Max(start, runStart), Math.Min(end, runEnd));
            Optimizers.AdamW(
                model.Weights[part], workspaces[0].Gradients.Span[part], firstMoment.Span[part], secondMoment.Span[part], gradientScale,
                learningRate, (float)options.Beta1, (float)options.Beta2, (float)options.Epsilon,
                decays ? (float)options.WeightDecay : 0, correction1, correction2);
        }
    }

    private (int Start, int End) Slice(int worker, int length)
    {
        int lanes = length / Layout.Lane;
        return ((int)((long)lanes * worker / team.Size) * Layout.Lane, (int)((long)lanes * (worker + 1) / team.Size) * Layout.Lane);
    }

    private void EndEpoch()
    {
        double? validationLoss = null;
        if (validation is not null)
        {
            model.PrepareFor(packed.Span, training: false, WorkShare.All);
            team.Run(runValidation);
            validationLoss = MeanLoss(workspaces);
        }
        progress.Epochs.Add(new(progress.LossCount == 0 ? 0 : progress.LossSum / progress.LossCount, validationLoss));
        progress.LossSum = 0;
        progress.LossCount = 0;
        bool isBest = validationLoss is null || progress.BestEpoch == 0 || validationLoss < progress.Epochs[progress.BestEpoch - 1].ValidationLoss;
        if (isBest)
        {
            progress.BestEpoch = progress.Epochs.Count;
            model.Weights.CopyTo(best.Span);
        }
        ShuffleEpoch();
    }

    private void RunValidation(int worker)
    {
        PassWorkspace<TModel> workspace = workspaces[worker];
        workspace.Reset();
        for (int pass = worker; pass < validationPlan!.Passes; pass += team.Size)
        {
            workspace.Evaluate(model, validation!, validationPlan.Pass(pass), packed.Span);
        }
    }

    private static double MeanLoss(ReadOnlySpan<PassWorkspace<TModel>> workspaces)
    {
        double loss = 0, weight = 0;
        foreach (PassWorkspace<TModel> workspace in workspaces)
        {
            loss += workspace.Loss;
            weight += workspace.Weight;
        }
        return weight == 0 ? 0 : loss / weight;
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
            progress.Write(options.CheckpointPath, Description, Sets(), Signature());
        }
    }

    private (string, AlignedBuffer)[] Sets() =>
        [("weights/", model.WeightBuffer), ("moment1/", firstMoment), ("moment2/", secondMoment), ("best/", best)];

    /// <summary>What must be equal for going on: everything that decides a bit of the result.</summary>
    private Dictionary<string, string> Signature() => new()
    {
        ["declaration"] = Description.Fingerprint,
        ["options"] = (options with { CheckpointPath = null, CheckpointInterval = null, Resume = false }).ToString(),
        ["training data"] = $"{train.Count} sequences",
        ["validation data"] = validation is null ? "none" : $"{validation.Count} sequences",
    };

    private TrainingProgress Progress(TimeSpan elapsed)
    {
        int epochs = progress.Epochs.Count;
        bool isBetween = progress.LossCount == 0 && epochs > 0;
        return new(
            isBetween ? epochs : epochs + 1, options.Epochs, progress.Step, Steps,
            isBetween ? progress.Epochs[^1].TrainingLoss : progress.LossSum / Math.Max(1, progress.LossCount),
            epochs > 0 ? progress.Epochs[^1].ValidationLoss : null, learningRate, tokens / Math.Max(elapsed.TotalSeconds, 1e-9));
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
            largest = PassSize.Max(largest, new(PassWorkspace<TModel>.RowsOf(length), length));
        }
        return largest;
    }

    private static (int, int, bool)[] DecayRuns()
    {
        var runs = new List<(int Start, int End, bool Decays)>();
        foreach (ParameterDescription p in Description.Parameters)
        {
            int end = p.Offset + p.Rows * p.RowStride;
            if (runs.Count > 0 && runs[^1].Decays == p.Decays && runs[^1].End == p.Offset)
            {
                runs[^1] = (runs[^1].Start, end, p.Decays);
            }
            else
            {
                runs.Add((p.Offset, end, p.Decays));
            }
        }
        return [.. runs];
    }
}
