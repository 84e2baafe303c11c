using AarenGen.Kernels;
using AarenGen.Memory;

namespace AarenGen.Training;

/// <summary>The arithmetic of a training on the CPU's cores. Bitwise repeatable for a given number of threads.</summary>
internal sealed class CpuEngine<TModel> : TrainingEngine where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly ModelDescription Description = SequenceModel<TModel>.Description;

    private readonly TModel model;
    private readonly TrainingTensors tensors;
    private readonly SequenceData train;
    private readonly SequenceData? validation;
    private readonly TrainingOptions options;
    private readonly WorkerTeam team;
    private readonly PassWorkspace<TModel>[] workspaces;
    private readonly BatchPlan plan;
    private readonly BatchPlan? validationPlan;
    private readonly SequenceChunks chunks, validationChunks;
    private readonly CarriedStates<TModel> states;
    private readonly AlignedBuffer packed = new(Description.Layout.PackedTrainingFloats);
    private readonly Action<int> prepare, runPasses, runValidation, reduce, backpropagateDerived, sumSquares, update;
    private readonly double[] normPartials;
    private readonly double validationScale;
    private StepSettings settings;
    private double lossSum, weightScale;
    private float gradientScale, correction1, correction2;

    /// <exception cref="ArgumentException">This machine has too little memory for the longest sequence.</exception>
    public CpuEngine(EngineRequest<TModel> request)
    {
        model = request.Model;
        tensors = request.Tensors;
        train = request.Train;
        validation = request.Validation;
        options = request.Options;
        validationScale = request.ValidationScale;
        prepare = Prepare;
        runPasses = RunPasses;
        runValidation = RunValidation;
        reduce = Reduce;
        backpropagateDerived = BackpropagateDerivedWeights;
        sumSquares = SumSquares;
        normPartials = new double[options.Threads];
        update = Update;
        chunks = new(options.CarryState);
        validationChunks = chunks.ForEvaluation(Description.Tokens);
        states = new(request.Capacity.IsCut ? request.BatchSize : 0);
        plan = new(train, (length, chunk) => BatchReader<TModel>.RowsOf(chunks, length, chunk), request.BatchSize);
        validationPlan = validation is null ? null : BatchPlan.All(validation, BatchReader<TModel>.RowsOf);
        workspaces = PassWorkspace<TModel>.Allocate(options.Threads, request.Capacity, training: true);
        team = new(options.Threads);
    }

    /// <summary>Weights and moments are in the host's memory already.</summary>
    public override void Download()
    {
    }

    public override void Dispose() => team.Dispose();

    public override void BeginLosses(double sum) => lossSum = sum;

    public override double ReadLosses() => lossSum;

    public override double[] CopyStates(int sequences) => states.Copy(sequences);

    public override void RestoreStates(ReadOnlySpan<double> states) => this.states.Restore(states);

    /// <summary>Allocates nothing.</summary>
    public override bool Step(ReadOnlyMemory<int> sequences, in StepSettings step)
    {
        settings = step;
        plan.Plan(sequences, step.Chunk);
        (double loss, double weight) = Gradients(scaleOfWeights: 1);
        foreach (PassWorkspace<TModel> workspace in workspaces)
        {
            Tokens += workspace.Tokens;
        }
        if (weight == 0)
        {
            states.Advance();
            return false;
        }
        if (WeightScale.For(weight) is not 1 and var scaleOfWeights)
        {
            (loss, weight) = Gradients(scaleOfWeights);
        }
        double scale = 1 / weight;
        team.Run(sumSquares);
        double norm = Math.Sqrt(normPartials.Sum()) * scale;
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new TrainingDivergedException(step.Step, loss * scale, norm, step.LearningRate);
        }
        lossSum += loss * scale;
        gradientScale = (float)(norm > options.ClipNorm ? scale * options.ClipNorm / norm : scale);
        correction1 = (float)step.Correction(options.Beta1);
        correction2 = (float)step.Correction(options.Beta2);
        team.Run(update);
        states.Advance();
        return true;
    }

    public override double Evaluate()
    {
        model.PrepareFor(packed.Span, training: false, WorkerSlice.All);
        team.Run(runValidation);
        (double loss, double weight) = Sums();
        return loss / weight;
    }

    /// <summary>Sums of the planned batch's losses and weights; the gradients of the loss's sum are the first workspace's.</summary>
    private (double Loss, double Weight) Gradients(double scaleOfWeights)
    {
        weightScale = scaleOfWeights;
        team.Run(prepare);
        team.Run(runPasses);
        (double Loss, double Weight) sums = Sums();
        team.Run(reduce);
        team.Run(backpropagateDerived);
        return sums;
    }

    private (double Loss, double Weight) Sums()
    {
        double loss = 0, weight = 0;
        foreach (PassWorkspace<TModel> workspace in workspaces)
        {
            loss += workspace.Loss;
            weight += workspace.Weight;
        }
        return (loss, weight);
    }

    private void Prepare(int worker) => model.PrepareFor(packed.Span, training: true, new(worker, team.Size));

    private void BackpropagateDerivedWeights(int worker) =>
        model.BackpropagateDerivedWeights(workspaces[0].Gradients.Span, new(worker, team.Size));

    private void SumSquares(int worker)
    {
        (int start, int end) = Slice(worker, Description.Layout.ParameterFloats);
        normPartials[worker] = Optimizers.SquaredNorm(workspaces[0].Gradients.Span[start..end]);
    }

    private void RunPasses(int worker)
    {
        PassWorkspace<TModel> workspace = workspaces[worker];
        workspace.Reset();
        for (int pass = worker; pass < plan.Passes; pass += team.Size)
        {
            ulong seed = RandomSource.Hash(settings.Seed, (ulong)pass);
            ReadOnlySpan<int> sequences = plan.Pass(pass);
            PassChunk chunk = settings.Chunk == 0 && !settings.HasNextChunk
                ? new() { Chunks = chunks }
                : states.Around(chunks, settings.Chunk, plan.First(pass), sequences.Length, settings.HasNextChunk);
            workspace.Train(model, train, sequences, packed.Span, seed, weightScale: weightScale, chunk: chunk);
        }
    }

    /// <summary>Adds the workers' gradients in the order of their numbers; each worker adds its slice.</summary>
    private void Reduce(int worker)
    {
        (int start, int end) = Slice(worker, Description.Layout.WeightFloats);
        for (int other = 1; other < workspaces.Length; other++)
        {
            Elementwise.Accumulate(workspaces[other].Gradients.Span[start..end], workspaces[0].Gradients.Span[start..end]);
        }
    }

    private void Update(int worker)
    {
        (int start, int end) = Slice(worker, Description.Layout.ParameterFloats);
        IReadOnlyList<ParameterDescription> parameters = Description.Parameters;
        for (int i = 0; i < parameters.Count; i++)
        {
            ParameterDescription parameter = parameters[i];
            int from = Math.Max(start, parameter.Offset), to = Math.Min(end, parameter.Offset + parameter.Rows * parameter.RowStride);
            if (from >= to)
            {
                continue;
            }
            Range part = from..to;
            Optimizers.AdamW(
                tensors.Weights.Span[part], workspaces[0].Gradients.Span[part], tensors.FirstMoment.Span[part],
                tensors.SecondMoment.Span[part], gradientScale,
                (float)settings.LearningRate, (float)options.Beta1, (float)options.Beta2, (float)options.Epsilon,
                parameter.Decays ? (float)options.WeightDecay : 0, correction1, correction2);
        }
    }

    private (int Start, int End) Slice(int worker, int length)
    {
        int lanes = length / Layout.Lane;
        return ((int)((long)lanes * worker / team.Size) * Layout.Lane, (int)((long)lanes * (worker + 1) / team.Size) * Layout.Lane);
    }

    private void RunValidation(int worker)
    {
        PassWorkspace<TModel> workspace = workspaces[worker];
        workspace.Reset();
        for (int pass = worker; pass < validationPlan!.Passes; pass += team.Size)
        {
            workspace.Evaluate(model, validation!, validationPlan.Pass(pass), packed.Span, validationScale, validationChunks);
        }
    }
}
