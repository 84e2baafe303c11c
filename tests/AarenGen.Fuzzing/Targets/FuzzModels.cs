namespace AarenGen.Fuzzing;

/// <summary>Models whose weights, compiled files and checkpoints are read: every type of tensor, with as few numbers as possible.</summary>
[SequenceModel]
[Continuous(2)]
[Dense(4)]
[Aaren(Heads = 2, FeedForward = 4)]
[Dense(2)]
[MeanSquaredError]
public sealed partial class SmallModel;

/// <summary>The model whose states are read: patches, statistics, and every mixer's state.</summary>
[SequenceModel]
[Continuous(2)]
[InstanceNorm]
[Patch(3, 2)]
[Dense(4)]
[Positions(PositionKind.Learned, Length = 5)]
[CausalConvolution(3)]
[Aaren(Heads = 2, FeedForward = 4)]
[Aaren(Heads = 2, FeedForward = 4, Forget = true, Scores = Scores.Direct, Convolution = 2)]
[Transformer(Heads = 2, FeedForward = 4, Context = 3)]
[MinGru(FeedForward = 4)]
[MinLstm(FeedForward = 4)]
[Pool(Pooling.Mean)]
[Dense(2)]
[MeanSquaredError]
public sealed partial class StatefulModel;

/// <summary>A category of <see cref="FuzzReading"/>.</summary>
public enum FuzzSite
{
    /// <summary>The first.</summary>
    North,

    /// <summary>Its number is not its place.</summary>
    South = 7,
}

/// <summary>The rows of tables that are read: every kind of property, all but key and time nullable.</summary>
public sealed record FuzzReading
{
    [SeriesKey]
    public required string Sensor { get; init; }

    [Timestamp]
    public required DateTimeOffset Time { get; init; }

    [Target(Aggregation = Aggregation.Mean)]
    public double? Load { get; init; }

    [Target(Aggregation = Aggregation.Count)]
    public bool? IsOn { get; init; }

    [Observed(Aggregation = Aggregation.Max)]
    public int? Visitors { get; init; }

    [KnownAhead(Aggregation = Aggregation.Sum)]
    public float? Plan { get; init; }

    [Category]
    public FuzzSite? Site { get; init; }
}

/// <summary>Whose records and series' states are read.</summary>
[SequenceModel, Forecast<FuzzReading>(3, "1h", TimeZone = "Europe/Berlin"), Calendar(CalendarField.HourOfDay)]
[Standardize(PerSeries = true), Dense(4), MinGru(FeedForward = 4), Gaussian]
public sealed partial class RecordModel;

/// <summary>An event with every kind of property.</summary>
public sealed record FuzzEvent
{
    [SeriesKey]
    public required string Sensor { get; init; }

    [Timestamp]
    public required DateTimeOffset Time { get; init; }

    [Mark]
    public FuzzSite? Site { get; init; }

    [Observed]
    public double? Load { get; init; }

    [Category]
    public bool IsOn { get; init; }
}

/// <summary>Whose series' states are read.</summary>
[SequenceModel, NextEvent<FuzzEvent>("min", Resolution = "1s", Components = 2, TimeEncoding = 2)]
[Standardize, Dense(4), MinGru(FeedForward = 4)]
public sealed partial class EventModel;

/// <summary>A step of an episode.</summary>
public sealed record FuzzMove
{
    [SeriesKey]
    public required string Sensor { get; init; }

    [Observed]
    public double? Load { get; init; }

    [Category]
    public bool IsOn { get; init; }

    [Action]
    public FuzzSite? Site { get; init; }

    [Reward]
    public float Worth { get; init; }
}

/// <summary>Whose episodes' states are read.</summary>
[SequenceModel, Decide<FuzzMove>(12, Width = 4), MinGru(FeedForward = 4)]
public sealed partial class DecisionPolicy;
