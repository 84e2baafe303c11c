namespace AarenGen.Tests.Models;

/// <summary>Where a meter stands.</summary>
public enum MeterSite
{
    /// <summary>The first.</summary>
    North,

    /// <summary>The second.</summary>
    South,
}

/// <summary>A record with every role.</summary>
internal sealed record MeterReading
{
    [SeriesKey]
    public required string Sensor { get; init; }

    [Timestamp]
    public required DateTimeOffset Time { get; init; }

    [Target]
    public float? Load { get; init; }

    [Observed]
    public float? Humidity { get; init; }

    [KnownAhead]
    public float? OutdoorForecast { get; init; }

    [Category]
    public MeterSite Site { get; init; }
}

/// <summary>A sum of a meter of pulses, whose key is a number.</summary>
internal readonly record struct Pulse(
    [property: SeriesKey] int Meter, [property: Timestamp] DateTime Time, [property: Target(Aggregation = Aggregation.Sum)] double Count);

[SequenceModel, Forecast<MeterReading>(24, "1h", TimeZone = "Europe/Berlin"), Calendar(CalendarField.HourOfDay, CalendarField.DayOfWeek)]
[Standardize, Dense(16), Aaren(Heads = 2, FeedForward = 16), Quantiles(0.1, 0.5, 0.9)]
internal sealed partial class LoadForecaster;

[SequenceModel, Forecast<Pulse>(2, "15min"), Standardize, Dense(8), MinGru(FeedForward = 8), StudentT]
internal sealed partial class PulseForecaster;

/// <summary>It forecasts after every third interval.</summary>
[SequenceModel, Forecast<Pulse>(4, "15min"), Patch(5, 3), Standardize, Dense(8), MinGru(FeedForward = 8), Gaussian]
internal sealed partial class PatchedForecaster;

[SequenceModel, Forecast<MeterReading>(3, "1h"), Calendar(CalendarField.HourOfDay)]
[Standardize, Dense(8), Aaren(Heads = 2, FeedForward = 8), Quantiles(0.1, 0.5, 0.9)]
internal sealed partial class QuantileMeters;

[SequenceModel, Forecast<MeterReading>(3, "1h"), Standardize(PerSeries = true), Dense(8), MinGru(FeedForward = 8), Gaussian]
internal sealed partial class GaussianMeters;

[SequenceModel, Forecast<MeterReading>(3, "1h"), Standardize, Dense(8), MinGru(FeedForward = 8), MeanAbsoluteError]
internal sealed partial class PointMeters;

/// <summary>It remembers nothing, so that its forecasts tell what a token tells.</summary>
[SequenceModel, Forecast<MeterReading>(3, "1h", Missing = MissingValues.MeanWithIndicator), Standardize, Dense(8), Gaussian]
internal sealed partial class IndicatingMeters;

/// <summary>A sum of an hour.</summary>
internal readonly record struct Sale(
    [property: SeriesKey] string Shop, [property: Timestamp] DateTime Time,
    [property: Target(Aggregation = Aggregation.Sum)] double Amount);

[SequenceModel, Forecast<MeterReading>(3, "1h"), Calendar(CalendarField.HourOfDay)]
[Standardize(PerSeries = true), Dense(8), Aaren(Heads = 2, FeedForward = 8), Quantiles(0.1, 0.5, 0.9)]
internal sealed partial class MeterForecaster;

[SequenceModel, Forecast<Sale>(2, "1h"), Standardize(PerSeries = true), Dense(8), MinGru(FeedForward = 8), Gaussian]
internal sealed partial class SaleForecaster;
