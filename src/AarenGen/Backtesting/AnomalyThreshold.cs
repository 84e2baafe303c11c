namespace AarenGen;

/// <summary>
/// Turns anomaly scores into alarms: finds, from the scores of a reference period, the threshold above which as many scores a day lie as
/// alarms are wanted. It can run on beside a stream; its memory is constant. Not thread-safe; give each thread its own and
/// <see cref="Merge"/> them.
/// </summary>
/// <remarks>
/// <para>A score is −log₁₀ of the tail probability that a forecast gave to what came (<c>TailProbability</c>): 3 is a value so far out as
/// one of a thousand would be. Scores of all targets and series that share an alarm budget go into one threshold.</para>
/// <para>Where the reference has enough scores, the threshold is their empirical quantile. Rarer alarms lie beyond the data: the scores
/// above the k-th largest one, k the larger of 50 and a fiftieth of all, are taken to be exponential, as those of a calibrated model are,
/// with the scale (median − k-th largest) / ln 2. The median keeps a few anomalies within the reference from raising the threshold.
/// Source of the tail fit: Pickands, Annals of Statistics 1975, with the shape 0.</para>
/// </remarks>
public sealed class AnomalyThreshold
{
    private readonly ScoreHistogram scores = new();
    private readonly double scoresPerDay;

    /// <summary>Null where scores were added since it was found.</summary>
    private double? value;

    /// <summary>Creates a threshold without a reference.</summary>
    /// <param name="alarmsPerDay">The wanted number of alarms a day where nothing is wrong, above 0 and below that of scores.</param>
    /// <param name="scoresPerDay">
    /// How many scores a day there are: intervals of a day (<see cref="TimeGrid.IntervalsPerDay"/>) × targets × series, without values that
    /// are missing.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public AnomalyThreshold(double alarmsPerDay, double scoresPerDay)
    {
        if (!(alarmsPerDay > 0 && alarmsPerDay < scoresPerDay))
        {
            throw new ArgumentOutOfRangeException(
                nameof(alarmsPerDay), alarmsPerDay, "The wanted alarms a day must be above 0 and below the scores a day.");
        }
        if (!double.IsFinite(scoresPerDay))
        {
            throw new ArgumentOutOfRangeException(nameof(scoresPerDay), scoresPerDay, "The scores a day must be a finite number.");
        }
        (AlarmsPerDay, this.scoresPerDay) = (alarmsPerDay, scoresPerDay);
    }

    /// <summary>The wanted number of alarms a day.</summary>
    public double AlarmsPerDay { get; }

    /// <summary>Scores of the reference.</summary>
    public long Count => scores.Count;

    /// <summary>The threshold; NaN where the reference has fewer than 100 scores.</summary>
    public double Value => value ??= scores.Threshold(AlarmsPerDay / scoresPerDay * Count);

    /// <summary>The score of a tail probability: its −log₁₀, at most 300.</summary>
    /// <param name="tailProbability">From 0 to 1; NaN: nothing came, and the score is NaN.</param>
    public static double ScoreOf(double tailProbability) => -Math.Log10(Math.Max(tailProbability, 1e-300));

    /// <summary>Whether a score is an alarm: above the threshold. False for NaN, and while there is no threshold.</summary>
    /// <param name="score">The score.</param>
    public bool IsAnomaly(double score) => score > Value;

    /// <summary>Adds a score to the reference.</summary>
    /// <param name="score">At least 0; NaN is ignored.</param>
    /// <exception cref="ArgumentOutOfRangeException">The score is below 0.</exception>
    public void Add(double score)
    {
        if (score < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(score), score, "A score must be at least 0.");
        }
        scores.Add(score);
        value = null;
    }

    /// <summary>Adds the reference of another threshold.</summary>
    /// <param name="other">It stays as it is.</param>
    public void Merge(AnomalyThreshold other)
    {
        ArgumentNullException.ThrowIfNull(other);
        scores.Merge(other.scores);
        value = null;
    }
}
