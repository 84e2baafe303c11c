namespace AarenGen.Tests.Models;

/// <summary>What a stroke is.</summary>
internal enum Shape
{
    Rising = 5,
    Flat = -3,
    Falling = 7,
}

/// <summary>A point of a stroke.</summary>
internal sealed record StrokePoint
{
    [SeriesKey]
    public required int Stroke { get; init; }

    [Timestamp]
    public DateTimeOffset Time { get; init; }

    [Observed]
    public double? Height { get; init; }

    [Category]
    public bool? IsPressed { get; init; }

    [Label]
    public Shape? Shape { get; init; }
}

/// <summary>Labels of the other types; records without a time.</summary>
internal readonly record struct Spoken(
    [property: SeriesKey] string Key, [property: Observed] float Level, [property: Label("one", "a \"two\"")] string? Word);

internal readonly record struct Counted(
    [property: SeriesKey] string Key, [property: Category(4)] int Kind, [property: Label(7)] byte Count);

internal readonly record struct Judged([property: SeriesKey] string Key, [property: Observed] float Level, [property: Label] bool IsGood);

internal readonly record struct Drawn([property: SeriesKey] string Key, [property: Observed] float X, [property: Label(10)] int Digit);

[SequenceModel, Classify<StrokePoint>, Standardize, Dense(16), Aaren(Heads = 2, FeedForward = 16)]
internal sealed partial class StrokeClassifier;

[SequenceModel, Classify<Spoken>, Patch(3, 2), Dense(8), MinGru(FeedForward = 8), Pool(Pooling.Last), CrossEntropy(Smoothing = 0.1)]
internal sealed partial class WordClassifier;

[SequenceModel, Classify<StrokePoint>(Missing = MissingValues.MeanWithIndicator), Standardize, Dense(8)]
internal sealed partial class IndicatingStrokes;

[SequenceModel, Classify<Counted>, Dense(8)]
internal sealed partial class CountClassifier;

[SequenceModel, Classify<Drawn>, Dense(8)]
internal sealed partial class DigitClassifier;

[SequenceModel, Classify<Judged>, Dense(8), CrossEntropy(ClassWeights = [1, 2])]
internal sealed partial class QualityClassifier;
