using AarenGen.Serving;

namespace AarenGen.Orleans;

/// <summary>How a process sends tokens to the streams of a cluster.</summary>
public sealed record ClusterClientOptions
{
    /// <summary>
    /// How many tokens may wait for the cluster at a time; those beyond it are <see cref="StepStatus.Busy"/>. One call may have as many.
    /// From 1; 65,536 by default.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int MaxPendingTokens
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "At least one token must be allowed to wait.");
    } = 1 << 16;

    /// <summary>
    /// After how long without an answer tokens are <see cref="StepStatus.Unavailable"/>: from a millisecond to a day; five seconds by
    /// default. A process learns of a lost silo only from the time that passes, so that a long time makes its tokens wait, and a short one
    /// makes tokens unavailable that a slow storage would still have taken. The smaller of it and <c>ResponseTimeout</c> of Orleans'
    /// messaging options, 30 seconds by default, holds: set that, too, for a longer time. Other calls have <c>ResponseTimeout</c> alone.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside that range.</exception>
    public TimeSpan StepTimeout
    {
        get;
        init => field = value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromDays(1) ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The time to wait for an answer is from a millisecond to a day.");
    } = TimeSpan.FromSeconds(5);
}
