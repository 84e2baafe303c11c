using AarenGen.Kernels;

namespace AarenGen.Training;

/// <summary>Where a reader writes the rows of a batch; the buffers of <see cref="TrainingPass"/>.</summary>
internal readonly ref struct BatchRows
{
    public required Span<float> Tokens { get; init; }

    public required Span<float> Statistics { get; init; }

    public required Span<float> Targets { get; init; }

    public required Span<float> TokenWeights { get; init; }

    public required Span<float> SequenceWeights { get; init; }

    public required Span<int> Ends { get; init; }
}

/// <summary>What a batch came to.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Sequences">Its sequences, a channel each.</param>
/// <param name="Weight">The sum of its weights: of the tokens, or of the sequences where all heads are for whole ones.</param>
internal readonly record struct BatchExtent(int Rows, int Sequences, double Weight);

/// <summary>Reads sequences as the layers see them: checked, cut into rows, normalised.</summary>
/// <param name="samples">Samples of the longest sequence.</param>
internal sealed class BatchReader<TModel>(int samples) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly ModelDescription Description = SequenceModel<TModel>.Description;
    private static readonly TokenShape Shape = Description.Tokens;
    private static readonly HeadDescription[] Heads = [.. Description.Heads];
    private static readonly CategoryDescription[] Categories = [.. Description.Categories];

    /// <summary>Whether a sequence counts as one in the loss, rather than as its tokens.</summary>
    private static readonly bool IsPerSequence = Heads.All(static h => h.IsPerSequence);
    private readonly float[] samples = new float[checked(samples * Description.InputWidth)];
    private readonly float[] target = new float[Description.TargetWidth];
    private readonly float[] completed = new float[Shape.Channels * Description.RowInputWidth];
    private readonly float[] completedStatistics = new float[Shape.Channels * Description.RowStatistics];
    private readonly double[] sampleState = new double[Description.SampleStateDoubles];

    /// <summary>Floats from row to row of the tokens.</summary>
    public static int TokenStride { get; } = Layout.Pad(Description.RowInputWidth);

    /// <summary>Rows of a sequence of so many samples.</summary>
    public static int RowsOf(int samples) => checked(Shape.OutputsOf(samples) * Shape.Channels);

    /// <summary>Reads sequences one after the other.</summary>
    /// <exception cref="ArgumentException">A number in the data cannot be used; the message says where.</exception>
    public BatchExtent Read(SequenceData data, ReadOnlySpan<int> sequences, scoped in BatchRows to)
    {
        int rows = 0, count = 0;
        foreach (int index in sequences)
        {
            int length = data.LengthOf(index), outputs = Shape.OutputsOf(length);
            ReadTokens(data, index, rows, length, outputs, to);
            ReadTargets(data, index, rows, outputs, to);
            for (int channel = 0; channel < Shape.Channels; channel++)
            {
                rows += outputs;
                to.Ends[count++] = rows;
            }
        }
        double sum = 0;
        foreach (float weight in (IsPerSequence ? to.SequenceWeights : to.TokenWeights)[..rows])
        {
            sum += weight;
        }
        return new(rows, count, sum);
    }

    /// <summary>The rows of a sequence lie channel after channel, each in the order of time.</summary>
    private void ReadTokens(SequenceData data, int index, int firstRow, int length, int outputs, scoped in BatchRows to)
    {
        int width = Description.InputWidth;
        data.ReadTokens(index, samples.AsSpan(0, length * width));
        sampleState.AsSpan().Clear();
        int output = 0;
        for (int t = 0; t < length; t++)
        {
            ReadOnlySpan<float> sample = samples.AsSpan(t * width, width);
            Arguments.CheckToken(sample, index, t);
            CheckCategories(sample, index, t);
            if (!Tokenizer.Push(Shape, sampleState, sample, completed, completedStatistics))
            {
                continue;
            }
            for (int channel = 0; channel < Shape.Channels; channel++)
            {
                int row = firstRow + channel * outputs + output;
                Rows.Pad(completed.AsSpan(channel * Description.RowInputWidth), 1, Description.RowInputWidth, to.Tokens.Slice(row * TokenStride, TokenStride));
                completedStatistics.AsSpan(channel * Description.RowStatistics, Description.RowStatistics)
                    .CopyTo(to.Statistics[(row * Description.RowStatistics)..]);
            }
            output++;
        }
    }

    private void ReadTargets(SequenceData data, int index, int firstRow, int outputs, scoped in BatchRows to)
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
                part.CopyTo(to.Targets[(row * Description.RowTargetWidth)..]);
                to.TokenWeights[row] = weight;
                // Beside heads for each token, a sequence counts as much as its tokens.
                to.SequenceWeights[row] = !isLast || weight == 0 ? 0 : IsPerSequence ? weight : sum;
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
            CheckFinite(target, sequence, token);
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

    private static void CheckFinite(ReadOnlySpan<float> values, int sequence, int token)
    {
        foreach (float value in values)
        {
            if (!float.IsFinite(value))
            {
                throw new ArgumentException($"Sequence {sequence}, token {token}: the target holds {value}; mend the data, or give the token weight 0 if its target is unknown.");
            }
        }
    }
}
