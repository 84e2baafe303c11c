using AarenGen.Memory;

namespace AarenGen.Training;

/// <summary>How much a pass may hold: rows in all, and samples of one sequence or of a chunk of one.</summary>
internal readonly record struct PassSize(int Rows, int Samples)
{
    /// <summary>Whether a sequence has several chunks.</summary>
    public bool IsCut { get; init; }

    public static PassSize Max(PassSize a, PassSize b) =>
        new(Math.Max(a.Rows, b.Rows), Math.Max(a.Samples, b.Samples)) { IsCut = a.IsCut || b.IsCut };
}

/// <summary>A thread's memory: a pass's tokens, targets and activations, and the thread's own gradients.</summary>
internal sealed class PassWorkspace<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly ModelDescription Description = SequenceModel<TModel>.Description;
    private static readonly int TokenStride = BatchReader<TModel>.TokenStride;

    /// <summary>Floats of the activations of an evaluation.</summary>
    private const int EvaluationFloats = 1 << 28;

    private readonly BatchReader<TModel> reader;
    private readonly AlignedBuffer tokens, memory;
    private readonly float[] targets, tokenWeights, sequenceWeights, statistics;
    private readonly int capacity;
    private readonly int[] ends;

    /// <summary>Of evaluations that tell heads apart: the outputs of all heads, and the targets as they were read.</summary>
    private float[]? outputsOfHeads, targetsOfHeads;

    /// <summary>What an evaluation carries through the chunks of a sequence.</summary>
    private readonly CarriedStates<TModel>? states;

    /// <summary>
    /// Rows of a pass so that each of its buffers can be indexed by an int; an <see cref="AlignedBuffer"/> takes some more floats.
    /// </summary>
    public static int MaxRows { get; } =
        Math.Min(BatchReader<TModel>.MaxRows, (Array.MaxLength - 64) / Math.Max(TokenStride, Description.Layout.TrainingFloatsPerToken));

    /// <summary>
    /// How an evaluation cuts sequences: only those whose activations would take more than a gigabyte, at the same places on every machine.
    /// </summary>
    public static SequenceChunks EvaluationChunks { get; } = new SequenceChunks(
        EvaluationFloats / Math.Max(TokenStride, Description.Layout.TrainingFloatsPerToken) / Description.Tokens.Channels
            * Description.Tokens.PatchStride).ForEvaluation(Description.Tokens);

    /// <summary>Memory of several threads.</summary>
    /// <exception cref="ArgumentException">This machine has less.</exception>
    public static PassWorkspace<TModel>[] Allocate(int threads, PassSize size, bool training)
    {
        long available = MemoryCheck.AvailableBytes;
        CheckMemory(threads, size, training, available);
        var workspaces = new PassWorkspace<TModel>[threads];
        try
        {
            for (int i = 0; i < threads; i++)
            {
                workspaces[i] = new(size, training);
            }
        }
        catch (OutOfMemoryException e)
        {
            throw new ArgumentException(MemoryCheck.Message(size.Samples, Needs(size, training, threads, 0), available), e);
        }
        return workspaces;
    }

    /// <summary>Checks memory of several threads, what reads their data included.</summary>
    /// <exception cref="ArgumentException">This machine has less than they take.</exception>
    public static void CheckMemory(int threads, PassSize size, bool training, long available, int carriedSequences = 0) =>
        MemoryCheck.Check(size.Samples, Needs(size, training, threads, carriedSequences), available);

    private static MemoryNeeds Needs(PassSize size, bool training, int threads, int carriedSequences)
    {
        double perRow = (double)Description.Layout.TrainingFloatsPerToken + TokenStride + Description.RowTargetWidth
            + Description.RowStatistics + 3;
        int fixedRows = Math.Min(size.Rows, BatchPlan.RowsPerPass);
        return new()
        {
            Threads = threads,
            SequenceFloats = (size.Rows - fixedRows) * perRow + BatchReader<TModel>.Floats(size.Samples),
            ThreadFloats = fixedRows * perRow + (training ? Description.Layout.WeightFloats : 0),
            StateBytes = CarriedStates<TModel>.Bytes(size.IsCut ? threads : 0) + CarriedStates<TModel>.Bytes(carriedSequences),
        };
    }

    public PassWorkspace(PassSize size, bool training)
    {
        capacity = size.Rows;
        reader = new(size.Samples);
        tokens = new(checked(capacity * TokenStride));
        memory = new(checked(capacity * Description.Layout.TrainingFloatsPerToken));
        targets = new float[checked(capacity * Description.RowTargetWidth)];
        statistics = new float[checked(capacity * Description.RowStatistics)];
        tokenWeights = new float[capacity];
        sequenceWeights = new float[capacity];
        ends = new int[capacity];
        states = size.IsCut ? new(1) : null;
        Gradients = new(training ? Description.Layout.WeightFloats : 0);
    }

    public AlignedBuffer Gradients { get; }

    /// <summary>Sum of the losses since the last reset.</summary>
    public double Loss { get; private set; }

    /// <summary>Sum of the weights since the last reset: of the tokens, or of the sequences where all heads are for whole ones.</summary>
    public double Weight { get; private set; }

    public long Tokens { get; private set; }

    public void Reset()
    {
        Loss = 0;
        Weight = 0;
        Tokens = 0;
        Gradients.Span.Clear();
    }

    /// <summary>Forward pass and loss only, of whole sequences; a sequence of several chunks is a separate pass.</summary>
    public void Evaluate(
        TModel model, SequenceData data, ReadOnlySpan<int> sequences, ReadOnlySpan<float> packed, double weightScale,
        SequenceChunks chunks = default)
    {
        int count = sequences.Length == 1 ? chunks.Count(Description.Tokens, data.GetLength(sequences[0])) : 1;
        for (int chunk = 0; chunk < count; chunk++)
        {
            PassChunk part = count == 1 ? default : states!.Around(chunks, chunk, first: 0, count: 1, hasNext: chunk + 1 < count);
            Run(model, data, sequences, packed, dropoutSeed: 0, gradients: default, weightScale: weightScale, chunk: part);
            states?.Advance();
        }
    }

    /// <summary>Forward and backward pass; adds to the gradients.</summary>
    public void Train(
        TModel model, SequenceData data, ReadOnlySpan<int> sequences, ReadOnlySpan<float> packed, ulong dropoutSeed,
        Span<float> tokenGradients = default, Span<float> outputs = default, double weightScale = 1, scoped PassChunk chunk = default) =>
        Run(model, data, sequences, packed, dropoutSeed, Gradients.Span, tokenGradients, outputs, weightScale, chunk);

    /// <summary>
    /// Forward pass and losses of whole sequences, each head's apart: all but one head's targets are made missing, so that any loss is left
    /// alone, once for each head.
    /// </summary>
    public void EvaluateHeads(
        TModel model, SequenceData data, ReadOnlySpan<int> sequences, ReadOnlySpan<float> packed, double weightScale, SequenceChunks chunks,
        HeadSums[] heads)
    {
        outputsOfHeads ??= new float[checked(capacity * Description.RowOutputWidth)];
        targetsOfHeads ??= new float[targets.Length];
        int count = sequences.Length == 1 ? chunks.Count(Description.Tokens, data.GetLength(sequences[0])) : 1;
        for (int chunk = 0; chunk < count; chunk++)
        {
            PassChunk part = count == 1 ? default : states!.Around(chunks, chunk, first: 0, count: 1, hasNext: chunk + 1 < count);
            (int rows, int ends, double weight) = Read(model, data, sequences, weightScale, part);
            Weight += weight;
            if (weight <= WeightScale.Largest)
            {
                targets.AsSpan(0, rows * Description.RowTargetWidth).CopyTo(targetsOfHeads);
                for (int head = 0; head < heads.Length; head++)
                {
                    KeepTargets(Description.Heads[head], rows);
                    heads[head].Loss += RunRows(
                        model, rows, ends, weight, packed, dropoutSeed: 0, gradients: default,
                        outputs: outputsOfHeads.AsSpan(0, rows * Description.RowOutputWidth), chunk: part);
                    AddRows(data, sequences, Description.Heads[head], heads[head], ends);
                }
            }
            states?.Advance();
        }
    }

    /// <summary>The targets of a head, with all others missing.</summary>
    private void KeepTargets(HeadDescription head, int rows)
    {
        int width = Description.RowTargetWidth;
        targets.AsSpan(0, rows * width).Fill(float.NaN);
        for (int row = 0; row < rows; row++)
        {
            targetsOfHeads.AsSpan(row * width + head.TargetOffset, head.TargetWidth)
                .CopyTo(targets.AsSpan(row * width + head.TargetOffset));
        }
    }

    /// <summary>Adds what a head predicts in the rows that were run last.</summary>
    private void AddRows(SequenceData data, ReadOnlySpan<int> sequences, HeadDescription head, HeadSums sums, int endCount)
    {
        float[] weights = head.IsPerSequence ? sequenceWeights : tokenWeights;
        Span<double> scales = head.TargetWidth <= 256 ? stackalloc double[head.TargetWidth] : new double[head.TargetWidth];
        for (int end = 0, row = 0; end < endCount; end++)
        {
            // The rows of a sequence lie channel after channel.
            (int sequence, int channel) = Math.DivRem(end, Description.Tokens.Channels);
            int first = channel * Description.RowTargetWidth + head.TargetOffset;
            StandardizationStatistics? statistics =
                head.Scaling.Count > 0 ? reader.StandardizerOf(data, sequences[sequence])?.Statistics : null;
            for (int i = 0; i < scales.Length; i++)
            {
                scales[i] = statistics is null ? 1 : statistics.TargetScales[first + i].Scale;
            }
            for (; row < ends[end]; row++)
            {
                if (weights[row] != 0)
                {
                    sums.Add(
                        weights[row], outputsOfHeads.AsSpan(row * Description.RowOutputWidth + head.OutputOffset, head.OutputWidth),
                        targets.AsSpan(row * Description.RowTargetWidth + head.TargetOffset, head.TargetWidth), scales);
                }
            }
        }
    }

    /// <summary>The padded rows' gradients and the outputs are written to these, where they are not empty.</summary>
    private void Run(
        TModel model, SequenceData data, ReadOnlySpan<int> sequences, ReadOnlySpan<float> packed, ulong dropoutSeed, Span<float> gradients,
        Span<float> tokenGradients = default, Span<float> outputs = default, double weightScale = 1, scoped PassChunk chunk = default)
    {
        (int rows, int count, double weight) = Read(model, data, sequences, weightScale, chunk);
        Weight += weight;
        Tokens += rows;
        if (weight > WeightScale.Largest)
        {
            // Gradients might overflow. The sum of the whole batch is at least as large, so the batch is read again with smaller weights.
            return;
        }
        Loss += RunRows(model, rows, count, weight, packed, dropoutSeed, gradients, tokenGradients, outputs, chunk);
    }

    private BatchExtent Read(
        TModel model, SequenceData data, ReadOnlySpan<int> sequences, double weightScale, scoped PassChunk chunk)
    {
        reader.Standardizer = model.Standardizer;
        return reader.Read(data, sequences, new()
        {
            Tokens = tokens.Span,
            Statistics = statistics,
            Targets = targets,
            TokenWeights = tokenWeights,
            SequenceWeights = sequenceWeights,
            Ends = ends,
        }, weightScale, chunk);
    }

    /// <summary>Runs the rows that were read last; returns the sum of their losses.</summary>
    private double RunRows(
        TModel model, int rows, int count, double weight, ReadOnlySpan<float> packed, ulong dropoutSeed, Span<float> gradients,
        Span<float> tokenGradients = default, Span<float> outputs = default, scoped PassChunk chunk = default) =>
        model.RunTraining(new TrainingPass
        {
            Rows = rows,
            SequenceEnds = ends.AsSpan(0, count),
            Weights = model.Weights,
            Packed = packed,
            Tokens = tokens.Span[..(rows * TokenStride)],
            Statistics = statistics.AsSpan(0, rows * Description.RowStatistics),
            Targets = targets.AsSpan(0, rows * Description.RowTargetWidth),
            TokenWeights = tokenWeights.AsSpan(0, rows),
            SequenceWeights = sequenceWeights.AsSpan(0, rows),
            Memory = memory.Span,
            Capacity = capacity,
            Gradients = gradients,
            InitialStates = chunk.Before.Layers,
            FinalStates = chunk.After.Layers,
            MovesStatesAlone = weight == 0 && tokenGradients.IsEmpty && !chunk.After.Layers.IsEmpty,
            DropoutSeed = dropoutSeed,
            TokenGradients = tokenGradients,
            Outputs = outputs,
        });
}
