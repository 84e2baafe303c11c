using AarenGen.Kernels;
using static System.FormattableString;

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
/// <param name="Weight">
/// The sum of its weights, of the tokens or of the sequences where all heads are for whole ones, without the fractions whose targets are
/// missing. 0 only where nothing has a loss.
/// </param>
internal readonly record struct BatchExtent(int Rows, int Sequences, double Weight);

/// <summary>Reads sequences as the layers see them: checked, cut into rows, normalised.</summary>
/// <remarks>
/// The loss is the sum of the heads' weights times the weighted mean over all values of targets that are there. A value has the weight of
/// its row times that of its head over the head's number of values. Losses of rows are made of these weights already, so only their sum
/// has to leave out what is missing.
/// </remarks>
/// <param name="samples">Samples that are read at once: those of the longest sequence, or of a chunk.</param>
internal sealed class BatchReader<TModel>(int samples) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly ModelDescription Description = SequenceModel<TModel>.Description;
    private static readonly TokenShape Shape = Description.Tokens;
    private static readonly HeadDescription[] Heads = [.. Description.Heads];
    private static readonly MissingInputs? Missing = MissingInputs.Of(Description);
    private static readonly CategoryDescription[] Categories = [.. Description.Categories];

    /// <summary>Whether a sequence counts as one in the loss, rather than as its tokens.</summary>
    private static readonly bool IsPerSequence = Heads.All(static h => h.IsPerSequence);

    /// <summary>Whether heads for whole sequences stand beside heads for each token.</summary>
    private static readonly bool HasBoth = !IsPerSequence && Heads.Any(static h => h.IsPerSequence);

    private static readonly PresentHeads AllHeads = PresentHeads.All(Description);

    /// <summary>What is there for the heads for whole sequences, of each channel; where heads for each token stand beside them.</summary>
    private readonly double[] sequenceHeads = new double[HasBoth ? Shape.Channels : 0];
    private readonly float[] samples = new float[checked((int)Floats(samples))];
    private readonly float[] target = new float[Description.TargetWidth];
    private readonly float[] completed = new float[Shape.Channels * Description.RowInputWidth];
    private readonly float[] completedStatistics = new float[Shape.Channels * Description.RowStatistics];
    private readonly double[] sampleState = new double[Description.Layout.SampleStateDoubles];

    /// <summary>What scales the sequence that is read.</summary>
    private Standardizer? scales;

    /// <summary>Standardises what is read, each series as it should; null: what is read stays as it is.</summary>
    public Standardizer? Standardizer { get; set; }

    /// <summary>Floats of a reader's own memory, for the samples of one sequence.</summary>
    public static long Floats(int samples) => (long)samples * Description.InputWidth;

    /// <summary>Floats from row to row of the tokens.</summary>
    public static int TokenStride { get; } = Layout.Pad(Description.RowInputWidth);

    /// <summary>
    /// Rows of a sequence with the given number of samples; the largest int where there are more, which no pass takes at once.
    /// </summary>
    public static int RowsOf(int samples) => (int)Math.Min((long)Shape.GetOutputCount(samples) * Shape.Channels, int.MaxValue);

    /// <summary>Rows of a chunk of a sequence with the given number of samples.</summary>
    public static int RowsOf(SequenceChunks chunks, int samples, int chunk) =>
        checked(chunks.Outputs(Shape, samples, chunk).Count * Shape.Channels);

    /// <summary>Rows of a batch so that each of its buffers, rows of numbers one after the other, can be indexed by an int.</summary>
    public static int MaxRows { get; } =
        Array.MaxLength / Math.Max(Math.Max(TokenStride, Description.RowStatistics), Math.Max(Description.RowTargetWidth, 1));

    /// <summary>Checks a whole sequence as <see cref="Read"/> does, piece by piece; returns the sum of its weights.</summary>
    /// <param name="data">The sequences.</param>
    /// <param name="index">The one to check.</param>
    /// <param name="name">The argument that the data came in.</param>
    /// <param name="digest">Receives all that training reads of it; null where it is not needed.</param>
    /// <exception cref="ArgumentException">A number in the data cannot be used; the message says where.</exception>
    public double Check(SequenceData data, int index, string name, DataDigestBuilder? digest)
    {
        int length = data.GetLength(index), outputs = Shape.GetOutputCount(length);
        scales = StandardizerOf(data, index);
        digest?.AddSequence(length);
        if (Description.IsPerSeries)
        {
            digest?.AddSeries(data.GetSeries(index));
        }
        int piece = samples.Length / Description.InputWidth;
        for (int first = 0; first < length; first += Math.Min(piece, length - first))
        {
            ReadOnlySpan<float> read = ReadSamples(data, index, length, first, Math.Min(piece, length - first), name);
            digest?.AddTokens(read);
        }
        double sum = 0;
        ReadSequenceHeads(data, index, outputs - 1, name);
        for (int output = 0; output < outputs; output++)
        {
            bool isLast = output == outputs - 1;
            float weight = ReadTarget(data, index, output, isLast, name);
            digest?.AddTarget(weight, target);
            Standardize(weight, data, index, output, isLast, name);
            for (int channel = 0; channel < Shape.Channels && weight != 0; channel++)
            {
                sum += weight * Present(channel).FractionOf(AllHeads);
            }
        }
        return sum;
    }

    /// <summary>
    /// Reads a whole sequence, checks it as <see cref="Check"/> does, and gives all that counts to a fit, in its own units.
    /// </summary>
    public void ReadUnscaled(SequenceData data, int index, string name, StandardizationFit fit)
    {
        int length = data.GetLength(index), outputs = Shape.GetOutputCount(length), piece = samples.Length / Description.InputWidth;
        scales = StandardizerOf(data, index);
        for (int first = 0; first < length; first += Math.Min(piece, length - first))
        {
            fit.AddTokens(ReadSamples(data, index, length, first, Math.Min(piece, length - first), name), first);
        }
        for (int output = 0; output < outputs; output++)
        {
            if (ReadTarget(data, index, output, output == outputs - 1, name) != 0)
            {
                fit.AddTarget(target, output == outputs - 1);
            }
        }
    }

    /// <summary>Reads sequences one after the other.</summary>
    /// <param name="data">The sequences.</param>
    /// <param name="sequences">Which of them.</param>
    /// <param name="to">Where to.</param>
    /// <param name="weightScale">A power of two (<see cref="WeightScale"/>) that the weights are multiplied by.</param>
    /// <param name="chunk">Which chunk of each; by default the whole sequence.</param>
    /// <exception cref="ArgumentException">A number in the data cannot be used; the message says where.</exception>
    public BatchExtent Read(
        SequenceData data, ReadOnlySpan<int> sequences, scoped in BatchRows to, double weightScale = 1, scoped PassChunk chunk = default)
    {
        int rows = 0, count = 0;
        double sum = 0;
        for (int i = 0; i < sequences.Length; i++)
        {
            int index = sequences[i], length = data.GetLength(index), outputs = chunk.Chunks.Outputs(Shape, length, chunk.Number).Count;
            if (chunk.Before.Samples.IsEmpty)
            {
                sampleState.AsSpan().Clear();
            }
            else
            {
                chunk.Before.Samples.Slice(i * sampleState.Length, sampleState.Length).CopyTo(sampleState);
            }
            scales = StandardizerOf(data, index);
            ReadTokens(data, index, rows, length, chunk, outputs, to);
            if (!chunk.After.Samples.IsEmpty)
            {
                sampleState.CopyTo(chunk.After.Samples[(i * sampleState.Length)..]);
            }
            sum += ReadTargets(data, index, rows, length, chunk, weightScale, to);
            for (int channel = 0; channel < Shape.Channels; channel++)
            {
                rows += outputs;
                to.Ends[count++] = rows;
            }
        }
        return new(rows, count, sum);
    }

    /// <summary>What scales a sequence; null where nothing does.</summary>
    public Standardizer? StandardizerOf(SequenceData data, int index) =>
        Standardizer?.Of(Description.IsPerSeries ? data.GetSeries(index) : null);

    /// <summary>The rows of a sequence lie channel after channel, each in the order of time.</summary>
    private void ReadTokens(
        SequenceData data, int index, int firstRow, int length, scoped in PassChunk chunk, int outputs, scoped in BatchRows to)
    {
        int width = Description.InputWidth;
        (int first, int count) = chunk.Chunks.Samples(length, chunk.Number);
        Span<float> read = ReadSamples(data, index, length, first, count);
        scales?.StandardizeTokens(read, first, read);
        int output = 0;
        for (int t = 0; t < count; t++)
        {
            if (!SequenceModel<TModel>.Preprocessor.Add(sampleState, read.Slice(t * width, width), completed, completedStatistics))
            {
                continue;
            }
            for (int channel = 0; channel < Shape.Channels; channel++)
            {
                int row = firstRow + channel * outputs + output;
                Rows.Pad(
                    completed.AsSpan(channel * Description.RowInputWidth), 1, Description.RowInputWidth,
                    to.Tokens.Slice(row * TokenStride, TokenStride));
                completedStatistics.AsSpan(channel * Description.RowStatistics, Description.RowStatistics)
                    .CopyTo(to.Statistics[(row * Description.RowStatistics)..]);
            }
            output++;
        }
    }

    /// <summary>Returns the sum of the weights of what is there.</summary>
    private double ReadTargets(
        SequenceData data, int index, int firstRow, int length, scoped in PassChunk chunk, double weightScale, scoped in BatchRows to)
    {
        (int first, int outputs) = chunk.Chunks.Outputs(Shape, length, chunk.Number);
        int last = Shape.GetOutputCount(length) - 1;
        float sum = 0;
        double present = 0;
        ReadSequenceHeads(data, index, last);
        for (int output = 0; output < first && HasBoth && first + outputs > last; output++)
        {
            // Earlier chunks, whose weights are asked for again rather than carried.
            sum += (float)(ReadTarget(data, index, output, isLast: false) * weightScale);
        }
        for (int output = 0; output < outputs; output++)
        {
            bool isLast = first + output == last;
            float weight = (float)(ReadTarget(data, index, first + output, isLast) * weightScale);
            Standardize(weight, data, index, first + output, isLast);
            sum += weight;
            for (int channel = 0; channel < Shape.Channels; channel++)
            {
                int row = firstRow + channel * outputs + output;
                RowTarget(channel).CopyTo(to.Targets[(row * Description.RowTargetWidth)..]);
                PresentHeads heads = weight == 0 ? default : Present(channel);
                present += weight * heads.FractionOf(AllHeads);
                to.TokenWeights[row] = heads.OfTokens > 0 ? weight : 0;
                // Beside heads for each token, a sequence counts as much as its tokens.
                to.SequenceWeights[row] = !isLast || heads.OfSequence == 0 ? 0 : IsPerSequence ? weight : sum;
            }
        }
        return present;
    }

    /// <summary>
    /// Reads what is there for the heads for whole sequences where heads for each token stand beside them: without it, all tokens of the
    /// sequence count less.
    /// </summary>
    private void ReadSequenceHeads(SequenceData data, int index, int last, string? name = null)
    {
        if (!HasBoth)
        {
            return;
        }
        float weight = ReadTarget(data, index, last, isLast: true, name);
        for (int channel = 0; channel < Shape.Channels; channel++)
        {
            sequenceHeads[channel] = weight == 0 ? 0 : PresentHeads.Sum(Heads, RowTarget(channel), isPerSequence: true);
        }
    }

    /// <summary>What is there for the heads of a channel's row, whose target was read last.</summary>
    private PresentHeads Present(int channel) => new(
        PresentHeads.Sum(Heads, RowTarget(channel), isPerSequence: false),
        HasBoth ? sequenceHeads[channel] : PresentHeads.Sum(Heads, RowTarget(channel), isPerSequence: true));

    private Span<float> RowTarget(int channel) =>
        target.AsSpan(channel * Description.RowTargetWidth, Description.RowTargetWidth);

    /// <summary>Reads and checks some samples of a sequence, which are not standardised yet.</summary>
    private Span<float> ReadSamples(SequenceData data, int index, int length, int first, int count, string? name = null)
    {
        int width = Description.InputWidth;
        if ((long)count * width > samples.Length)
        {
            throw new InvalidOperationException(
                Invariant($"Sequence {index} now has {length} tokens, more than when the call began; ")
                + "data must not change while they are used.");
        }
        Span<float> read = samples.AsSpan(0, count * width);
        if (count == length)
        {
            data.ReadTokens(index, read);
        }
        else
        {
            data.ReadTokens(index, first, read);
        }
        int bad = Arguments.IndexOfBadTokenNumber(read, scales, Missing, first);
        if (bad >= 0)
        {
            throw Bad(
                data, name, index, first + bad / width,
                Invariant($"{data.ColumnName(bad % width)} of the token holds {read[bad]}; ")
                + $"{Arguments.RuleOf(read[bad], scales)}, even where their weight is 0. "
                + "Fill what is missing, or cut the sequence there.");
        }
        for (int t = 0; t < count && Categories.Length > 0; t++)
        {
            ReadOnlySpan<float> sample = read.Slice(t * width, width);
            foreach (CategoryDescription category in Categories)
            {
                if (category.IsAt(first + t) && !Arguments.IsCategory(sample[category.Column], category.Cardinality))
                {
                    throw Bad(
                        data, name, index, first + t,
                        Invariant($"column {category.Column} of the token holds {sample[category.Column]}, but must be a category, ")
                        + Invariant($"a whole number from 0 to {category.Cardinality - 1}."));
                }
            }
        }
        return read;
    }

    /// <summary>Reads the target of an output and checks it where it counts; returns its weight. NaN is a value that is missing.</summary>
    private float ReadTarget(SequenceData data, int index, int output, bool isLast, string? name = null)
    {
        if (IsPerSequence && !isLast)
        {
            return 0;
        }
        int sample = Shape.GetSampleIndex(output);
        float weight = data.ReadTarget(index, sample, target);
        if (!(weight >= 0 && float.IsFinite(weight)))
        {
            throw Bad(data, name, index, sample, Invariant($"the weight is {weight}, but must be a finite number of 0 or more."));
        }
        for (int channel = 0; channel < Shape.Channels && weight != 0; channel++)
        {
            CheckTarget(channel * Description.RowTargetWidth, data, index, sample, isLast, name);
        }
        return weight;
    }

    /// <summary>Standardises the target that was read last, unless its weight is 0: it may then hold anything.</summary>
    private void Standardize(float weight, SequenceData data, int sequence, int output, bool isLast, string? name = null)
    {
        if (weight == 0 || scales is null)
        {
            return;
        }
        scales.StandardizeTarget(target);
        for (int channel = 0; channel < Shape.Channels; channel++)
        {
            foreach (HeadDescription head in Heads)
            {
                int first = channel * Description.RowTargetWidth + head.TargetOffset;
                int bad = target.AsSpan(first, head.TargetWidth).IndexOfAny(float.PositiveInfinity, float.NegativeInfinity);
                if (bad >= 0 && (isLast || !head.IsPerSequence))
                {
                    throw Bad(
                        data, name, sequence, Shape.GetSampleIndex(output),
                        Invariant($"column {first + bad} of the target lies too many times the column's scale from its center; ")
                        + "correct it, or make it NaN if it is unknown.");
                }
            }
        }
    }

    /// <summary>Checks the target of a channel, which begins at a column.</summary>
    private void CheckTarget(int start, SequenceData data, int sequence, int token, bool isLast, string? name)
    {
        foreach (HeadDescription head in Heads)
        {
            if (head.IsPerSequence && !isLast)
            {
                continue;
            }
            int first = start + head.TargetOffset;
            for (int column = first; column < first + head.TargetWidth; column++)
            {
                if (float.IsInfinity(target[column]))
                {
                    throw Bad(
                        data, name, sequence, token,
                        Invariant($"column {column} of the target holds {target[column]}; correct it, or make it NaN if it is unknown."));
                }
            }
            float value = target[first];
            if (head.TargetKind == TargetKind.Positive && value <= 0)
            {
                throw Bad(
                    data, name, sequence, token,
                    Invariant($"the target of '{head.Name}' is {value}, but must be above 0; ")
                    + "give events at the same time a small distance, or NaN to leave the value out.");
            }
            bool isMissing = float.IsNaN(value), isClass = value >= 0 && value < head.ClassCount && float.IsInteger(value);
            if (head.TargetKind == TargetKind.Class && !isMissing && !isClass)
            {
                throw Bad(
                    data, name, sequence, token,
                    Invariant(
                        $"the target of '{head.Name}' is {value}, but must be a class, a whole number from 0 to {head.ClassCount - 1}, ")
                    + "or NaN where it is missing.");
            }
        }
    }

    private static ArgumentException Bad(SequenceData data, string? name, int sequence, int token, string what) =>
        new($"{data.Locate(sequence, token)}: {what}", name);
}
