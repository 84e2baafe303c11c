using AarenGen;

namespace Browser;

/// <summary>The value of an hour; null where it is missing.</summary>
public sealed record Reading
{
    [Timestamp] public required DateTimeOffset Time { get; init; }
    [Target] public float? Value { get; init; }
}

/// <summary>Forecasts the next 24 hours. It is small: without a compiler ahead of time, a browser interprets .NET's code.</summary>
[SequenceModel, Forecast<Reading>(24, "1h")]
[Calendar(CalendarField.HourOfDay, CalendarField.DayOfWeek)]
[Standardize, Dense(16), Aaren(Heads = 2, Forget = true, Convolution = 4), Quantiles(0.1, 0.5, 0.9)]
public sealed partial class Forecaster;
