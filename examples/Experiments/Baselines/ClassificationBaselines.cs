using System.Globalization;

namespace Experiments;

/// <summary>The most frequent class of the training cases, independently of the case; in a tie the one declared first.</summary>
internal sealed class MajorityClass
{
    /// <summary>Counts the classes.</summary>
    /// <param name="train">At least one case.</param>
    /// <exception cref="ArgumentException">There are no cases.</exception>
    public MajorityClass(IReadOnlyList<TsCase> train)
    {
        ArgumentNullException.ThrowIfNull(train);
        Label = train.Count > 0
            ? train.CountBy(static one => one.Label).OrderByDescending(static pair => pair.Value).ThenBy(static pair => pair.Key)
                .First().Key
            : throw new ArgumentException("There are no training cases; give at least one.", nameof(train));
    }

    /// <summary>The class predicted for every case.</summary>
    public int Label { get; }
}

/// <summary>
/// The class of the training case at the smallest Euclidean distance over all channels. Linear interpolation in time first
/// gives all cases the length of the longest training case. The values are not scaled.
/// </summary>
internal sealed class NearestNeighbour
{
    private readonly (double[] Tokens, int Label)[] train;
    private readonly int channels, length;

    /// <summary>Resamples the training cases to one length.</summary>
    /// <param name="train">At least one case without missing values.</param>
    /// <param name="channels">Numbers in a token, at least 1.</param>
    /// <exception cref="ArgumentException">There are no cases, or one has missing values or no whole tokens.</exception>
    public NearestNeighbour(IReadOnlyList<TsCase> train, int channels)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        if (train.Count == 0)
        {
            throw new ArgumentException("There are no training cases; give at least one.", nameof(train));
        }
        this.channels = channels;
        length = train.Max(one => one.Tokens.Length / channels);
        this.train = [.. train.Select(one => (Resample(one), one.Label))];
    }

    /// <summary>The class of the nearest training case; in a tie that of the first one.</summary>
    /// <param name="one">A case without missing values.</param>
    /// <exception cref="ArgumentException">The case has missing values or no whole tokens.</exception>
    public int Predict(TsCase one)
    {
        ArgumentNullException.ThrowIfNull(one);
        double[] tokens = Resample(one);
        int best = 0;
        double nearest = double.PositiveInfinity;
        for (int i = 0; i < train.Length; i++)
        {
            double distance = SquaredDistance(tokens, train[i].Tokens, nearest);
            if (distance < nearest)
            {
                (best, nearest) = (i, distance);
            }
        }
        return train[best].Label;
    }

    /// <summary>Stops as soon as <paramref name="limit"/> is reached: the case is not the nearest then.</summary>
    private static double SquaredDistance(double[] a, double[] b, double limit)
    {
        double sum = 0;
        for (int i = 0; i < a.Length && sum < limit; i++)
        {
            double difference = a[i] - b[i];
            sum += difference * difference;
        }
        return sum;
    }

    private double[] Resample(TsCase one)
    {
        double[] tokens = one.Tokens;
        if (tokens.Length == 0 || tokens.Length % channels != 0 || tokens.Any(double.IsNaN))
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"A case's {tokens.Length} numbers are not whole tokens of {channels} channels, or some are missing; use Imputer."),
                nameof(one));
        }
        int own = tokens.Length / channels;
        if (own == length)
        {
            return tokens;
        }
        var result = new double[length * channels];
        for (int t = 0; t < length; t++)
        {
            // Both ends keep their values.
            double position = length == 1 ? 0 : t * (own - 1.0) / (length - 1);
            int before = (int)position, after = Math.Min(before + 1, own - 1);
            for (int c = 0; c < channels; c++)
            {
                result[t * channels + c] = double.Lerp(tokens[before * channels + c], tokens[after * channels + c], position - before);
            }
        }
        return result;
    }
}
