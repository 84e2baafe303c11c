namespace AarenGen;

/// <summary>
/// Turns the samples of a stream into the rows that the layers see: fills in what is missing, normalises them, gathers them into patches,
/// and separates channels. Training and streaming both use it, so that they cannot differ. Immutable; each stream has its own state.
/// </summary>
/// <remarks>
/// <para>The state, in doubles: the number of samples; for normalisation over the prefix, a mean and a sum of squared deviations per
/// normalised feature, and the number of its values where some may be missing; the last value of each column that carries it forward; and
/// a ring of the last samples, where patches or a window need them.</para>
/// <para>The lowest bit of a number in the ring says that the value was missing and the number took its place: the numbers are floats,
/// which leave that bit 0. A NaN instead could not be told from an overflow.</para>
/// <para>Source of the normalisation: Kim et al., Reversible instance normalization, ICLR 2022, without the learned scale.</para>
/// </remarks>
internal sealed class SamplePreprocessor
{
    /// <summary>Added to the variance before its square root is taken.</summary>
    private const double Epsilon = 1e-5;

    private readonly TokenShape shape;
    private readonly MissingInputs? missing;

    /// <summary>Numbers in a sample, those that are normalised, those that are carried, and samples in the ring.</summary>
    private readonly int width, normalized, carried, ringLength;

    public SamplePreprocessor(ModelDescription description)
    {
        shape = description.Tokens;
        missing = MissingInputs.Of(description);
        width = description.InputWidth;
        normalized = shape.Normalized(width);
        carried = missing?.CarriedValues ?? 0;
        ringLength = Math.Max(shape.PatchLength > 1 ? shape.PatchLength : 0, shape.Window);
    }

    /// <summary>Doubles of state: none where every sample is a row as it is.</summary>
    public int StateDoubles => shape is { PatchLength: 1, PatchStride: 1, Normalization: NormalizationSpan.None } && missing is null
        ? 0 : CarriedStart + carried + ringLength * width;

    /// <summary>Where the last values begin, behind the moments of normalised features.</summary>
    private int CarriedStart =>
        1 + (shape.Normalization == NormalizationSpan.Prefix ? missing is null ? 2 : 3 : 0) * normalized;

    /// <summary>Adds a sample; returns whether it completes a row for each channel.</summary>
    /// <param name="state">The state of the stream's samples.</param>
    /// <param name="sample">All features of all channels; NaN where a value is missing.</param>
    /// <param name="rows">[channels, patch length × columns of a channel], written where the result is true.</param>
    /// <param name="statistics">
    /// [channels, 2 × normalised features of a channel]: means, then standard deviations; empty where nothing is normalised.
    /// </param>
    public bool Add(Span<double> state, ReadOnlySpan<float> sample, Span<float> rows, Span<float> statistics)
    {
        if (state.IsEmpty)
        {
            sample.CopyTo(rows);
            return true;
        }
        return missing is null ? Add<NoGaps>(state, sample, rows, statistics) : Add<Gaps>(state, sample, rows, statistics);
    }

