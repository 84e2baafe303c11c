namespace AarenGen.AspNetCore.Tests;

/// <summary>Two numbers in, one out.</summary>
[SequenceModel, Continuous(2), Dense(8), Aaren, Dense(1), MeanSquaredError]
internal sealed partial class SmallModel;

/// <summary>One number in, which may be missing; an output at each third token.</summary>
[SequenceModel, Continuous(1, Missing = MissingValues.CarryForward), Patch(3, 3), Dense(8), Aaren, Dense(2), MeanSquaredError]
internal sealed partial class PatchModel;

/// <summary>A reading of a sensor.</summary>
internal sealed record Reading
{
    [SeriesKey]
    public required string Sensor { get; init; }

    [Timestamp]
    public required DateTimeOffset Time { get; init; }

    [Target]
    public double? Load { get; init; }

    [KnownAhead]
    public float? Outdoor { get; init; }
}

[SequenceModel, Forecast<Reading>(3, "1h", MaxGap = 24)]
[Dense(8), Aaren(Heads = 2, FeedForward = 8, Forget = true), Quantiles(0.1, 0.5, 0.9)]
internal sealed partial class LoadModel;

/// <summary>A move in a game; a type that has an opinion on its values.</summary>
internal readonly record struct Move
{
    [System.Text.Json.Serialization.JsonConstructor]
    public Move(string game, int cell, string? way)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cell);
        (Game, Cell, Way) = (game, cell, way);
    }

    [SeriesKey]
    public string Game { get; }

    [Category(7)]
    public int Cell { get; }

    [Action("left", "stay", "right")]
    public string? Way { get; }

    [Reward]
    public double Reward { get; init; }
}

[SequenceModel, Decide<Move>(9, Width = 8), MinGru(FeedForward = 8)]
internal sealed partial class MoveModel;

/// <summary>A visit, whose key is a number.</summary>
internal sealed record Visit([property: SeriesKey] int Visitor, [property: Timestamp] DateTimeOffset Time, [property: Mark(3)] int? Kind);

[SequenceModel, NextEvent<Visit>("min", Components = 3), Dense(8), MinGru(FeedForward = 8)]
internal sealed partial class VisitModel;

/// <summary>A sound of a machine.</summary>
internal sealed record Sound(
    [property: SeriesKey] string Machine, [property: Observed] double? Level, [property: Label("hum", "knock")] string? Noise = null);

[SequenceModel, Classify<Sound>, Dense(8), MinGru(FeedForward = 8)]
internal sealed partial class SoundModel;

/// <summary>A beat without a key: the address names its stream.</summary>
internal sealed record Beat([property: Timestamp] DateTimeOffset Time, [property: Observed] double? Strength);

[SequenceModel, NextEvent<Beat>("s", Components = 2), Dense(8), MinGru(FeedForward = 8)]
internal sealed partial class BeatModel;

/// <summary>Compiled code that reads records, as NativeAOT needs it.</summary>
[System.Text.Json.Serialization.JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[System.Text.Json.Serialization.JsonSerializable(typeof(Beat))]
internal sealed partial class BeatJson : System.Text.Json.Serialization.JsonSerializerContext;
