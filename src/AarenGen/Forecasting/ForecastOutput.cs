namespace AarenGen;

/// <summary>
/// A forecast as generated code views it: the last outputs of a stream. It is valid until the stream completes another interval, is reset
/// or loaded; afterwards reading it is an <see cref="InvalidOperationException"/>. Copy out what is needed for longer.
/// </summary>
public readonly struct ForecastOutput
{
    private readonly ForecastCore? core;
    private readonly long version;

    internal ForecastOutput(ForecastCore core) => (this.core, version) = (core, core.Version);

    /// <summary>
    /// The beginning of the interval after whose records this was forecast, in UTC: the first forecast value is of the interval after it.
    /// </summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public DateTimeOffset Origin => Core.Layout.Grid.StartOf(Core.OutputInterval);

    /// <summary>Forecast intervals.</summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public int Horizon => Core.Layout.Horizon;

    private ForecastCore Core => Check(core, version);

    /// <summary>The beginning of a forecast interval, in UTC.</summary>
    /// <param name="step">Intervals after the first forecast one, 0 to horizon − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is out of range.</exception>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public DateTimeOffset TimeOf(int step) =>
        Core.Layout.Grid.StartOf(Core.OutputInterval + 1 + Arguments.CheckIndex(step, Core.Layout.Horizon));

    /// <summary>What is predicted of a target, by a loss with a distribution.</summary>
    /// <param name="target">The target, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="target"/> is out of range.</exception>
    /// <exception cref="InvalidOperationException">The loss has no distribution, or the stream has gone on.</exception>
    public PredictedSeries Distributions(int target)
    {
        if (!Core.Layout.HasDistributions)
        {
            throw new InvalidOperationException($"The loss predicts no distributions; read {nameof(Values)}.");
        }
        return new(Core, version, Arguments.CheckIndex(target, Core.Layout.TargetCount));
    }

    /// <summary>What is predicted of a target, by a loss without a distribution.</summary>
    /// <param name="target">The target, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="target"/> is out of range.</exception>
    /// <exception cref="InvalidOperationException">The loss has a distribution, or the stream has gone on.</exception>
    public PredictedValues Values(int target)
    {
        if (Core.Layout.HasDistributions)
        {
            throw new InvalidOperationException($"The loss predicts distributions; read {nameof(Distributions)}.");
        }
        return new(Core, version, Arguments.CheckIndex(target, Core.Layout.TargetCount));
    }

    internal static ForecastCore Check(ForecastCore? core, long version) => SeriesCore.Check(core, version, "forecast");
}

/// <summary>
/// The predicted distributions of a target, one for each interval of the horizon; valid as long as its <see cref="ForecastOutput"/>.
/// </summary>
public readonly struct PredictedSeries
{
    private readonly ForecastCore? core;
    private readonly long version;
    private readonly int target;

    internal PredictedSeries(ForecastCore core, long version, int target) =>
        (this.core, this.version, this.target) = (core, version, target);

    /// <summary>Forecast intervals.</summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public int Count => Core.Layout.Horizon;

    /// <summary>
    /// How unusual the target's newest value was under the forecast before it: −log10 of
    /// <see cref="PredictedDistribution.TailProbability"/>. It is 0 at the median and above 0 elsewhere; 3 is a value of which one in a
    /// thousand is as far out; infinite where the probability is 0. NaN where no value was completed since the forecast before, such as
    /// a missing one, or there was no forecast of it. Where several values were completed since then, as with <c>[Patch]</c>, it is of the
    /// most unusual one.
    /// </summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public double Anomaly => Core.Anomaly(target);

    /// <summary>
    /// The beginning of the interval whose value <see cref="Anomaly"/> is of, in UTC; null where that is NaN. It lies before
    /// <see cref="ForecastOutput.Origin"/> where other intervals were completed after it, such as those of a gap.
    /// </summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public DateTimeOffset? AnomalyTime => Core.AnomalyTime(target);

    private ForecastCore Core => ForecastOutput.Check(core, version);

    /// <summary>The distribution of an interval.</summary>
    /// <param name="step">Intervals after the first forecast one, 0 to horizon − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is out of range.</exception>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public PredictedDistribution this[int step] =>
        Core.Layout.Distribution(Core.Outputs, target, Arguments.CheckIndex(step, Core.Layout.Horizon));
}

/// <summary>
/// The predicted values of a target, one for each interval of the horizon; valid as long as its <see cref="ForecastOutput"/>.
/// </summary>
public readonly struct PredictedValues
{
    private readonly ForecastCore? core;
    private readonly long version;
    private readonly int target;

    internal PredictedValues(ForecastCore core, long version, int target) =>
        (this.core, this.version, this.target) = (core, version, target);

    /// <summary>Forecast intervals.</summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public int Count => Core.Layout.Horizon;

    private ForecastCore Core => ForecastOutput.Check(core, version);

    /// <summary>The value of an interval.</summary>
    /// <param name="step">Intervals after the first forecast one, 0 to horizon − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is out of range.</exception>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public float this[int step] => Core.Layout.Value(Core.Outputs, target, Arguments.CheckIndex(step, Core.Layout.Horizon));
}
