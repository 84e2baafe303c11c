using System.Collections.Concurrent;
using AarenGen.Kernels;

namespace AarenGen;

/// <summary>
/// Standardises what a model reads and scales its outputs back, with the statistics of <see cref="StandardizeAttribute"/>. It belongs to
/// the host: layers and losses, on any device, see only standardised numbers. Safe from any number of threads.
/// </summary>
internal sealed class Standardizer
{
    /// <summary>A distance far above all floats, so that no standardised column is out of bounds.</summary>
    private const double AnyDistance = 1e60;

    private readonly ModelDescription description;

    /// <summary>Those of series, made when they are first needed.</summary>
    private readonly ConcurrentDictionary<string, Standardizer>? series;
    private readonly int inputWidth, modalities;
    private readonly ColumnScaling tokens, targets, outputs;

    private Standardizer(ModelDescription description, StandardizationStatistics statistics)
    {
        this.description = description;
        Statistics = statistics;
        IsPerSeries = description.IsPerSeries;
        series = statistics.Series.Count > 0 ? new(StringComparer.Ordinal) : null;
        inputWidth = description.InputWidth;
        modalities = description.ModalityCount;
        tokens = Scaling(statistics.TokenScales);
        targets = Scaling(statistics.TargetScales);
        outputs = ScalingOfOutputs(description, statistics.TargetScales);
        double bound = float.MaxValue;
        foreach ((double center, double scale) in statistics.Tokens)
        {
            bound = Math.Min(bound, Arguments.LargestTokenNumber * scale - Math.Abs(center));
        }
        SurelyValid = MathF.Max(0, MathF.BitDecrement((float)Math.Max(0, bound)));
    }

    /// <summary>A token whose numbers are at most this large is valid, whatever their columns.</summary>
    public float SurelyValid { get; }

    public StandardizationStatistics Statistics { get; }

    /// <summary>Whether each series has statistics of its own.</summary>
    public bool IsPerSeries { get; }

    /// <summary>Null for a model without [Standardize], whose statistics are null.</summary>
    public static Standardizer? Create(ModelDescription description, StandardizationStatistics? statistics) =>
        statistics is null ? null : new(description, statistics);

    /// <summary>The one of a series; this one where the series has no statistics of its own.</summary>
    public Standardizer Of(string? name) => Statistics.Of(name) is { } own
        ? series!.GetOrAdd(name!, static (_, of) => new(of.description, of.own), (description, own)) : this;

    /// <summary>
    /// Accepts all finite numbers in the columns that are standardised, as is needed before the statistics are known.
    /// </summary>
    public static Standardizer ForAnyScale(ModelDescription description) => new(description, new(
        isFitted: false,
        [.. StandardizationStatistics.StandardizedTokens(description).Select(static s => s ? new(0, AnyDistance) : ColumnScale.None)],
        [.. StandardizationStatistics.StandardizedTargets(description).Select(static s => s ? new(0, AnyDistance) : ColumnScale.None)]));

    /// <summary>
    /// The index of the first number that is not finite, or whose standardised value a token may not hold; -1 where there is none.
    /// </summary>
    /// <param name="values">Tokens of a sequence.</param>
    /// <param name="missing">Where NaN is allowed; null: nowhere.</param>
    /// <param name="position">The position of the first one in it, from 0.</param>
    public int IndexOfBadTokenNumber(ReadOnlySpan<float> values, MissingInputs? missing, long position)
    {
        int i = Arguments.IndexOfBadTokenNumber(values, SurelyValid);
        for (; i >= 0 && i < values.Length; i++)
        {
            float standardized = tokens.Standardize(values[i], (PlaceOf(position) + i) % (modalities * inputWidth));
            if (!(float.IsFinite(values[i]) && Math.Abs(standardized) <= Arguments.LargestTokenNumber)
                && !(float.IsNaN(values[i]) && missing is not null && missing.Allows(position, i)))
            {
                return i;
            }
        }
        return -1;
    }

    /// <summary>Whether neighbouring columns of a token, where tokens are all alike, may hold a number.</summary>
    public bool IsTokenNumber(float value, int firstColumn, int count)
    {
        if (Math.Abs(value) <= SurelyValid)
        {
            return true;
        }
        bool isValid = float.IsFinite(value);
        for (int column = firstColumn; isValid && column < firstColumn + count; column++)
        {
            isValid = Math.Abs(tokens.Standardize(value, column)) <= Arguments.LargestTokenNumber;
        }
        return isValid;
    }

    /// <summary>Standardises tokens of a sequence. The results may overwrite the tokens.</summary>
    /// <param name="values">The tokens.</param>
    /// <param name="position">The position of the first one in the sequence, from 0.</param>
    /// <param name="standardized">As long as the tokens.</param>
    public void StandardizeTokens(ReadOnlySpan<float> values, long position, Span<float> standardized) =>
        tokens.Standardize(values, PlaceOf(position), standardized);

    /// <summary>Standardises a target in place.</summary>
    public void StandardizeTarget(Span<float> target) => targets.Standardize(target, 0, target);

    /// <summary>Scales outputs of tokens back in place, those of all heads and channels.</summary>
    public void RestoreOutputs(Span<float> values) => outputs.Restore(values);

    private int PlaceOf(long position) => modalities == 1 ? 0 : (int)(position % modalities) * inputWidth;

    private static ColumnScaling Scaling(ReadOnlySpan<ColumnScale> columns)
    {
        double[] centers = new double[columns.Length], scales = new double[columns.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            (centers[i], scales[i]) = columns[i];
        }
        return new(centers, scales);
    }

    private static ColumnScaling ScalingOfOutputs(ModelDescription description, ReadOnlySpan<ColumnScale> targets)
    {
        (double[] centers, double[] scales) = OutputScales(description, targets);
        return new(centers, scales);
    }

    /// <summary>
    /// How the outputs of all heads and channels are scaled back. What is only scaled, or left as it is, has the center -0, the one number
    /// that changes no other when it is added.
    /// </summary>
    internal static (double[] Centers, double[] Scales) OutputScales(ModelDescription description, ReadOnlySpan<ColumnScale> targets)
    {
        double[] centers = new double[description.OutputWidth], scales = new double[description.OutputWidth];
        centers.AsSpan().Fill(-0.0);
        scales.AsSpan().Fill(1);
        for (int channel = 0; channel < description.Tokens.Channels; channel++)
        {
            foreach (HeadDescription head in description.Heads)
            {
                for (int segment = 0; segment < head.Scaling.Count; segment++)
                {
                    int output = channel * description.RowOutputWidth + head.OutputOffset + segment * head.TargetWidth,
                        target = channel * description.RowTargetWidth + head.TargetOffset;
                    for (int i = 0; i < head.TargetWidth && head.Scaling[segment] != OutputScaling.Unaffected; i++)
                    {
                        (double center, scales[output + i]) = targets[target + i];
                        centers[output + i] = head.Scaling[segment] == OutputScaling.Location ? center : -0.0;
                    }
                }
            }
        }
        return (centers, scales);
    }
}
