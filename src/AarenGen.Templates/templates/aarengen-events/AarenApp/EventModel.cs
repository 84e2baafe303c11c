using AarenGen;

namespace AarenApp;

public enum Activity { Open, Read, Close }

/// <summary>A row of the table: an event. A property for each column that the model shall know, and an attribute for what it is.</summary>
public sealed record Visit
{
    [SeriesKey]
    public required string Visitor { get; init; }

    [Timestamp]
    public required DateTimeOffset Time { get; init; }

    [Mark]
    public Activity Activity { get; init; }
}

/// <summary>Tells when the next event of a visitor comes, and of what kind it is.</summary>
[SequenceModel, NextEvent<Visit>("min")]
[Standardize, Dense(32), Aaren(Repeat = 2, Forget = true), LayerNorm]
public sealed partial class EventModel;