    private bool Add<TGaps>(Span<double> state, ReadOnlySpan<float> sample, Span<float> rows, Span<float> statistics)
        where TGaps : struct, IGaps
    {
        TokenShape shape = this.shape;
        int width = sample.Length, normalized = this.normalized, ringLength = this.ringLength;
        long seen = (long)++state[0];
        ReadOnlySpan<MissingInputs.Column> columns = TGaps.Exist ? missing!.At(seen - 1) : default;
        Span<double> last = TGaps.Exist ? state.Slice(CarriedStart, carried) : default;
        for (int column = 0; column < columns.Length; column++)
        {
            if (columns[column].Carried >= 0 && !float.IsNaN(sample[column]))
            {
                last[columns[column].Carried] = sample[column];
            }
        }
        Span<double> ring = state[^(ringLength * width)..];
        if (ringLength > 0)
        {
            Span<double> slot = ring.Slice((int)((seen - 1) % ringLength) * width, width);
            for (int feature = 0; feature < width; feature++)
            {
                slot[feature] = TGaps.Exist && float.IsNaN(sample[feature])
                    ? Mark(Replacement(columns[feature], last)) : sample[feature];
            }
        }
        if (shape.Normalization == NormalizationSpan.Prefix)
        {
            Span<double> counts = TGaps.Exist ? state.Slice(1 + 2 * normalized, normalized) : default;
            Welford<TGaps>(state.Slice(1, normalized), state.Slice(1 + normalized, normalized), counts, sample[..normalized], seen);
        }
        long past = seen - shape.PatchLength;
        if (past < 0 || past % shape.PatchStride != 0)
        {
            return false;
        }
        int features = width / shape.Channels, own = shape.Normalized(features);
        int indicators = TGaps.Exist ? shape.IndicatorColumns / shape.Channels : 0, rowColumns = features + indicators;
        if (indicators > 0)
        {
            // The columns of other modalities, too.
            rows.Clear();
        }
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            Span<float> row = rows.Slice(channel * shape.PatchLength * rowColumns, shape.PatchLength * rowColumns);
            for (int feature = 0; feature < features; feature++)
            {
                int column = channel * features + feature;
                (double mean, double deviation) = feature < own
                    ? Statistics<TGaps>(shape, state, ring, ringLength, column, width, seen) : (0, 1);
                int at = ringLength == 0 ? 0 : (int)(past % ringLength);
                for (int i = 0; i < shape.PatchLength; i++)
                {
                    double value = ringLength == 0 ? sample[column] : ring[at * width + column];
                    at = at + 1 < ringLength ? at + 1 : 0;
                    if (TGaps.Exist && IsMissing(value))
                    {
                        int indicator = columns[column].Indicator;
                        if (indicator >= 0)
                        {
                            // The number is 0, once standardised or normalised.
                            row[i * rowColumns + features + indicator] = 1;
                            row[i * rowColumns + feature] = 0;
                            continue;
                        }
                        value = ringLength == 0 ? Replacement(columns[column], last) : Unmark(value);
                    }
                    row[i * rowColumns + feature] = (float)((value - mean) / deviation);
                }
                if (feature < own)
                {
                    statistics[channel * 2 * own + feature] = (float)mean;
                    statistics[channel * 2 * own + own + feature] = (float)deviation;
                }
            }
        }
        return true;
    }

    private static double Replacement(MissingInputs.Column column, ReadOnlySpan<double> last) =>
        column.Carried >= 0 ? last[column.Carried] : 0;

    private static double Mark(double value) => BitConverter.UInt64BitsToDouble(BitConverter.DoubleToUInt64Bits(value) | 1);

    private static double Unmark(double value) => BitConverter.UInt64BitsToDouble(BitConverter.DoubleToUInt64Bits(value) & ~1UL);

    /// <summary>Whether a number is NaN, of a sample, or marked, of the ring.</summary>
    private static bool IsMissing(double value) => double.IsNaN(value) || (BitConverter.DoubleToUInt64Bits(value) & 1) != 0;

    /// <summary>Takes the values that are there into means and sums of squared deviations.</summary>
    private static void Welford<TGaps>(
        Span<double> means, Span<double> squares, Span<double> counts, ReadOnlySpan<float> sample, long seen) where TGaps : struct, IGaps
    {
        for (int feature = 0; feature < sample.Length; feature++)
        {
            if (TGaps.Exist && float.IsNaN(sample[feature]))
            {
                continue;
            }
            double difference = sample[feature] - means[feature];
            means[feature] += difference / (TGaps.Exist ? ++counts[feature] : seen);
            squares[feature] += difference * (sample[feature] - means[feature]);
        }
    }

    /// <summary>Of a feature's values that are there; where there is none, those of the single value 0.</summary>
    private static (double Mean, double Deviation) Statistics<TGaps>(
        TokenShape shape, ReadOnlySpan<double> state, ReadOnlySpan<double> ring, int ringLength, int column, int width, long seen)
        where TGaps : struct, IGaps
    {
        switch (shape.Normalization)
        {
            case NormalizationSpan.Prefix:
                int normalized = shape.Normalized(width);
                double values = TGaps.Exist ? Math.Max(1, state[1 + 2 * normalized + column]) : seen;
                return (state[1 + column], Math.Sqrt(state[1 + normalized + column] / values + Epsilon));
            case NormalizationSpan.Window:
                int count = (int)Math.Min(seen, shape.Window), oldest = (int)((seen - count) % ringLength), gaps = 0;
                double sum = 0, squares = 0;
                for (int i = 0; i < count; i++)
                {
                    double value = ring[(oldest + i) % ringLength * width + column];
                    if (TGaps.Exist && IsMissing(value))
                    {
                        gaps++;
                        continue;
                    }
                    sum += value;
                }
                int present = Math.Max(1, count - gaps);
                double mean = sum / present;
                for (int i = 0; i < count; i++)
                {
                    double value = ring[(oldest + i) % ringLength * width + column];
                    if (TGaps.Exist && IsMissing(value))
                    {
                        continue;
                    }
                    double difference = value - mean;
                    squares += difference * difference;
                }
                return (mean, Math.Sqrt(squares / present + Epsilon));
            default:
                return (0, 1);
        }
    }

    /// <summary>Whether values may be missing: a constant of each of two forms of the code; one does not pay for the other.</summary>
    private interface IGaps
    {
        static abstract bool Exist { get; }
    }

    private readonly struct Gaps : IGaps
    {
        public static bool Exist => true;
    }

    private readonly struct NoGaps : IGaps
    {
        public static bool Exist => false;
    }
}
