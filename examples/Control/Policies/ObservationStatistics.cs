namespace Control;

/// <summary>Mean and variance of all observations so far, each number by itself.</summary>
/// <remarks>Source: Chan, Golub, LeVeque, Updating formulae and a pairwise algorithm for computing sample variances, 1979.</remarks>
internal sealed class ObservationStatistics
{
    /// <param name="count">How many were seen.</param>
    /// <param name="mean">Their mean; the array is kept.</param>
    /// <param name="variance">Their variance; the array is kept.</param>
    public ObservationStatistics(long count, double[] mean, double[] variance) => (Count, Mean, Variance) = (count, mean, variance);

    /// <summary>How many were seen.</summary>
    public long Count { get; private set; }

    /// <summary>Their mean.</summary>
    public double[] Mean { get; }

    /// <summary>Their variance, by their count.</summary>
    public double[] Variance { get; }

    /// <summary>Takes in rows of observations.</summary>
    public void Add(ReadOnlySpan<float> rows)
    {
        int width = Mean.Length, added = rows.Length / width;
        if (added == 0)
        {
            return;
        }
        long total = Count + added;
        for (int i = 0; i < width; i++)
        {
            double mean = 0, squares = 0;
            for (int r = 0; r < added; r++)
            {
                mean += rows[r * width + i];
            }
            mean /= added;
            if (IsConstant(rows, width, i) && (Count == 0 || (Variance[i] == 0 && Mean[i] == rows[i])))
            {
                // The sum's rounding would leave a small variance, by which a later number would be blown up.
                Mean[i] = rows[i];
                continue;
            }
            for (int r = 0; r < added; r++)
            {
                double apart = rows[r * width + i] - mean;
                squares += apart * apart;
            }
            double difference = mean - Mean[i];
            Variance[i] = (Variance[i] * Count + squares + difference * difference * Count / total * added) / total;
            Mean[i] += difference * added / total;
        }
        Count = total;
    }

    private static bool IsConstant(ReadOnlySpan<float> rows, int width, int column)
    {
        for (int at = column; at < rows.Length; at += width)
        {
            if (rows[at] != rows[column])
            {
                return false;
            }
        }
        return true;
    }
}
