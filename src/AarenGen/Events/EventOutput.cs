namespace AarenGen;

/// <summary>
/// What a model predicts of the next event of a stream, as generated code views it. It is valid until the stream takes another event, is
/// reset or loaded; afterwards reading it is an <see cref="InvalidOperationException"/>.
/// </summary>
public readonly struct EventOutput
{
    private readonly EventCore? core;
    private readonly long version;

    internal EventOutput(EventCore core) => (this.core, version) = (core, core.Version);

    /// <summary>The time of the last event, from which the wait counts, in UTC.</summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public DateTimeOffset Time => new(Check(core, version).Ticks, TimeSpan.Zero);

    /// <summary>The time until the next event.</summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public PredictedWait Wait => new(Check(core, version), version);

    /// <summary>The larger of the anomalies of the last event's wait and mark, as far as there are; NaN: there is none.</summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public double Anomaly
    {
        get
        {
            EventCore own = Check(core, version);
            double wait = own.WaitAnomaly, mark = own.MarkAnomaly;
            return double.IsNaN(mark) ? wait : double.IsNaN(wait) ? mark : Math.Max(wait, mark);
        }
    }

    /// <summary>The mark of the next event.</summary>
    /// <param name="labels">The marks.</param>
    /// <typeparam name="TMark">The type of marks.</typeparam>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public PredictedMark<TMark> Mark<TMark>(ClassLabels<TMark> labels) where TMark : notnull => new(labels, Check(core, version), version);

    internal static EventCore Check(EventCore? core, long version) => SeriesCore.Check(core, version, "prediction");
}

/// <summary>
/// The predicted time from the last event to the next one, a mixture of log-normal distributions; valid as long as its
/// <see cref="EventOutput"/>.
/// </summary>
public readonly struct PredictedWait
{
    private readonly EventCore? core;
    private readonly long version;

    internal PredictedWait(EventCore core, long version) => (this.core, this.version) = (core, version);

    /// <summary>
    /// The mean; it may be far above the median, since some waits are very long. <see cref="TimeSpan.MaxValue"/> where it is beyond that.
    /// </summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public TimeSpan Mean => Core.Layout.Span(Distribution.Mean);

    /// <summary>The time that the next event is as likely to come before as after.</summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public TimeSpan Median => Quantile(0.5);

    /// <summary>
    /// How unusual the wait before the last event was under the prediction before it: −log10 of the probability of a wait at least as far
    /// out, on either side. 0 is the median; 3 is a wait of which one in a thousand is as far out. NaN where there was no prediction.
    /// </summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public double Anomaly => Core.WaitAnomaly;

    private EventCore Core => EventOutput.Check(core, version);

    private LogNormalMixturePrediction Distribution => Core.Layout.Wait(Core.Outputs);

    /// <summary>
    /// The density at a wait, for each unit of <see cref="NextEventAttribute{TRecord}"/>: with "min", by the minute. 0 below 0. Waits that
    /// are shorter than half of the clock's resolution count as that.
    /// </summary>
    /// <param name="wait">The wait.</param>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public double Density(TimeSpan wait)
    {
        LogNormalMixturePrediction distribution = Distribution;
        return wait < TimeSpan.Zero ? 0 : Math.Exp(distribution.LogDensity(Core.Layout.Wait(wait.Ticks)));
    }

    /// <summary>A random wait.</summary>
    /// <param name="random">The source; seed it for repeatable samples.</param>
    /// <exception cref="ArgumentNullException"><paramref name="random"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public TimeSpan Sample(Random random) => Core.Layout.Span(Distribution.Sample(random));

    /// <summary>The wait below which the truth lies with a probability.</summary>
    /// <param name="probability">Above 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability is out of range.</exception>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public TimeSpan Quantile(double probability) => Core.Layout.Span(Distribution.Quantile(probability));

    /// <summary>The probability that the next event comes within a time.</summary>
    /// <param name="time">The time from now on; below 0 it is 0.</param>
    /// <param name="silence">How long ago the last event was, if that is not now: given that none came since.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="silence"/> is below 0.</exception>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public double ProbabilityWithin(TimeSpan time, TimeSpan silence = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(silence, TimeSpan.Zero);
        LogNormalMixturePrediction distribution = Distribution;
        double past = Core.Layout.Units(silence), before = distribution.CumulativeProbability(past), left = 1 - before;
        return time <= TimeSpan.Zero ? 0 : left <= 0 ? 1
            : Math.Clamp((distribution.CumulativeProbability(past + Core.Layout.Units(time)) - before) / left, 0, 1);
    }
}

/// <summary>The predicted mark of the next event; valid as long as its <see cref="EventOutput"/>.</summary>
/// <typeparam name="TMark">The type of marks.</typeparam>
public readonly struct PredictedMark<TMark> where TMark : notnull
{
    private readonly ClassLabels<TMark>? labels;
    private readonly EventCore? core;
    private readonly long version;

    internal PredictedMark(ClassLabels<TMark> labels, EventCore core, long version) =>
        (this.labels, this.core, this.version) = (labels, core, version);

    /// <summary>The most probable mark; the first one in a tie.</summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public TMark MostLikely => Prediction.MostLikely;

    /// <summary>
    /// How unusual the mark of the last event was under the prediction before it: −log10 of the probability of a mark that is at most as
    /// probable. 0 is the most probable one. NaN where the mark is missing or there was no prediction.
    /// </summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public double Anomaly => EventOutput.Check(core, version).MarkAnomaly;

    private LabelledPrediction<TMark> Prediction
    {
        get
        {
            EventCore own = EventOutput.Check(core, version);
            return new(labels!, own.Layout.Mark(own.Outputs));
        }
    }

    /// <summary>A random mark.</summary>
    /// <param name="random">The source; seed it for repeatable samples.</param>
    /// <exception cref="ArgumentNullException"><paramref name="random"/> is null.</exception>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public TMark Sample(Random random) => Prediction.Sample(random);

    /// <summary>The probability of a mark.</summary>
    /// <param name="mark">One of the model's marks.</param>
    /// <exception cref="ArgumentException">The model has no such mark.</exception>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public double Probability(TMark mark) => Prediction.Probability(mark);

    /// <summary>All marks with their probabilities, the most probable first; of equal ones, in the order of the outputs.</summary>
    /// <exception cref="InvalidOperationException">The stream has gone on.</exception>
    public IReadOnlyList<(TMark Mark, double Probability)> Rank() => Prediction.Rank();
}
