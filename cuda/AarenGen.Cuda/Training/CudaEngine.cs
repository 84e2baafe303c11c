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

    private readonly EngineRequest<TModel> request;
    private readonly CudaContext context;
    private readonly CudaStream work, copies;
    private readonly DeviceModel<TModel> model;
    private readonly BatchReader<TModel> reader;
    private readonly BatchSlot<TModel>[] slots = new BatchSlot<TModel>[Slots];
    private readonly CudaGraph prepare;
    private readonly CudaGraph[] steps = new CudaGraph[Slots], evaluations = new CudaGraph[Slots];
    private readonly int[][] validationBatches;
    private double lastRate;
    private int turn;

    public CudaEngine(EngineRequest<TModel> request, CudaDevice device)
    {
        DeviceProgram program = request.Model.DeviceProgram ?? throw new NotSupportedException(
            $"'{SequenceModel<TModel>.Description.Name}' was compiled without its CUDA kernels; let the project that declares it refer to "
                + "AarenGen.Cuda, or train on Device.Cpu.");
        this.request = request;
        (int rows, int sequences) = LargestBatch(request, name: "train");
        context = new(device.Ordinal);
        device.Check(context.Device);
        work = new(context);
        copies = new(context);
        model = new(context, program, device.MatrixPrecision, rows, sequences);
        reader = new(request.Capacity.Samples);
        prepare = model.Record(work, model.Addresses, program.Prepare);
        for (int i = 0; i < Slots; i++)
        {
            slots[i] = new(context, copies, rows, sequences);
            Pass pass = slots[i].Fill(model.Addresses);
            steps[i] = model.Record(work, pass, [.. program.Prepare, .. program.Forward, .. program.Backward, .. program.Update]);
            evaluations[i] = model.Record(work, pass, [.. program.Forward, .. program.Evaluate]);
        }
        validationBatches = request.Validation is { } validation ? Batches(validation, rows, sequences) : [];
        model.Upload(request.Tensors, work);
    }

    public override bool Step(ReadOnlyMemory<int> sequences, in StepSettings step)
    {
        int own = turn;
        turn = (turn + 1) % Slots;
        BatchExtent extent = slots[own].Read(reader, request.Train, sequences.Span);
        Tokens += extent.Rows;
        if (extent.Weight == 0)
        {
            return false;
        }
        if (WeightScale.For(extent.Weight) is not 1 and var weightScale)
        {
            extent = slots[own].Read(reader, request.Train, sequences.Span, weightScale);
        }
        TrainingOptions options = request.Options;
        lastRate = step.LearningRate;
        slots[own].Run(extent, new()
        {
            Step = step.Step,
            Rows = extent.Rows,
            Sequences = extent.Sequences,
            Training = 1,
            Scale = (float)(1 / extent.Weight),
            Clip = (float)options.ClipNorm,
            LearningRate = (float)step.LearningRate,
            Beta1 = (float)options.Beta1,
            Beta2 = (float)options.Beta2,
            Epsilon = (float)options.Epsilon,
            WeightDecay = (float)options.WeightDecay,
            Correction1 = (float)step.Correction(options.Beta1),
            Correction2 = (float)step.Correction(options.Beta2),
            Seed = step.Seed,
        }, work, steps[own]);
        return true;
    }

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
            int own = turn;
            turn = (turn + 1) % Slots;
            BatchExtent extent = slots[own].Read(reader, request.Validation!, batch, request.ValidationScale);
            weight += extent.Weight;
            slots[own].Run(extent, new() { Rows = extent.Rows, Sequences = extent.Sequences, Scale = 1 }, work, evaluations[own]);
        }
        return (ReadResults().Evaluated - before) / weight;
    }

    public override void Download() => model.Download(request.Tensors, work);

    public override bool IsOwnError(Exception e) => e is CudaException;

    public override void Dispose()
    {
        foreach (IDisposable? resource in (IDisposable?[])[prepare, .. steps, .. evaluations, .. slots, model, work, copies, context])
        {
            resource?.Dispose();
        }
    }

    private Results ReadResults()
    {
        Span<Results> results = stackalloc Results[1];
        model.Results.CopyTo(results, work);
        return results[0];
    }

    /// <summary>
    /// Rows and channels' sequences of the largest batch: the longest training sequences together, or the longest validation sequence.
    /// </summary>
    private static (int Rows, int Sequences) LargestBatch(EngineRequest<TModel> request, string name)
    {
        int channels = SequenceModel<TModel>.Description.Tokens.Channels;
        long rows = Lengths(request.Train).OrderDescending().Take(request.BatchSize).Sum(static r => (long)r);
        if (rows > BatchReader<TModel>.MaxRows)
        {
            throw new ArgumentException(
                Invariant(
                    $"The {request.BatchSize} longest sequences of '{name}' have {rows} rows together, one for each output and channel, ")
                + Invariant($"but a batch takes at most {BatchReader<TModel>.MaxRows}; lower BatchSize, or cut long sequences."), name);
        }
        if (request.Validation is { } validation)
        {
            rows = Math.Max(rows, Lengths(validation).Max());
        }
        return ((int)rows, request.BatchSize * channels);

        static IEnumerable<int> Lengths(SequenceData data) =>
            Enumerable.Range(0, data.Count).Select(i => BatchReader<TModel>.RowsOf(data.GetLength(i)));
    }

    /// <summary>All sequences in order, in batches for which there is memory.</summary>
    private static int[][] Batches(SequenceData data, int rows, int sequences)
    {
        var batches = new List<int[]>();
        var batch = new List<int>();
        int used = 0, max = sequences / SequenceModel<TModel>.Description.Tokens.Channels;
        for (int i = 0; i < data.Count; i++)
        {
            int own = BatchReader<TModel>.RowsOf(data.GetLength(i));
            if (batch.Count == max || (batch.Count > 0 && used + own > rows))
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
}
