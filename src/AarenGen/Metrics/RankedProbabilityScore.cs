namespace AarenGen;

/// <summary>
/// Running mean of the continuous ranked probability score (CRPS), ∫ (F(z) - [z ≥ y])² dz for the predicted cumulative probability F and
/// the truth y: in the truth's unit, and the mean absolute error for forecasts without a spread. Source: Gneiting and Raftery, Strictly
/// proper scoring rules, JASA 2007. Predictions compute the score of one value (<c>RankedProbabilityScore</c>). Not thread-safe; give each
/// thread its own and <see cref="Merge"/> them.
/// </summary>
public sealed class RankedProbabilityScore
{
    private double sum;

    /// <summary>Number of scored numbers.</summary>
    public long Count { get; private set; }

    /// <summary>The mean; NaN before the first number.</summary>
    public double Mean => sum / Count;

    /// <summary>Adds the score of a number, unless the truth is missing.</summary>
    /// <param name="score">The score that the predicted distribution gives for the truth.</param>
    /// <param name="truth">The true number; NaN: it is missing, and left out.</param>
    public void Add(double score, double truth)
    {
        if (!double.IsNaN(truth))
        {
            sum += score;
            Count++;
        }
    }

    /// <summary>Scores a sample of the predicted distribution instead of the distribution.</summary>
    /// <remarks>
    /// mean |x - y| - ½ mean |x - x'| over the sample's members x and the pairs x, x' (each with itself too), in O(n log n): the exact
    /// score of the sample as a distribution.
    /// </remarks>
    /// <param name="sample">At least one value; sorted in place.</param>
    /// <param name="truth">The true number; NaN: it is missing, and left out.</param>
    /// <exception cref="ArgumentException">The sample is empty.</exception>
    public void Add(Span<double> sample, double truth)
    {
        if (sample.IsEmpty)
        {
            throw new ArgumentException("The sample is empty; give at least one value.", nameof(sample));
        }
        if (double.IsNaN(truth))
        {
            return;
        }
        sample.Sort();
        double error = 0, spread = 0;
        int n = sample.Length;
        for (int i = 0; i < n; i++)
        {
            error += Math.Abs(sample[i] - truth);
            // Of all pairs, the i-th smallest is the larger one i times and the smaller one n - 1 - i times. Differences from the
            // median are small, so that nothing large cancels.
            spread += (sample[i] - sample[n / 2]) * (2.0 * i - n + 1);
        }
        Add((error - spread / n) / n, truth);
    }

    /// <summary>Adds what another one scored.</summary>
    /// <param name="other">It stays as it is.</param>
    public void Merge(RankedProbabilityScore other)
    {
        ArgumentNullException.ThrowIfNull(other);
        sum += other.sum;
        Count += other.Count;
    }
}
