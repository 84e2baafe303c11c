namespace AarenGen.Serving.Tests;

internal enum Site
{
    Roof,
    Cellar,
}

internal enum Visited
{
    Opened,
    Read,
    Closed,
}

/// <summary>A reading of a sensor with every role of a forecast.</summary>
internal sealed record Reading
{
    [SeriesKey]
    public required string Sensor { get; init; }

    [Timestamp]
    public required DateTimeOffset Time { get; init; }

    [Target]
    public double? Load { get; init; }

    [Target]
    public float? Flow { get; init; }

    [Observed]
    public double? Humidity { get; init; }

    [KnownAhead]
    public double? Outdoor { get; init; }

    [Category]
    public Site? Site { get; init; }
}

/// <summary>Numbers alone, as patches need them.</summary>
internal sealed record Level
{
    [SeriesKey]
    public required string Tank { get; init; }

    [Timestamp]
    public required DateTimeOffset Time { get; init; }

    [Target]
    public double? Height { get; init; }

    [Observed]
    public double? Inflow { get; init; }
}

/// <summary>Several sales make the value of an interval.</summary>
internal sealed record Sale
{
    [SeriesKey]
    public required int Shop { get; init; }

    [Timestamp]
    public DateTimeOffset Time { get; init; }

    [Target(Aggregation = Aggregation.Sum)]
    public double Amount { get; init; }

    [KnownAhead(Aggregation = Aggregation.Max)]
    public double? Discount { get; init; }
}

/// <summary>A record without a key: the id of its stream is all that names it.</summary>
internal readonly record struct Beat([property: Timestamp] DateTimeOffset Time, [property: Observed] double? Strength);

internal sealed record Visit
{
    [SeriesKey]
    public required string Visitor { get; init; }

    [Timestamp]
    public required DateTimeOffset Time { get; init; }

    [Mark]
    public Visited? Action { get; init; }

    [Observed]
    public double? Amount { get; init; }
}

/// <summary>Records without a time, of a struct.</summary>
internal readonly record struct Sound(
    [property: SeriesKey] string Key, [property: Observed] double? Level, [property: Label("hum", "knock")] string? Noise);

internal sealed record Push
{
    [SeriesKey]
    public required string Cart { get; init; }

    [Timestamp]
    public DateTimeOffset Time { get; init; }

    [Observed]
    public double? Position { get; init; }

    [Category]
    public bool IsRough { get; init; }

    [Action(-2, 2)]
    public float? Force { get; init; }

    [Reward]
    public double? Reward { get; init; }
}

internal readonly record struct Move(
    [property: SeriesKey] string Game, [property: Category(7)] int Cell, [property: Action("left", "stay", "right")] string? Way,
    [property: Reward] double Reward);

[SequenceModel, Forecast<Reading>(3, "1h", MaxGap = 30), Calendar(CalendarField.HourOfDay)]
[Standardize(PerSeries = true), Dense(8), Aaren(Heads = 2, FeedForward = 8, Forget = true), Quantiles(0.1, 0.5, 0.9)]
internal sealed partial class LoadModel;

[SequenceModel, Forecast<Sale>(2, "1d", TimeZone = "Europe/Berlin", MaxGap = 20)]
[Standardize, Dense(8), MinGru(FeedForward = 8), Gaussian]
internal sealed partial class SaleModel;

[SequenceModel, Forecast<Level>(4, "1h", MaxGap = 30), Patch(3, 2), Dense(8), MinGru(FeedForward = 8), MeanSquaredError]
internal sealed partial class LevelModel;

[SequenceModel, NextEvent<Visit>("min", Components = 3), Standardize, Dense(8), Aaren(Heads = 2, FeedForward = 8, Forget = true)]
internal sealed partial class VisitModel;

[SequenceModel, NextEvent<Beat>("s", Components = 2), Dense(8), MinGru(FeedForward = 8)]
internal sealed partial class BeatModel;

[SequenceModel, Classify<Sound>, Patch(3, 2), Dense(8), MinGru(FeedForward = 8)]
internal sealed partial class SoundModel;

[SequenceModel, Decide<Push>(6, Width = 8), Standardize, LayerNorm, Aaren(Heads = 2, FeedForward = 8, Forget = true)]
internal sealed partial class PushModel;

[SequenceModel, Decide<Move>(9, Width = 8), MinGru(FeedForward = 8)]
internal sealed partial class MoveModel;
