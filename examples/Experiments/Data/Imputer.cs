using System.Globalization;

namespace Experiments;

/// <summary>
/// Fills missing values. The channel's last observed value is carried forward; before the first one, the mean of the channel over the
/// observed values of the training cases is used. No later value has an effect. Immutable.
/// </summary>
internal sealed class Imputer
{
    private readonly double[] means;

    private Imputer(double[] means) => this.means = means;

    /// <summary>The mean of each channel over the training cases.</summary>
    public IReadOnlyList<double> Means => means;

    /// <summary>Computes the channels' means, only from training cases.</summary>
    /// <param name="train">Cases of <paramref name="channels"/> channels.</param>
    /// <param name="channels">Numbers in a token, at least 1.</param>
    /// <exception cref="ArgumentException">A channel has no observed value in any case.</exception>
    public static Imputer Fit(IReadOnlyList<TsCase> train, int channels)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        var sums = new double[channels];
        var counts = new long[channels];
        foreach (TsCase one in train)
        {
            for (int i = 0; i < one.Tokens.Length; i++)
            {
                if (!double.IsNaN(one.Tokens[i]))
                {
                    sums[i % channels] += one.Tokens[i];
                    counts[i % channels]++;
                }
            }
        }
        int unseen = Array.IndexOf(counts, 0);
        return unseen < 0
            ? new([.. sums.Zip(counts, static (sum, count) => sum / count)])
            : throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture,
                $"Channel {unseen + 1} has no observed value in any training case; leave the channel out of the data."), nameof(train));
    }

    /// <summary>The cases with every missing value filled; a case without missing values is returned unchanged.</summary>
    /// <param name="cases">Cases with the same number of channels as the training cases.</param>
    /// <exception cref="ArgumentException">A case's numbers are no whole tokens.</exception>
    public TsCase[] Fill(IReadOnlyList<TsCase> cases)
    {
        ArgumentNullException.ThrowIfNull(cases);
        return [.. cases.Select(Fill)];
    }

    private TsCase Fill(TsCase one)
    {
        int channels = means.Length;
        if (one.Tokens.Length % channels != 0)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"A case has {one.Tokens.Length} numbers, which are not whole tokens of {channels} channels."));
        }
        if (!one.Tokens.Any(double.IsNaN))
        {
            return one;
        }
        double[] tokens = [.. one.Tokens];
        for (int i = 0; i < tokens.Length; i++)
        {
            if (double.IsNaN(tokens[i]))
            {
                tokens[i] = i < channels ? means[i] : tokens[i - channels];
            }
        }
        return one with { Tokens = tokens };
    }
}
