namespace AarenGen.Serving;

/// <summary>How a service works.</summary>
public sealed record StreamServiceOptions
{
    /// <summary>The largest number of tokens that are stepped together: from 1 to 32,768; 256 by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside that range.</exception>
    public int MaxBatch
    {
        get;
        init => field = value is >= 1 and <= 1 << 15 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "A batch has from 1 to 32,768 tokens.");
    } = 256;

    /// <summary>
    /// How long a token waits at most for others that are stepped with it: from zero, the lowest latency, to a second; a millisecond by
    /// default. What comes while a batch is stepped is the next batch in any case.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside that range.</exception>
    public TimeSpan MaxDelay
    {
        get;
        init => field = value >= TimeSpan.Zero && value <= TimeSpan.FromSeconds(1) ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "Tokens wait from zero to one second.");
    } = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// How many tokens may wait or be stepped at a time; those beyond it are <see cref="StepStatus.Busy"/>. From 1; 65,536 by default. One
    /// call may have that many, but is refused whole where it does not fit beside those that wait: a call of more than half of them may be
    /// refused again and again while others come.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int MaxPendingTokens
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "At least one token must be allowed to wait.");
    } = 1 << 16;

    /// <summary>
    /// How many parts step their streams side by side, each a share of all: from 1 to 64. The number of processors, at most 16, by default.
    /// It may change from one start to the next.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside that range.</exception>
    public int Shards
    {
        get;
        init => field = value is >= 1 and <= 64 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "A service has from 1 to 64 shards.");
    } = Math.Min(Environment.ProcessorCount, 16);

    /// <summary>
    /// After how long at most changed streams are saved in the store, so that their log can be cut: above zero; a minute by
    /// default. A longer time writes less, and the next start reads more of the log.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not above zero.</exception>
    public TimeSpan CheckpointInterval
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "The time between checkpoints must be above zero.");
    } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// After how many bytes of log a shard writes its changed streams to the store before <see cref="CheckpointInterval"/> is over: from
    /// 1 MiB; 64 MiB by default.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1 MiB.</exception>
    public long MaxLogBytes
    {
        get;
        init => field = value >= 1 << 20 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "A log has at least 1 MiB.");
    } = 64L << 20;

    /// <summary>
    /// Services of records with a forecast: how many intervals without a record one record, or one advance, may complete at a time, each of
    /// which the model steps; and how many a stream completes that reads its last records again with other weights. Beyond it a record is
    /// <see cref="StepStatus.Invalid"/>: the stream is advanced there in several calls, or reset. From 0; 4,096 by default.
    /// <see cref="ForecastAttribute{TRecord}.MaxGap"/> bounds them, too.
    /// </summary>
    /// <remarks>Change it after a clean stop, as <see cref="WeightChange"/> says.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">It is below 0.</exception>
    public int MaxEmptyIntervals
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "The number of intervals cannot be negative.");
    } = 4096;

    /// <summary>
    /// How streams are kept; its <see cref="StreamPoolOptions.MaxStreams"/> is of all shards together. With a store each shard keeps its
    /// share, rounded up.
    /// </summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public StreamPoolOptions Pool
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(value));
    } = new();
}
