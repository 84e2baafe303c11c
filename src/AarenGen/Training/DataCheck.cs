using static System.FormattableString;

namespace AarenGen.Training;

/// <summary>What a reading of all data before a training found.</summary>
/// <param name="Size">The size of the largest pass.</param>
/// <param name="Weight">The sum of all weights without the fractions whose targets are missing, above 0.</param>
/// <param name="Digest">Identifies the data; null where it is not needed.</param>
internal sealed record DataSurvey(PassSize Size, double Weight, DataDigest? Digest);

/// <summary>Checks data against a model before anything is computed.</summary>
internal static class DataCheck<TModel> where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private static readonly ModelDescription Description = SequenceModel<TModel>.Description;

    /// <summary>Checks widths and lengths; returns the size of the largest pass.</summary>
    /// <param name="data">The sequences.</param>
    /// <param name="name">The argument they came in.</param>
    /// <param name="maxRows">Rows that a sequence, or a chunk of one, may have where it is computed.</param>
    /// <param name="chunks">How sequences are cut.</param>
    public static PassSize CheckShape(SequenceData data, string name, int maxRows, SequenceChunks chunks = default)
    {
        if (data.Count < 1)
        {
            throw new ArgumentException($"'{name}' has no sequences.", name);
        }
        if (data.Count >= Array.MaxLength)
        {
            throw new ArgumentException(
                Invariant($"'{name}' has {data.Count} sequences, but may have at most {Array.MaxLength - 1}."), name);
        }
        if (data.TokenWidth != Description.InputWidth || data.TargetWidth != Description.TargetWidth)
        {
            throw new ArgumentException(
                Invariant($"'{name}' has tokens of {data.TokenWidth} and targets of {data.TargetWidth} numbers, ")
                + Invariant($"but '{Description.Name}' takes {Description.InputWidth} and {Description.TargetWidth}."), name);
        }
        TokenShape shape = Description.Tokens;
        int min = shape.PatchLength, max = chunks.Tokens is null ? MaxLength(maxRows) : Array.MaxLength / Description.InputWidth;
        var largest = new PassSize(BatchPlan.RowsPerPass, 0);
        for (int i = 0; i < data.Count; i++)
        {
            int length = data.GetLength(i);
            if (length < min)
            {
                throw new ArgumentException(
                    Invariant($"Sequence {i} of '{name}' is {length} tokens long; ")
                    + $"every sequence needs at least {(min == 1 ? "one" : Invariant($"{min}, a patch"))}.", name);
            }
            if (length > max)
            {
                throw new ArgumentException(
                    Invariant($"Sequence {i} of '{name}' is {length} tokens long; ")
                    + Invariant($"one sequence may have at most {max} with '{Description.Name}'. Cut it into shorter ones")
                    + $"{(chunks.Tokens is null ? $", or set {nameof(TrainingOptions.CarryState)}" : "")}.", name);
            }
            (int outputs, int samples) = chunks.Largest(shape, length);
            if ((long)outputs * shape.Channels > maxRows)
            {
                throw new ArgumentException(
                    Invariant($"Sequence {i} of '{name}' has a chunk of {samples} tokens; one chunk may have at most {MaxLength(maxRows)} ")
                    + $"with '{Description.Name}'. Lower {nameof(TrainingOptions.CarryState)}.", name);
            }
            largest = PassSize.Max(largest, new(outputs * shape.Channels, samples) { IsCut = chunks.Count(shape, length) > 1 });
        }
        return largest;
    }

    /// <summary>Checks every number that training reads, so that wrong data are found before the model changes.</summary>
    /// <param name="data">The sequences.</param>
    /// <param name="name">The argument they came in.</param>
    /// <param name="size">What <see cref="CheckShape"/> found.</param>
    /// <param name="withDigest">Whether to compute what identifies the data.</param>
    /// <param name="standardizer">Standardises them; null where nothing does.</param>
    public static DataSurvey Read(SequenceData data, string name, PassSize size, bool withDigest, Standardizer? standardizer)
    {
        var reader = new BatchReader<TModel>(size.Samples) { Standardizer = standardizer };
        using DataDigestBuilder? digest = withDigest ? new() : null;
        double weight = 0;
        for (int i = 0; i < data.Count; i++)
        {
            weight += reader.Check(data, i, name, digest);
        }
        CheckWeight(weight, name);
        return new(size, weight, digest?.Build());
    }

    /// <summary>A mean over nothing is no loss.</summary>
    public static void CheckWeight(double sum, string name)
    {
        if (sum == 0)
        {
            throw new ArgumentException(
                $"'{name}' has no target with a weight above 0, or those that have one are all missing (NaN), so that its loss is "
                    + "undefined; give targets that count, with a weight of 1.", name);
        }
    }

    /// <summary>The largest number of samples in a sequence that has at most the given number of rows.</summary>
    private static int MaxLength(int maxRows)
    {
        TokenShape shape = Description.Tokens;
        long outputs = maxRows / shape.Channels;
        long samples = shape.PatchLength + outputs * shape.PatchStride - 1;
        return (int)Math.Min(samples, Array.MaxLength / Description.InputWidth);
    }
}
