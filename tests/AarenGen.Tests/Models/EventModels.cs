namespace AarenGen.Tests.Models;

/// <summary>What a visitor does.</summary>
internal enum VisitorAction
{
    Open,
    Read,
    Close,
}

/// <summary>An event of a visitor, with every role.</summary>
internal sealed record Visit
{
    [SeriesKey]
    public string Visitor { get; init; } = "";

    [Timestamp]
    public required DateTimeOffset Time { get; init; }

    [Mark]
    public VisitorAction? Action { get; init; }

    [Observed]
    public double? Amount { get; init; }

    [Category]
    public bool IsKnown { get; init; }
}

/// <summary>An event that is nothing but its time.</summary>
internal readonly record struct Tick([property: Timestamp] DateTime Time);

[SequenceModel, NextEvent<Visit>("min", Resolution = "1s", Components = 4, TimeEncoding = 2)]
[Standardize, Dense(16), Aaren(Heads = 2, FeedForward = 16, Forget = true)]
internal sealed partial class VisitModel;

[SequenceModel, NextEvent<Tick>("h", Components = 3), Dense(8), MinGru(FeedForward = 8)]
internal sealed partial class TickModel;

[SequenceModel, NextEvent<Visit>("min", Missing = MissingValues.MeanWithIndicator), Standardize, Dense(8), MinGru(FeedForward = 8)]
internal sealed partial class IndicatingVisits;

/// <summary>Which of two streams an event is of.</summary>
internal enum Side
{
    Left,
    Right,
}

/// <summary>An event that makes others likelier.</summary>
internal readonly record struct Burst([property: SeriesKey] int Run, [property: Timestamp] DateTimeOffset Time, [property: Mark] Side Side);

/// <summary>The paper's setting of events, small.</summary>
[SequenceModel, NextEvent<Burst>("min", Components = 8)]
[Standardize, Dense(16), Aaren(Heads = 2, FeedForward = 32, Forget = true, Repeat = 2), LayerNorm]
internal sealed partial class BurstModel;
