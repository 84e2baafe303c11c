namespace AarenGen;

/// <summary>
/// Turns the samples of a stream into the rows that the layers see: normalises them, gathers them into patches, and separates channels.
/// Training and streaming both use it, so that they cannot differ.
/// </summary>
/// <remarks>
/// The state, in doubles: the number of samples; for normalisation over the prefix, a mean and a sum of squared deviations per normalised
/// feature; and a ring of the last samples, where patches or a window need them.
/// Source of the normalisation: Kim et al., Reversible instance normalization, ICLR 2022, without the learned scale.
/// </remarks>
internal static class SamplePreprocessor
{
    /// <summary>Added to the variance before its square root is taken.</summary>
    private const double Epsilon = 1e-5;

    /// <summary>Doubles of state for samples of the given width.</summary>
    public static int StateDoubles(TokenShape shape, int width) => RingLength(shape) == 0 && shape.Normalization == NormalizationSpan.None
        ? 0 : 1 + (shape.Normalization == NormalizationSpan.Prefix ? 2 * shape.Normalized(width) : 0) + RingLength(shape) * width;

    /// <summary>Adds a sample; returns whether it completes a row for each channel.</summary>
    /// <param name="shape">How samples become rows.</param>
    /// <param name="state">The state of the stream's samples.</param>
    /// <param name="sample">All features of all channels.</param>
    /// <param name="rows">[channels, patch length × features of a channel], written where the result is true.</param>
    /// <param name="statistics">
    /// [channels, 2 × normalised features of a channel]: means, then standard deviations; empty where nothing is normalised.
    /// </param>
    public static bool Add(TokenShape shape, Span<double> state, ReadOnlySpan<float> sample, Span<float> rows, Span<float> statistics)
    {
        if (state.IsEmpty)
        {
            sample.CopyTo(rows);
            return true;
        }
        int width = sample.Length, ringLength = RingLength(shape);
        long seen = (long)++state[0];
        Span<double> ring = state[^(ringLength * width)..];
        if (ringLength > 0)
        {
            Span<double> slot = ring.Slice((int)((seen - 1) % ringLength) * width, width);
            for (int feature = 0; feature < width; feature++)
            {
                slot[feature] = sample[feature];
            }
        }
        if (shape.Normalization == NormalizationSpan.Prefix)
        {
            int normalized = shape.Normalized(width);
            Welford(state.Slice(1, normalized), state.Slice(1 + normalized, normalized), sample[..normalized], seen);
        }
        long past = seen - shape.PatchLength;
        if (past < 0 || past % shape.PatchStride != 0)
        {
            return false;
        }
        int features = width / shape.Channels, own = shape.Normalized(features);
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            Span<float> row = rows.Slice(channel * shape.PatchLength * features, shape.PatchLength * features);
            for (int feature = 0; feature < features; feature++)
            {
                int column = channel * features + feature;
                (double mean, double deviation) = feature < own ? Statistics(shape, state, ring, column, width, seen) : (0, 1);
                int at = ringLength == 0 ? 0 : (int)(past % ringLength);
                for (int i = 0; i < shape.PatchLength; i++)
                {
                    double value = ringLength == 0 ? sample[column] : ring[at * width + column];
                    row[i * features + feature] = (float)((value - mean) / deviation);
                    at = at + 1 < ringLength ? at + 1 : 0;
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

    private static int RingLength(TokenShape shape) => Math.Max(shape.PatchLength > 1 ? shape.PatchLength : 0, shape.Window);

    private static void Welford(Span<double> means, Span<double> squares, ReadOnlySpan<float> sample, long seen)
    {
        for (int feature = 0; feature < sample.Length; feature++)
        {
            double difference = sample[feature] - means[feature];
            means[feature] += difference / seen;
            squares[feature] += difference * (sample[feature] - means[feature]);
        }
    }

    private static (double Mean, double Deviation) Statistics(
        TokenShape shape, ReadOnlySpan<double> state, ReadOnlySpan<double> ring, int column, int width, long seen)
    {
        switch (shape.Normalization)
        {
            case NormalizationSpan.Prefix:
                return (state[1 + column], Math.Sqrt(state[1 + shape.Normalized(width) + column] / seen + Epsilon));
            case NormalizationSpan.Window:
                int count = (int)Math.Min(seen, shape.Window), ringLength = RingLength(shape), oldest = (int)((seen - count) % ringLength);
                double sum = 0, squares = 0;
                for (int i = 0; i < count; i++)
                {
                    sum += ring[(oldest + i) % ringLength * width + column];
                }
                double mean = sum / count;
                for (int i = 0; i < count; i++)
                {
                    double difference = ring[(oldest + i) % ringLength * width + column] - mean;
                    squares += difference * difference;
                }
                return (mean, Math.Sqrt(squares / count + Epsilon));
            default:
                return (0, 1);
        }
    }
}
