namespace AarenGen;

/// <summary>What a local time means that a clock shows twice, because it was set back.</summary>
public enum AmbiguousTimes
{
    /// <summary>
    /// The times of a series rise: a time that does not lie after the one before it is of the second passage. Falling times are refused.
    /// </summary>
    InOrder,

    /// <summary>The earlier of the two moments, before the clock is set back.</summary>
    Earlier,

    /// <summary>The later of the two moments, after the clock was set back.</summary>
    Later,

    /// <summary>Such a time is an error.</summary>
    Refuse,
}
