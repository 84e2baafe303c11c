namespace Control;

/// <summary>Mean and variance of each number over all observations so far.</summary>
/// <remarks>Source: Chan, Golub, LeVeque, Updating formulae and a pairwise algorithm for computing sample variances, 1979.</remarks>
internal sealed class ObservationStatistics
{
    /// <param name="count">Number of observations.</param>
    /// <param name="mean">Their mean; the array is kept.</param>
    /// <param name="variance">Their variance; the array is kept.</param>
    public ObservationStatistics(long count, double[] mean, double[] variance) => (Count, Mean, Variance) = (count, mean, variance);

    /// <summary>Number of observations.</summary>
    public long Count { get; private set; }

    /// <summary>Their mean.</summary>
    public double[] Mean { get; }

    /// <summary>Their variance, by their count.</summary>
    public double[] Variance { get; }

    /// <summary>Adds rows of observations.</summary>
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
                // Rounding of the sum would leave a small variance and inflate a later number.
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
