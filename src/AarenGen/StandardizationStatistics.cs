using static System.FormattableString;

namespace AarenGen;

/// <summary>How a column is standardised: a value minus <see cref="Center"/>, over <see cref="Scale"/>.</summary>
/// <param name="Center">In the column's unit: its mean, median or middle; 0 where the column is left as it is.</param>
/// <param name="Scale">In the column's unit, above 0; 1 for a constant column, and where the column is left as it is.</param>
public readonly record struct ColumnScale(double Center, double Scale)
{
    /// <summary>Leaves a column as it is.</summary>
    internal static ColumnScale None { get; } = new(0, 1);
}

/// <summary>
/// The statistics with which a model of <see cref="StandardizeAttribute"/> standardises tokens and targets, and scales its outputs back.
/// Immutable, so safe from any number of threads.
/// </summary>
public sealed class StandardizationStatistics
{
    private static readonly Dictionary<string, StandardizationStatistics> noSeries = [];

    private readonly ColumnScale[] tokens, targets;
    private readonly Dictionary<string, StandardizationStatistics> series;

    internal StandardizationStatistics(
        bool isFitted, ColumnScale[] tokens, ColumnScale[] targets, Dictionary<string, StandardizationStatistics>? series = null)
    {
        IsFitted = isFitted;
        this.tokens = tokens;
        this.targets = targets;
        this.series = series ?? noSeries;
    }

    /// <summary>
    /// Whether <see cref="SequenceModel{TSelf}.Fit"/> computed the statistics or a file held them. Those of a new model leave all values as
    /// they are; the first <c>Fit</c> replaces them, and no later one does.
    /// </summary>
    public bool IsFitted { get; }

    /// <summary>
    /// Of the columns of a token, those that are left as they are included; where modalities are interleaved, of the tokens of each
    /// modality, one after the other.
    /// </summary>
    public IReadOnlyList<ColumnScale> Tokens => tokens;

    /// <summary>Of the columns of a target, those that are left as they are included.</summary>
    public IReadOnlyList<ColumnScale> Targets => targets;

    /// <summary>
    /// The statistics of each series of the training data, by its name, where <see cref="StandardizeAttribute.PerSeries"/> asks for them;
    /// else empty. Those of a series have no series themselves.
    /// </summary>
    public IReadOnlyDictionary<string, StandardizationStatistics> Series => series;

    internal ReadOnlySpan<ColumnScale> TokenScales => tokens;

    internal ReadOnlySpan<ColumnScale> TargetScales => targets;

    /// <summary>The statistics of a new model: they leave all values as they are. Null where nothing is standardised.</summary>
    internal static StandardizationStatistics? None(ModelDescription description)
    {
        if (description.Standardization is null)
        {
            return null;
        }
        ColumnScale[] tokens = new ColumnScale[TokenCount(description)], targets = new ColumnScale[description.TargetWidth];
        tokens.AsSpan().Fill(ColumnScale.None);
        targets.AsSpan().Fill(ColumnScale.None);
        return new(isFitted: false, tokens, targets);
    }

    /// <summary>The number of <see cref="Tokens"/>.</summary>
    internal static int TokenCount(ModelDescription description) => description.ModalityCount * description.InputWidth;

    /// <summary>For each of <see cref="Tokens"/> whether it is standardised.</summary>
    internal static bool[] StandardizedTokens(ModelDescription description)
    {
        var standardized = new bool[TokenCount(description)];
        for (int modality = 0; modality < description.ModalityCount; modality++)
        {
            foreach (StandardizedColumns columns in description.Standardization?.Columns ?? [])
            {
                if (columns.IsAt(modality))
                {
                    standardized.AsSpan(modality * description.InputWidth + columns.First, columns.Count).Fill(true);
                }
            }
        }
        return standardized;
    }

    /// <summary>For each column of a target whether it is standardised.</summary>
    internal static bool[] StandardizedTargets(ModelDescription description)
    {
        var standardized = new bool[description.TargetWidth];
        for (int channel = 0; channel < description.Tokens.Channels; channel++)
        {
            foreach (HeadDescription head in description.Heads.Where(static h => h.Scaling.Count > 0))
            {
                standardized.AsSpan(channel * description.RowTargetWidth + head.TargetOffset, head.TargetWidth).Fill(true);
            }
        }
        return standardized;
    }

    /// <summary>
    /// Gives targets the statistics of the columns that outputs repeat, where instance normalisation makes them do so: the outputs that it
    /// takes back are on the scale of these columns.
    /// </summary>
    internal static void RepeatTokens(ModelDescription description, ReadOnlySpan<ColumnScale> tokens, Span<ColumnScale> targets)
    {
        int features = description.InputWidth / description.Tokens.Channels, own = description.Tokens.Normalized(features);
        for (int channel = 0; channel < description.Tokens.Channels && own > 0; channel++)
        {
            foreach (HeadDescription head in description.Heads.Where(static h => h.Scaling.Count > 0))
            {
                for (int i = 0; i < head.TargetWidth; i++)
                {
                    targets[channel * description.RowTargetWidth + head.TargetOffset + i] = tokens[channel * features + i % own];
                }
            }
        }
    }

    /// <summary>Whether both scale every column alike.</summary>
    internal bool IsSame(StandardizationStatistics? other) => other is not null
        && TokenScales.SequenceEqual(other.TokenScales) && TargetScales.SequenceEqual(other.TargetScales)
        && series.Count == other.series.Count
        && series.All(s => other.series.TryGetValue(s.Key, out StandardizationStatistics? own) && s.Value.IsSame(own));

    /// <summary>The statistics of a series; null where there are none of its own.</summary>
    internal StandardizationStatistics? Of(string? name) => name is null ? null : series.GetValueOrDefault(name);

    /// <summary>Checks statistics that a file holds against the model; returns what is wrong, or null.</summary>
    internal string? FindMistake(ModelDescription description)
    {
        var repeated = (ColumnScale[])targets.Clone();
        RepeatTokens(description, tokens, repeated);
        return FindMistake("token", tokens, StandardizedTokens(description))
            ?? FindMistake("target", targets, StandardizedTargets(description))
            ?? (repeated.AsSpan().SequenceEqual(targets)
                ? null : "the statistics of targets are not those of the columns that the outputs repeat")
            ?? series.Values.Select((own, i) => own.FindMistake(description) is { } mistake
                ? Invariant($"in series {i}, {mistake}") : null).FirstOrDefault(static m => m is not null);
    }

    private static string? FindMistake(string name, ColumnScale[] columns, bool[] isStandardized)
    {
        for (int i = 0; i < columns.Length; i++)
        {
            (double center, double scale) = columns[i];
            if (!double.IsFinite(center) || !(scale > 0 && double.IsFinite(scale)))
            {
                return Invariant($"{name} column {i} has the center {center} and the scale {scale}, which must be finite and above 0");
            }
            if (!isStandardized[i] && columns[i] != ColumnScale.None)
            {
                return Invariant($"{name} column {i} is not standardised, but has the center {center} and the scale {scale}");
            }
        }
        return null;
    }
}
