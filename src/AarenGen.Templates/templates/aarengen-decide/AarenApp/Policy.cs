using AarenGen;

namespace AarenApp;

/// <summary>A row of the table: a step of an episode. A property for each column, and an attribute for what it is.</summary>
public sealed record Move
{
    [SeriesKey]
    public required int Episode { get; init; }

    [Observed]
    public float Position { get; init; }

    [Observed]
    public float Speed { get; init; }

    /// <summary>What was done.</summary>
    [Action(-1, 1)]
    public float Force { get; init; }

    /// <summary>What it was worth.</summary>
    [Reward]
    public float Reward { get; init; }
}

/// <summary>Decides the force, so that an episode brings the return that it is asked for.</summary>
[SequenceModel, Decide<Move>(maxSteps: Track.Steps)]
[Standardize, LayerNorm, Aaren(Repeat = 2, Forget = true, Convolution = 4), LayerNorm]
public sealed partial class Policy;
