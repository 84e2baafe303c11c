namespace AarenGen.Tests.Models;

/// <summary>What the tests of records read.</summary>
internal sealed record Reading
{
    [SeriesKey]
    public string Sensor { get; init; } = "";

    [Timestamp]
    public DateTimeOffset Time { get; init; }

    [Target]
    public double? Load { get; init; }

    [Target]
    public double? Flow { get; init; }

    [Observed]
    public double? Humidity { get; init; }

    [KnownAhead]
    public double? Outdoor { get; init; }

    [Category(3)]
    public int? Site { get; init; }
}

/// <summary>Binds <see cref="Reading"/> as generated code does.</summary>
internal sealed class ReadingBinding : IRecordBinding<Reading>
{
    public static IReadOnlyList<RecordColumn> Columns => ColumnsOf(Aggregation.Mean);

    public static string GetKey(Reading record) => record.Sensor;

    public static bool HasKey(Reading record, string key) => record.Sensor == key;

    public static DateTimeOffset GetTime(Reading record) => record.Time;

    public static void GetValues(Reading record, Span<double> values)
    {
        values[0] = record.Load ?? double.NaN;
        values[1] = record.Flow ?? double.NaN;
        if (values.Length > 2)
        {
            values[2] = record.Humidity ?? double.NaN;
            values[3] = record.Outdoor ?? double.NaN;
            values[4] = record.Site ?? double.NaN;
        }
    }

    public static object? GetValue(Reading record, int column)
    {
        double[] values = new double[Columns.Count];
        GetValues(record, values);
        return values[column];
    }

    /// <summary>Two targets, an observed value, a value known ahead, a category of three and one for missing ones.</summary>
    public static RecordColumn[] ColumnsOf(Aggregation aggregation) =>
    [
        new("Load", RecordRole.Target, aggregation), new("Flow", RecordRole.Target, Aggregation.Mean),
        new("Humidity", RecordRole.Observed, Aggregation.Mean), new("Outdoor", RecordRole.KnownAhead, aggregation),
        new("Site", RecordRole.Category, Aggregation.Last, 4, HasMissingCategory: true),
    ];

    /// <summary>A task of a horizon of 3 with the hour and the day of the week.</summary>
    public static ForecastTask Task(
        string every = "1h", string zone = "UTC", bool isAggregated = false, Aggregation aggregation = Aggregation.Mean)
    {
        TimeZoneInfo found = TimeZoneInfo.FindSystemTimeZoneById(zone);
        return new()
        {
            Horizon = 3, Grid = TimeGrid.Parse(every, found), Zone = found, Columns = ColumnsOf(aggregation),
            Calendar = [CalendarField.HourOfDay, CalendarField.DayOfWeek], IsAggregated = isAggregated,
        };
    }

    /// <summary>The two targets alone.</summary>
    public static ForecastTask TargetsAlone() => new()
    {
        Horizon = 3, Grid = TimeGrid.Parse("1h"), Zone = TimeZoneInfo.Utc, Columns = ColumnsOf(Aggregation.Mean)[..2], Calendar = [],
        IsAggregated = false,
    };
}

/// <summary>Two targets, a value known up to now, one known for this interval and three more; a site, the hour, the day.</summary>
[SequenceModel, Continuous(7, Missing = MissingValues.CarryForward), Categorical(4), Categorical(24), Categorical(7), Standardize]
[Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(18), Quantiles(0.1, 0.5, 0.9)]
internal sealed partial class QuantileForecaster;

/// <summary>The same, with errors alone.</summary>
[SequenceModel, Continuous(7, Missing = MissingValues.CarryForward), Categorical(4), Categorical(24), Categorical(7)]
[Dense(8), Aaren(Heads = 2, FeedForward = 8), Dense(6), MeanSquaredError]
internal sealed partial class PointForecaster;

/// <summary>A channel for each of two targets, in patches.</summary>
[SequenceModel, Continuous(2, Missing = MissingValues.CarryForward), ChannelIndependent, Patch(3, 2), Dense(8)]
[Aaren(Heads = 2, FeedForward = 8), Dense(6), Gaussian]
internal sealed partial class ChannelForecaster;
