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

    /// <summary>Below a frame of a screen, so that a page stays alive; far above what a yield costs.</summary>
    private static readonly TimeSpan YieldInterval = TimeSpan.FromMilliseconds(10);

    private readonly TModel model;
    private readonly SequenceData train;
    private readonly SequenceData? validation;
    private readonly TrainingOptions options;
    private readonly TrainingTensors tensors;
    private readonly AlignedBuffer best = new(Description.Layout.WeightFloats);
    private readonly TrainingEngine engine;
    private readonly StepOrder order;
    private readonly Checkpoint progress = new();
    private readonly TrainingSignature? signature;
    private readonly StandardizationStatistics? initialStatistics;
    private double learningRate;

    public Trainer(TModel model, SequenceData train, SequenceData? validation, TrainingOptions options)
    {
        options.Validate(validation is not null, SequenceChunks.MinTokens(Description.Tokens));
        bool hasCheckpoints = options.CheckpointPath is not null;
        Device device = options.Device;
        SequenceChunks chunks = new(options.CarryState), validationChunks = chunks.ForEvaluation(Description.Tokens);
        int maxRows = device.MaxRows<TModel>(), batchSize = Math.Min(options.BatchSize, Math.Max(1, train.Count));
        PassSize trainSize = DataCheck<TModel>.CheckShape(train, nameof(train), maxRows, chunks);
        PassSize validationSize =
            validation is null ? default : DataCheck<TModel>.CheckShape(validation, nameof(validation), maxRows, validationChunks);
        var size = PassSize.Max(trainSize, validationSize);
        device.CheckMemory<TModel>(size, options with { BatchSize = batchSize });
        if (hasCheckpoints)
        {
            Checkpoint.CheckWritable(options.CheckpointPath!);
        }
        this.model = model;
        this.train = train;
        this.validation = validation;
        this.options = options;
        initialStatistics = model.Statistics;
        bool resumes = options.Resume && File.Exists(options.CheckpointPath);
        StandardizationStatistics? statistics = initialStatistics is { IsFitted: false } && !resumes
            ? StandardizationFit.Run<TModel>(train.ForStatistics, nameof(train), trainSize.Samples) : initialStatistics;
        // A checkpoint brings its own statistics; until it has been read, numbers of any size may do.
        (DataSurvey trainSurvey, DataSurvey? validationSurvey) = Survey(
            withDigest: hasCheckpoints,
            resumes && statistics is not null ? Standardizer.ForAnyScale(Description) : Standardizer.Create(Description, statistics));
        var counts = new int[train.Count];
        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] = chunks.Count(Description.Tokens, train.GetLength(i));
        }
        order = new(counts, batchSize, options.Seed);
        tensors = new(model.WeightBuffer, new(Description.Layout.WeightFloats), new(Description.Layout.WeightFloats));
        model.Weights.CopyTo(best.Span);
        signature = hasCheckpoints ? new(Description, options, batchSize, trainSurvey.Digest!, validationSurvey?.Digest) : null;
        float[] initial = model.Weights.ToArray();
        try
        {
            if (resumes)
            {
                progress = Checkpoint.Read(
                    options.CheckpointPath!, Description, Sets(), signature!, order, CarriedStates<TModel>.StateDoubles);
                CheckEpochs();
                if (progress.Statistics is { } kept)
                {
                    statistics = kept;
                    Survey(withDigest: false, Standardizer.Create(Description, statistics));
                }
            }
            progress.Statistics = statistics;
            model.UseStatistics(statistics);
            engine = device.CreateEngine(new EngineRequest<TModel>(
                model, tensors, train, validation, options, batchSize, size, WeightScale.For(validationSurvey?.Weight ?? 0)));
        }
        catch
        {
            // The weights of a checkpoint that cannot be used must not remain.
            initial.CopyTo(model.Weights);
            model.UseStatistics(initialStatistics);
            throw;
        }
        engine.BeginLosses(progress.LossSum);
        engine.RestoreStates(progress.States);
        progress.States = [];

        (DataSurvey, DataSurvey?) Survey(bool withDigest, Standardizer? standardizer) => (
            DataCheck<TModel>.Read(train, nameof(train), trainSize, withDigest, standardizer),
            validation is null
                ? null : DataCheck<TModel>.Read(validation, nameof(validation), validationSize, withDigest, standardizer));
    }

    private long Steps => order.StepsOfAll(options.Epochs);

    public static double Evaluate(TModel model, SequenceData data) => Evaluate(model, data, PassWorkspace<TModel>.EvaluationChunks);

    public static double Evaluate(TModel model, SequenceData data, SequenceChunks chunks)
    {
        (double loss, double weight) = Evaluate(
            model, data, chunks, static (workspace, call) => workspace.Evaluate(
                call.Model, call.Data, call.Sequences, call.Packed, call.WeightScale, call.Chunks));
        return loss / weight;
    }

    public static IReadOnlyList<HeadEvaluation> EvaluateHeads(TModel model, SequenceData data) =>
        EvaluateHeads(model, data, PassWorkspace<TModel>.EvaluationChunks);

    public static IReadOnlyList<HeadEvaluation> EvaluateHeads(TModel model, SequenceData data, SequenceChunks chunks)
    {
        HeadSums[] heads = [];
        double lastScale = double.NaN;
        Evaluate(model, data, chunks, (workspace, call) =>
        {
            if (call.WeightScale != lastScale)
            {
                // The data are read again with other weights.
                heads = [.. Description.Heads.Select(static h => new HeadSums(h))];
                lastScale = call.WeightScale;
            }
            workspace.EvaluateHeads(call.Model, call.Data, call.Sequences, call.Packed, call.WeightScale, call.Chunks, heads);
        });
        return [.. heads.Select(static h => h.ToEvaluation())];
    }

    /// <summary>Runs all sequences, one pass after the other; returns the sums of losses and weights.</summary>
    private static (double Loss, double Weight) Evaluate(
        TModel model, SequenceData data, SequenceChunks chunks, Action<PassWorkspace<TModel>, EvaluationCall> evaluate)
    {
        PassSize size = DataCheck<TModel>.CheckShape(data, nameof(data), PassWorkspace<TModel>.MaxRows, chunks);
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
        return (workspace.Loss, workspace.Weight);

        void Run(double weightScale)
        {
            workspace.Reset();
            for (int pass = 0; pass < plan.Passes; pass++)
            {
                evaluate(
                    workspace, new()
                    {
                        Model = model,
                        Data = data,
                        Sequences = plan.Pass(pass),
                        Packed = packed.Span,
                        WeightScale = weightScale,
                        Chunks = chunks,
                    });
            }
        }
    }

    /// <summary>A pass of an evaluation.</summary>
    private readonly ref struct EvaluationCall
    {
        public required TModel Model { get; init; }

        public required SequenceData Data { get; init; }

        public required ReadOnlySpan<int> Sequences { get; init; }

        public required ReadOnlySpan<float> Packed { get; init; }

        public required double WeightScale { get; init; }

        public required SequenceChunks Chunks { get; init; }
    }

    /// <summary>Trains until the end.</summary>
    /// <param name="yields">
    /// Whether the caller's thread gets control back between optimiser steps; otherwise the task is complete when the call returns.
    /// </param>
    /// <param name="listener">Receives reports; null: none.</param>
    /// <param name="cancellation">Stops after the current optimiser step.</param>
    public async Task<TrainingReport> Run(bool yields, IProgress<TrainingProgress>? listener, CancellationToken cancellation)
    {
        long started = Stopwatch.GetTimestamp(), reported = started, resumed = started;
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
                bool isEpochEnd = order.IsEpochStart;
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
                if (yields && Stopwatch.GetElapsedTime(resumed) > YieldInterval)
                {
                    await Task.Yield();
                    resumed = Stopwatch.GetTimestamp();
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
                progress.Step, engine.Tokens, Stopwatch.GetElapsedTime(started)) { DeviceNote = engine.DeviceNote };
        }
        catch (Exception e) when (e is not TrainingDivergedException && !engine.IsOwnError(e))
        {
            // Cancelled, or thrown by the data, the listener or the file system: the model gets the weights of the last step.
            engine.Download();
            throw;
        }
        finally
        {
            if (progress.Updates == 0)
            {
                // No weight depends on the statistics yet, and the next training may have other data.
                model.UseStatistics(initialStatistics);
            }
            model.WeightsChanged();
        }
    }

    public void Dispose() => engine.Dispose();

    /// <summary>One optimisation step on the next batch, or on its next chunk. Allocates nothing.</summary>
    internal void Step()
    {
        double rate = Schedule.LearningRate(options, order.ScheduledStep, order.StepsOfFirstEpoch * options.Epochs);
        ulong seed = RandomSource.Hash((uint)options.Seed, (ulong)progress.Step);
        var settings = new StepSettings(progress.Step + 1, progress.Updates + 1, rate, seed)
        {
            Chunk = order.Chunk,
            HasNextChunk = order.HasNextChunk,
        };
        bool counts = engine.Step(order.Sequences, settings);
        progress.Step++;
        order.Advance();
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
    }

    /// <summary>Without validation later is better. Any loss is better than NaN, which no other comparison would ever replace.</summary>
    private static bool IsBetter(double? loss, double? best) =>
        loss is null || loss < best || (best is double.NaN && loss is not double.NaN);

    /// <exception cref="ModelFileException">The checkpoint is beyond the epochs that are asked for.</exception>
    private void CheckEpochs()
    {
        int begun = progress.Epochs.Count + (order.IsEpochStart ? 0 : 1);
        if (begun > options.Epochs)
        {
            throw new ModelFileException(
                Invariant($"{options.CheckpointPath} is already in epoch {begun}, beyond the {options.Epochs} of Epochs; ")
                + Invariant($"raise Epochs to {begun} or more, or train anew without Resume."));
        }
    }

    private void Save()
    {
        if (options.CheckpointPath is not null)
        {
            progress.LossSum = engine.ReadLosses();
            engine.Download();
            progress.States = order.Chunk == 0 ? [] : engine.CopyStates(order.Sequences.Length);
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
            epochs > 0 ? progress.Epochs[^1].ValidationLoss : null, learningRate, engine.Tokens / Math.Max(elapsed.TotalSeconds, 1e-9))
        {
            DeviceNote = engine.DeviceNote,
        };
    }
}
