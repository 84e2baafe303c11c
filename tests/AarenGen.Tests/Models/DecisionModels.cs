namespace AarenGen.Tests.Models;

/// <summary>A step of moving a point to 0 by a force.</summary>
internal sealed record Push
{
    [SeriesKey]
    public required int Episode { get; init; }

    [Timestamp]
    public DateTimeOffset Time { get; init; }

    [Observed]
    public double? Position { get; init; }

    [Observed]
    public float Speed { get; init; }

    [Category]
    public bool IsRough { get; init; }

    [Action(-2, 2)]
    public float? Force { get; init; }

    [Action(0, 0.5)]
    public double? Brake { get; init; }

    [Reward]
    public double? Reward { get; init; }
}

internal enum Turn
{
    Right = 1,
    Left = -1,
    Stay = 0,
}

/// <summary>A step along cells, which are all that is observed; records have no time.</summary>
internal readonly record struct Walk(
    [property: SeriesKey] string Game, [property: Category(7)] int Cell, [property: Category] bool? IsLit,
    [property: Action] Turn? Turn, [property: Reward] int Reward);

/// <summary>An enum whose default is none of its values.</summary>
internal enum Lever
{
    Up = 1,
    Down = 2,
}

/// <summary>A pull of a lever.</summary>
internal readonly record struct Pull(
    [property: SeriesKey] string Game, [property: Observed] float Angle, [property: Action] Lever Lever, [property: Reward] double Reward);

[SequenceModel, Decide<Push>(24, Width = 32), Standardize]
[LayerNorm, Aaren(Heads = 2, FeedForward = 32, Forget = true, Convolution = 4), LayerNorm]
internal sealed partial class PushPolicy;

/// <summary><see cref="PushPolicy"/> without standardisation, as a user declares it and as it is written by hand.</summary>
[SequenceModel, Decide<Push>(24, Width = 8), LayerNorm, Aaren(Heads = 2, FeedForward = 8, Forget = true)]
internal sealed partial class DerivedPolicy;

[SequenceModel, Continuous(1), Continuous(2, Missing = MissingValues.CarryForward), Continuous(2), Categorical(2), Categorical(24)]
[Interleave(8, Shared = 2), LayerNorm, Aaren(Heads = 2, FeedForward = 8, Forget = true)]
[Dense(2, Activation = Activation.Tanh), MeanSquaredError]
internal sealed partial class WrittenPolicy;

[SequenceModel, Decide<Pull>(10, Width = 8), MinGru(FeedForward = 8)]
internal sealed partial class LeverPolicy;

[SequenceModel, Decide<Walk>(10, Width = 16), MinGru(FeedForward = 16)]
internal sealed partial class WalkPolicy;
