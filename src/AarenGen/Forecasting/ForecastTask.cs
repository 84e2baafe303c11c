namespace AarenGen;

/// <summary>What <see cref="ForecastAttribute{TRecord}"/> declares. Immutable.</summary>
public sealed record ForecastTask
{
    /// <summary>Intervals that are forecast.</summary>
    public required int Horizon { get; init; }

    /// <summary>The grid of time, in its zone.</summary>
    public required TimeGrid Grid { get; init; }

    /// <summary>The zone of the calendar.</summary>
    public required TimeZoneInfo Zone { get; init; }

    /// <summary>The values of a record: targets, observed values, values known ahead, categories.</summary>
    public required IReadOnlyList<RecordColumn> Columns { get; init; }

    /// <summary>
    /// Intervals without a record that may lie between two records of a series; null: as many as half a year has, rounded up, at most
    /// 1,048,576. More of them are an error.
    /// </summary>
    public int? MaxGap { get; init; }

    /// <summary>The fields of the calendar in a token.</summary>
    public required IReadOnlyList<CalendarField> Calendar { get; init; }

    /// <summary>Whether an interval may have several records, which are aggregated; otherwise a record is an interval.</summary>
    public required bool IsAggregated { get; init; }
}
