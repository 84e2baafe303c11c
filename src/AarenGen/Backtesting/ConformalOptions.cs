namespace AarenGen;

/// <summary>How <see cref="ConformalIntervals"/> learn from past errors.</summary>
public sealed record ConformalOptions
{
    private readonly int window = 500;
    private readonly double adaptationRate;

    /// <summary>How many of the last errors of each target and step count, 1 to 1,000,000.</summary>
    /// <remarks>More of them make the margin steadier, fewer let it follow changes. A coverage c needs at least c / (1 − c).</remarks>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public int Window
    {
        get => window;
        init => window = value is >= 1 and <= 1_000_000
            ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "The window must be from 1 to 1000000.");
    }

    /// <summary>
    /// γ, from 0 to below 1: after each interval the level α, which begins at 1 − coverage, becomes α + γ (1 − coverage − missed), with 1
    /// for an interval that missed and 0 for one that did not. 0, the default: the level stays. 0.005 follows a drift and is steady
    /// otherwise.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is out of range.</exception>
    public double AdaptationRate
    {
        get => adaptationRate;
        init => adaptationRate = value is >= 0 and < 1
            ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "The rate must be from 0 to below 1.");
    }
}
