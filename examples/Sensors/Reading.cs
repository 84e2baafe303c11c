using AarenGen;

namespace Sensors;

/// <summary>The categories are numbered, so that weights know them.</summary>
public enum Site { Hamburg, Boston }

/// <summary>A row of the table. Readings come about every 40 minutes, so an hour has the mean of its readings.</summary>
public sealed record Reading
{
    [SeriesKey] public required string Sensor { get; init; }
    [Timestamp] public required DateTimeOffset Time { get; init; }
    [Target(Aggregation = Aggregation.Mean)] public float? Load { get; init; }
    [Observed] public float? Humidity { get; init; }
    [KnownAhead] public float? OutdoorForecast { get; init; }
    [Category] public Site Site { get; init; }
}
