namespace AarenGen.Benchmarks;

/// <summary>The category of <see cref="Reading"/>.</summary>
public enum Site
{
    Field,
    Roof,
    Cellar,
}

/// <summary>The record that the cost of binding is stated for; it is changed in place, so that a program allocates none.</summary>
public sealed record Reading
{
    [SeriesKey]
    public string Sensor { get; set; } = "";

    [Timestamp]
    public DateTimeOffset Time { get; set; }

    [Target]
    public float? Load { get; set; }

    [Observed]
    public float? Humidity { get; set; }

    [KnownAhead]
    public float? Outdoor { get; set; }

    [Category]
    public Site Site { get; set; }
}

/// <summary>The same, of which an interval may have several.</summary>
public sealed record OftenReading
{
    [SeriesKey]
    public string Sensor { get; set; } = "";

    [Timestamp]
    public DateTimeOffset Time { get; set; }

    [Target(Aggregation = Aggregation.Mean)]
    public float? Load { get; set; }

    [Observed(Aggregation = Aggregation.Mean)]
    public float? Humidity { get; set; }

    [KnownAhead(Aggregation = Aggregation.Mean)]
    public float? Outdoor { get; set; }

    [Category]
    public Site Site { get; set; }
}

// Small models: a step of a large one would hide nanoseconds.

[SequenceModel, Forecast<Reading>(24, "1h"), Calendar(CalendarField.HourOfDay, CalendarField.DayOfWeek)]
[Standardize, Dense(8), Aaren(Forget = true), Quantiles(0.1, 0.5, 0.9)]
public sealed partial class UtcForecaster;

[SequenceModel, Forecast<Reading>(24, "1h", TimeZone = "Europe/Berlin"), Calendar(CalendarField.HourOfDay, CalendarField.DayOfWeek)]
[Standardize, Dense(8), Aaren(Forget = true), Quantiles(0.1, 0.5, 0.9)]
public sealed partial class BerlinForecaster;

[SequenceModel, Forecast<OftenReading>(24, "1h"), Calendar(CalendarField.HourOfDay, CalendarField.DayOfWeek)]
[Standardize, Dense(8), Aaren(Forget = true), Quantiles(0.1, 0.5, 0.9)]
public sealed partial class OftenForecaster;
