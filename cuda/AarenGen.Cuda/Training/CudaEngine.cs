using AarenGen.Cuda.Driver;
using AarenGen.Training;
using static System.FormattableString;

namespace AarenGen.Cuda.Training;

/// <summary>
/// The arithmetic of a training on an NVIDIA GPU. A step is one graph of kernels; the host reads the next batch while the device works on
/// the last, and waits for the device only when losses or weights are asked for.
/// </summary>
internal sealed class CudaEngine<TModel> : TrainingEngine where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private const int Slots = 2;

    private static readonly TokenShape Shape = SequenceModel<TModel>.Description.Tokens;

    private readonly EngineRequest<TModel> request;
    private readonly CudaContext context;
    private readonly CudaStream work, copies;
    private readonly DeviceModel<TModel> model;
    private readonly BatchReader<TModel> reader;
    private readonly BatchSlot<TModel>[] slots = new BatchSlot<TModel>[Slots];
    private readonly CudaGraph prepare;
    private readonly CudaGraph[] steps = new CudaGraph[Slots], evaluations = new CudaGraph[Slots];

    /// <summary>Forward passes that only move states on.</summary>
    private readonly CudaGraph?[] moves = new CudaGraph?[Slots];

    /// <summary>Null where no sequence is cut.</summary>
    private readonly DeviceStates<TModel>? states;
    private readonly SequenceChunks chunks, validationChunks;
    private readonly int[][] validationBatches;
    private double lastRate;
    private int turn;

    public CudaEngine(EngineRequest<TModel> request, CudaDevice device)
    {
        DeviceProgram program = CudaDevice.ProgramOf(request.Model);
        this.request = request;
        chunks = new(request.Options.CarryState);
        validationChunks = chunks.ForEvaluation(Shape);
        (int rows, int sequences) = LargestBatch(name: "train");
        context = new(device.Ordinal);
        device.Check(context.Device.Name, context.Device.Architecture);
        work = new(context);
        copies = new(context);
        model = new(context, program, device.MatrixPrecision, rows, sequences, request.Capacity.IsCut);
        states = request.Capacity.IsCut ? new(context, work, request.BatchSize) : null;
        reader = new(request.Capacity.Samples) { Standardizer = request.Model.Standardizer };
        prepare = model.Record(work, model.Addresses, program.Prepare);
        for (int i = 0; i < Slots; i++)
        {
            slots[i] = new(context, copies, rows, sequences);
            Pass pass = slots[i].Fill(model.Addresses);
            steps[i] = model.Record(work, pass, [.. program.Prepare, .. program.Forward, .. program.Backward, .. program.Update]);
            moves[i] = states is null ? null : model.Record(work, pass, [.. program.Prepare, .. program.Forward]);
            evaluations[i] = model.Record(work, pass, [.. program.Forward, .. program.Evaluate]);
        }
        validationBatches = request.Validation is { } validation ? Batches(validation, rows) : [];
        model.Upload(request.Tensors, work);
    }

    public override bool Step(ReadOnlyMemory<int> sequences, in StepSettings step)
    {
        int own = turn;
        turn = (turn + 1) % Slots;
        PassChunk chunk = states is null ? default : states.Around(chunks, step.Chunk, sequences.Length, step.HasNextChunk);
        BatchExtent extent = slots[own].Read(reader, request.Train, sequences.Span, weightScale: 1, chunk);
        Tokens += extent.Rows;
        bool counts = extent.Weight != 0;
        if (!counts && !step.HasNextChunk)
        {
            return false;
        }
        if (counts && WeightScale.For(extent.Weight) is not 1 and var weightScale)
        {
            extent = slots[own].Read(reader, request.Train, sequences.Span, weightScale, chunk);
        }
        TrainingOptions options = request.Options;
        lastRate = counts ? step.LearningRate : lastRate;
        var settings = new Settings
        {
            Step = step.Step,
            Rows = extent.Rows,
            Sequences = extent.Sequences,
            Training = 1,
            Scale = counts ? (float)(1 / extent.Weight) : 0,
            Clip = (float)options.ClipNorm,
            LearningRate = (float)step.LearningRate,
            Beta1 = (float)options.Beta1,
            Beta2 = (float)options.Beta2,
            Epsilon = (float)options.Epsilon,
            WeightDecay = (float)options.WeightDecay,
            Correction1 = (float)step.Correction(options.Beta1),
            Correction2 = (float)step.Correction(options.Beta2),
            Seed = step.Seed,
        };
        slots[own].Run(extent, settings, work, counts ? steps[own] : moves[own]!, states?.Settings(step.Chunk, step.HasNextChunk));
        states?.Advance();
        return counts;
    }

    public override double[] CopyStates(int sequences) => states?.Copy(sequences, work) ?? [];

    public override void RestoreStates(ReadOnlySpan<double> states) => this.states?.Restore(states, work);

    public override void BeginLosses(double sum) => model.Results.CopyFrom([new Results { LossSum = sum }], work);

    public override double ReadLosses()
    {
        Results results = ReadResults();
        if (results.BadNow != 0)
        {
            throw new TrainingDivergedException(results.BadNow, results.BadLoss, results.BadNorm, lastRate);
        }
        return results.LossSum;
    }

    public override double Evaluate()
    {
        double weight = 0, before = ReadResults().Evaluated;
        prepare.Launch(work);
        foreach (int[] batch in validationBatches)
        {
            weight += Evaluate(batch);
        }
        return (ReadResults().Evaluated - before) / weight;
    }

    public override void Download() => model.Download(request.Tensors, work);

    public override bool IsOwnError(Exception e) => e is CudaException;

    public override void Dispose()
    {
        foreach (IDisposable? resource in (IDisposable?[])[
            prepare, .. steps, .. moves, .. evaluations, .. slots, states, model, work, copies, context])
        {
            resource?.Dispose();
        }
    }

    /// <summary>Enqueues the losses of a batch, chunk by chunk; returns the sum of its weights.</summary>
    private double Evaluate(ReadOnlySpan<int> batch)
    {
        double weight = 0;
        int count = batch.Length;
        for (int chunk = 0; count > 0; chunk++)
        {
            int own = turn;
            turn = (turn + 1) % Slots;
            bool hasNext = HasChunk(batch[0], chunk + 1);
            BatchExtent extent = slots[own].Read(
                reader, request.Validation!, batch[..count], request.ValidationScale,
                states is null ? default : states.Around(validationChunks, chunk, count, hasNext));
            weight += extent.Weight;
            slots[own].Run(
                extent, new() { Rows = extent.Rows, Sequences = extent.Sequences, Scale = 1 }, work, evaluations[own],
                states?.Settings(chunk, hasNext));
            states?.Advance();
            while (count > 0 && !HasChunk(batch[count - 1], chunk + 1))
            {
                count--;
            }
        }
        return weight;

        bool HasChunk(int sequence, int chunk) => validationChunks.Count(Shape, request.Validation!.GetLength(sequence)) > chunk;
    }

    private Results ReadResults()
    {
        Span<Results> results = stackalloc Results[1];
        model.Results.CopyTo(results, work);
        return results[0];
    }

    /// <summary>
    /// Rows and channels' sequences of the largest batch: the longest chunks of training sequences together, or the longest of a validation
    /// sequence. A sequence that is not cut is a chunk.
    /// </summary>
    private (int Rows, int Sequences) LargestBatch(string name)
    {
        long rows = Enumerable.Range(0, request.Train.Count).Select(i => RowsOf(request.Train, i, chunks)).OrderDescending()
            .Take(request.BatchSize).Sum();
        if (rows > BatchReader<TModel>.MaxRows)
        {
            throw new ArgumentException(
                Invariant(
                    $"The {request.BatchSize} longest {(request.Capacity.IsCut ? "chunks" : "sequences")} of '{name}' have {rows} rows ")
                + Invariant($"together, one for each output and channel, but a batch takes at most {BatchReader<TModel>.MaxRows}; lower ")
                + (request.Capacity.IsCut ? $"BatchSize or {nameof(TrainingOptions.CarryState)}." : "BatchSize, or cut long sequences."),
                name);
        }
        if (request.Validation is { } validation)
        {
            rows = Math.Max(rows, Enumerable.Range(0, validation.Count).Max(i => RowsOf(validation, i, validationChunks)));
        }
        return ((int)rows, request.BatchSize * Shape.Channels);
    }

    /// <summary>
    /// All sequences in batches for which there is memory, those with the most chunks first, else in order: the sequences of a batch that
    /// have another chunk are its first ones.
    /// </summary>
    private int[][] Batches(SequenceData data, int rows)
    {
        var batches = new List<int[]>();
        var batch = new List<int>();
        long used = 0;
        foreach (int i in Enumerable.Range(0, data.Count).OrderByDescending(i => validationChunks.Count(Shape, data.GetLength(i))))
        {
            long own = RowsOf(data, i, validationChunks);
            if (batch.Count == request.BatchSize || (batch.Count > 0 && used + own > rows))
            {
                batches.Add([.. batch]);
                batch.Clear();
                used = 0;
            }
            batch.Add(i);
            used += own;
        }
        batches.Add([.. batch]);
        return [.. batches];
    }

    /// <summary>The most rows of a chunk of a sequence.</summary>
    private static long RowsOf(SequenceData data, int sequence, SequenceChunks chunks) =>
        (long)chunks.Largest(Shape, data.GetLength(sequence)).Outputs * Shape.Channels;
}
