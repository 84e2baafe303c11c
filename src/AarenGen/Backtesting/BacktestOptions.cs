namespace AarenGen;

/// <summary>What a backtest scores, and how.</summary>
public sealed record BacktestOptions
{
    private readonly int? season, refitEvery;
    private readonly double referenceFraction = 0.2;
    private readonly double? conformalCoverage, alarmsPerDay;

    /// <summary>
    /// The beginning of the first interval that is forecast and scored: what the model was trained on lies before it.
    /// </summary>
    public required DateTimeOffset From { get; init; }

    /// <summary>Intervals that begin at this time or later are not used; null: all are.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>
    /// Intervals of the season of the seasonal naive forecasts and of the scale of the scaled errors, from 1 to as many as the longest
    /// series has; null: the first of <see cref="TimeGrid.Seasons"/>, or 1 where no series has two of it before <see cref="From"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int? Season
    {
        get => season;
        init => season = AtLeastOne(value, nameof(value));
    }

    /// <summary>
    /// After how many intervals the model is fitted anew to all that lies before, at least 1; null: never. Each fitted model reads each
    /// series from its beginning, so that the time grows with the number of fits.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int? RefitEvery
    {
        get => refitEvery;
        init => refitEvery = AtLeastOne(value, nameof(value));
    }

    /// <summary>
    /// The fraction of a series before <see cref="From"/>, at its end, from which conformal intervals and the threshold of anomalies learn
    /// first, 0 to 1. If the model was trained on it, it errs less there than later; leave it to validation.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public double ReferenceFraction
    {
        get => referenceFraction;
        init => referenceFraction = value is >= 0 and <= 1
            ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "The fraction must be from 0 to 1.");
    }

    /// <summary>How conformal intervals learn.</summary>
    public ConformalOptions Conformal { get; init; } = new();

    /// <summary>
    /// The coverage of the conformal intervals of forecasts without an interval, above 0 and below 1; null: 0.8. Others have the coverage
    /// of the outermost symmetric pair of levels.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public double? ConformalCoverage
    {
        get => conformalCoverage;
        init => conformalCoverage = value is null or (> 0 and < 1)
            ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "The coverage must be above 0 and below 1.");
    }

    /// <summary>
    /// The wanted alarms a day of all targets and series together where nothing is wrong, above 0; null, the default: one, but at most one
    /// of a hundred scores. Where as many are wanted as there are scores, there is no threshold, and a notice.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not above 0.</exception>
    public double? AlarmsPerDay
    {
        get => alarmsPerDay;
        init => alarmsPerDay = value is null || (value > 0 && double.IsFinite(value.Value))
            ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "The alarms a day must be above 0.");
    }

    private static int? AtLeastOne(int? value, string name) => value is null or >= 1
        ? value : throw new ArgumentOutOfRangeException(name, value, "It must be at least 1.");
}
