using AarenGen;

namespace AarenApp;

/// <summary>A row of the table: a property for each column that the model shall know, and an attribute for what it is.</summary>
public sealed record Reading
{
    [SeriesKey]
    public required string Sensor { get; init; }

    [Timestamp]
    public required DateTimeOffset Time { get; init; }

    [Target]
    public float? Load { get; init; }

    [Observed]
    public float? Temperature { get; init; }
}

/// <summary>Forecasts the next 24 hours after every hour.</summary>
[SequenceModel, Forecast<Reading>(24, "1h")]
[Calendar(CalendarField.HourOfDay, CalendarField.DayOfWeek)]
[Standardize(PerSeries = true)]
[Dense(32), Aaren(Repeat = 2, Forget = true, Convolution = 4)]
[Quantiles(0.1, 0.5, 0.9)]
public sealed partial class Forecaster;
