namespace Control;

/// <summary>How a data set's numbers are brought near to one; a trained policy keeps it.</summary>
/// <param name="ObservationMeans">Mean of each number of the observations.</param>
/// <param name="ObservationDeviations">Its standard deviation; 1 for a number that never changed, which then scales to 0.</param>
/// <param name="ReturnScale">What returns-to-go are divided by: the largest that was logged.</param>
internal sealed record TrajectoryScale(double[] ObservationMeans, double[] ObservationDeviations, double ReturnScale)
{
    /// <summary>Added to deviations: a number that hardly moves must not be blown up.</summary>
    private const double LeastDeviation = 1e-6;

    /// <summary>Measures a data set.</summary>
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
