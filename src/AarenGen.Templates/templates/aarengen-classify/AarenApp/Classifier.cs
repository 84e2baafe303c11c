using AarenGen;

namespace AarenApp;

public enum Activity { Rest, Walk, Run }

/// <summary>A row of the table: a property for each column that the model shall know, and an attribute for what it is.</summary>
public sealed record Motion
{
    /// <summary>The sequence that the row belongs to.</summary>
    [SeriesKey]
    public required string Recording { get; init; }

    [Observed]
    public float? X { get; init; }

    [Observed]
    public float? Y { get; init; }

    /// <summary>What the sequence shows; empty where that is to be found out.</summary>
    [Label]
    public Activity? Activity { get; init; }
}

/// <summary>Tells the activity of a recording.</summary>
[SequenceModel, Classify<Motion>]
[Standardize, Dense(32), Aaren(Repeat = 2, Convolution = 4)]
public sealed partial class Classifier;
