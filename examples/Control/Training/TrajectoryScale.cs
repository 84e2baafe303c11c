namespace Control;

/// <summary>Scale that brings a data set's numbers to about one; part of a trained policy.</summary>
/// <param name="ObservationMeans">Mean of each number of the observations.</param>
/// <param name="ObservationDeviations">Its standard deviation; 1 for a number that never changed, which then scales to 0.</param>
/// <param name="ReturnScale">Divisor of returns-to-go: the largest logged one.</param>
internal sealed record TrajectoryScale(double[] ObservationMeans, double[] ObservationDeviations, double ReturnScale)
{
    /// <summary>Added to standard deviations, so that a nearly constant number is not inflated.</summary>
    private const double LeastDeviation = 1e-6;

    /// <summary>Computes the scale of a data set.</summary>
    public static TrajectoryScale Of(TrajectorySet data)
    {
        var statistics = new ObservationStatistics(0, new double[data.ObservationWidth], new double[data.ObservationWidth]);
        foreach (Episode episode in data.Episodes)
        {
            statistics.Add(episode.Observations);
        }
        double largest = data.Episodes.Max(static e => Math.Abs(e.Return));
        return new(statistics.Mean, [.. statistics.Variance.Select(static v => v > 0 ? Math.Sqrt(v) : 1)], largest > 0 ? largest : 1);
    }

    /// <summary>Writes an observation as the model sees it.</summary>
    public void Observation(ReadOnlySpan<float> observation, Span<float> scaled)
    {
        for (int i = 0; i < observation.Length; i++)
        {
            scaled[i] = (float)((observation[i] - ObservationMeans[i]) / (ObservationDeviations[i] + LeastDeviation));
        }
    }

    /// <summary>A return-to-go as the model sees it.</summary>
    public float Return(double toGo) => (float)(toGo / ReturnScale);
}
