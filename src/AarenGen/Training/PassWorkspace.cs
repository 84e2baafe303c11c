using AarenGen.Kernels;
using AarenGen.Memory;

namespace AarenGen.Training;

/// <summary>How much a pass may hold: rows in all, and samples of one sequence.</summary>
internal readonly record struct PassSize(int Rows, int Samples)
{
    public static PassSize Max(PassSize a, PassSize b) => new(Math.Max(a.Rows, b.Rows), Math.Max(a.Samples, b.Samples));
}

/// <summary>A thread's memory: a pass's tokens, targets and activations, and the thread's own gradients.</summary>
internal sealed class PassWorkspace<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly ModelDescription Description = SequenceModel<TModel>.Description;
    private static readonly TokenShape Shape = Description.Tokens;
    private static readonly HeadDescription[] Heads = [.. Description.Heads];
    private static readonly CategoryDescription[] Categories = [.. Description.Categories];

    /// <summary>Whether a sequence counts as one in the loss, rather than as its tokens.</summary>
    private static readonly bool IsPerSequence = Heads.All(static h => h.IsPerSequence);
    private static readonly int TokenStride = Layout.Pad(Description.RowInputWidth);
    private readonly AlignedBuffer tokens, memory;
    private readonly float[] targets, tokenWeights, sequenceWeights, statistics;
    private readonly float[] target = new float[Description.TargetWidth];
    private readonly float[] completed = new float[Shape.Channels * Description.RowInputWidth];
    private readonly float[] completedStatistics = new float[Shape.Channels * Description.RowStatistics];
    private readonly double[] sampleState = new double[Description.SampleStateDoubles];
    private readonly int capacity;
    private readonly int[] ends;
    private readonly float[] samples;

    public PassWorkspace(PassSize size, bool training)
    {
        capacity = size.Rows;
        samples = new float[checked(size.Samples * Description.InputWidth)];
        tokens = new(checked(capacity * TokenStride));
        memory = new(checked(capacity * Description.TrainingFloatsPerToken));
        targets = new float[checked(capacity * Description.RowTargetWidth)];
        statistics = new float[checked(capacity * Description.RowStatistics)];
        tokenWeights = new float[capacity];
        sequenceWeights = new float[capacity];
        ends = new int[capacity];
        Gradients = new(training ? Description.WeightFloats : 0);
    }

    public AlignedBuffer Gradients { get; }

    /// <summary>Sum of the losses since the last reset.</summary>
    public double Loss { get; private set; }

    /// <summary>Sum of the weights since the last reset: of the tokens, or of the sequences where all heads are for whole ones.</summary>
    public double Weight { get; private set; }

    public long Tokens { get; private set; }

    /// <summary>Rows of a sequence of so many samples.</summary>
    public static int RowsOf(int samples) => checked(Shape.OutputsOf(samples) * Shape.Channels);

    public void Reset()
    {
        Loss = 0;
        Weight = 0;
        Tokens = 0;
        Gradients.Span.Clear();
    }

    /// <summary>Forward and loss only.</summary>
    public void Evaluate(TModel model, SequenceData data, ReadOnlySpan<int> sequences, ReadOnlySpan<float> packed) =>
        Run(model, data, sequences, packed, dropoutSeed: 0, gradients: default);

    /// <summary>Forward and back, adding to the gradients.</summary>
    public void Train(
        TModel model, SequenceData data, ReadOnlySpan<int> sequences, ReadOnlySpan<float> packed, ulong dropoutSeed,
        Span<float> tokenGradients = default, Span<float> outputs = default) =>
        Run(model, data, sequences, packed, dropoutSeed, Gradients.Span, tokenGradients, outputs);

    /// <summary>The padded rows' gradients and the outputs are written to these, where they are not empty.</summary>
    private void Run(
        TModel model, SequenceData data, ReadOnlySpan<int> sequences, ReadOnlySpan<float> packed, ulong dropoutSeed, Span<float> gradients,
        Span<float> tokenGradients = default, Span<float> outputs = default)
    {
        int rows = 0, count = 0;
        foreach (int index in sequences)
        {
            int length = data.LengthOf(index), outputsOf = Shape.OutputsOf(length);
            ReadTokens(data, index, rows, length, outputsOf);
            ReadTargets(data, index, rows, outputsOf);
            for (int channel = 0; channel < Shape.Channels; channel++)
            {
                rows += outputsOf;
                ends[count++] = rows;
            }
        }
        foreach (float weight in (IsPerSequence ? sequenceWeights : tokenWeights).AsSpan(0, rows))
        {
            Weight += weight;
        }
        Tokens += rows;
        Loss += model.RunTraining(new TrainingPass
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
            DropoutSeed = dropoutSeed,
            TokenGradients = tokenGradients,
            Outputs = outputs,
        });
    }

    /// <summary>The rows of a sequence lie channel after channel, each in the order of time.</summary>
    private void ReadTokens(SequenceData data, int index, int firstRow, int length, int outputs)
    {
        int width = Description.InputWidth;
        data.ReadTokens(index, samples.AsSpan(0, length * width));
        sampleState.AsSpan().Clear();
        int output = 0;
        for (int t = 0; t < length; t++)
        {
            ReadOnlySpan<float> sample = samples.AsSpan(t * width, width);
            CheckFinite(sample, "token", index, t);
            CheckCategories(sample, index, t);
            if (!Tokenizer.Push(Shape, sampleState, sample, completed, completedStatistics))
            {
                continue;
            }
            for (int channel = 0; channel < Shape.Channels; channel++)
            {
                int row = firstRow + channel * outputs + output;
                Rows.Pad(completed.AsSpan(channel * Description.RowInputWidth), 1, Description.RowInputWidth, tokens.Span.Slice(row * TokenStride, TokenStride));
                completedStatistics.AsSpan(channel * Description.RowStatistics, Description.RowStatistics)
                    .CopyTo(statistics.AsSpan(row * Description.RowStatistics));
            }
            output++;
        }
    }

    private void ReadTargets(SequenceData data, int index, int firstRow, int outputs)
    {
        float sum = 0;
        for (int output = 0; output < outputs; output++)
        {
            bool isLast = output == outputs - 1;
            int sample = Shape.SampleOf(output);
            float weight = isLast || !IsPerSequence ? data.ReadTarget(index, sample, target) : 0;
            if (!(weight >= 0 && float.IsFinite(weight)))
            {
                throw new ArgumentException($"Sequence {index}, token {sample}: the weight is {weight}, but must be 0 or more.");
            }
            sum += weight;
            for (int channel = 0; channel < Shape.Channels; channel++)
            {
                int row = firstRow + channel * outputs + output;
                ReadOnlySpan<float> part = target.AsSpan(channel * Description.RowTargetWidth, Description.RowTargetWidth);
                if (weight != 0)
                {
                    CheckTarget(part, index, sample, isLast);
                }
                part.CopyTo(targets.AsSpan(row * Description.RowTargetWidth));
                tokenWeights[row] = weight;
                // Beside heads for each token, a sequence counts as much as its tokens.
                sequenceWeights[row] = !isLast || weight == 0 ? 0 : IsPerSequence ? weight : sum;
            }
        }
    }

    private static void CheckTarget(ReadOnlySpan<float> values, int sequence, int token, bool isLast)
    {
        foreach (HeadDescription head in Heads)
        {
            if (head.IsPerSequence && !isLast)
            {
                continue;
            }
            ReadOnlySpan<float> target = values.Slice(head.TargetOffset, head.TargetWidth);
            CheckFinite(target, "target", sequence, token);
            if (head.TargetKind == TargetKind.Positive && target[0] <= 0)
            {
                throw new ArgumentException($"Sequence {sequence}, token {token}: the target of '{head.Name}' is {target[0]}, but must be above 0; give events at the same time a small distance, or the token weight 0.");
            }
            if (head.TargetKind == TargetKind.Class && !(target[0] >= 0 && target[0] < head.Classes && float.IsInteger(target[0])))
            {
                throw new ArgumentException($"Sequence {sequence}, token {token}: the target of '{head.Name}' is {target[0]}, but must be a class, a whole number from 0 to {head.Classes - 1}.");
            }
        }
    }

    private static void CheckCategories(ReadOnlySpan<float> sample, int sequence, int token)
    {
        foreach (CategoryDescription category in Categories)
        {
            if (category.IsAt(token) && !Arguments.IsCategory(sample[category.Column], category.Cardinality))
            {
                throw new ArgumentException($"Sequence {sequence}, token {token}: column {category.Column} holds {sample[category.Column]}, but must be a category, a whole number from 0 to {category.Cardinality - 1}.");
            }
        }
    }

    private static void CheckFinite(ReadOnlySpan<float> values, string what, int sequence, int token)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                throw new ArgumentException($"Sequence {sequence}, token {token}: the {what} holds {value}; mend the data, or give the token weight 0 if its target is unknown.");
            }
        }
    }
}
