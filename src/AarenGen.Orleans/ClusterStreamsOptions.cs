using AarenGen.Serving;
using Orleans.Providers;

namespace AarenGen.Orleans;

/// <summary>How a cluster follows the streams of a model; the same in all silos.</summary>
public sealed record ClusterStreamsOptions
{
    /// <summary>
    /// The name of the grain storage provider that keeps the streams. The one of the name Default, by default.
    /// </summary>
    /// <exception cref="ArgumentException">It is null or empty.</exception>
    public string StorageProvider
    {
        get;
        init => field = string.IsNullOrEmpty(value)
            ? throw new ArgumentException("A storage provider has a name.", nameof(value)) : value;
    } = ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME;

    /// <summary>
    /// In which grains the streams are; it stays what it was when the first silo started. <see cref="StreamPlacement.Shards"/> by default.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is none of the enumeration's values.</exception>
    public StreamPlacement Placement
    {
        get;
        init => field = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "There is no such placement; choose Shards or Streams.");
    }

    /// <summary>
    /// Into how many shards the streams are divided: from 1 to 4,096; 32 by default. It stays what it was when the first silo started, so
    /// take several times as many as the cluster will ever have processors.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside that range.</exception>
    public int Shards
    {
        get;
        init => field = value is >= 1 and <= 4096 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "There are from 1 to 4,096 shards.");
    } = 32;

    /// <summary>
    /// The largest number of tokens that a shard steps together, and writes to its log with one write: from 1 to 32,768; 1,024 by default.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside that range.</exception>
    public int MaxBatch
    {
        get;
        init => field = value is >= 1 and <= 1 << 15 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "A batch has from 1 to 32,768 tokens.");
    } = 1024;

    /// <summary>
    /// How many tokens may wait in a shard or be stepped at a time; those beyond it are <see cref="StepStatus.Busy"/>. From 1; 65,536 by
    /// default.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int MaxPendingTokens
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "At least one token must be allowed to wait.");
    } = 1 << 16;

    /// <summary>
    /// After how long at most a shard saves its changed streams, so that its log can be cut: from a millisecond to a day; a
    /// minute by default. It does so earlier where its log has 16 MiB or half of its 4,096 entries.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside that range.</exception>
    public TimeSpan CheckpointInterval
    {
        get;
        init => field = value >= TimeSpan.FromMilliseconds(1) && value <= TimeSpan.FromDays(1) ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "The time between checkpoints is from a millisecond to a day.");
    } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How many bytes a state in the storage may have: pages of streams, entries of the log and pieces of weights are made no longer. From
    /// 300,000; 1 MiB by default. A provider that takes less must be named here, such as 400,000 for DynamoDB; one that takes less than
    /// 300,000 cannot keep streams.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 300,000.</exception>
    public int MaxStateBytes
    {
        get;
        // Of the longest entry that is not divided, 1,024 removals with the longest ids.
        init => field = value >= 300_000 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "States have at least 300,000 bytes.");
    } = 1 << 20;

    /// <summary>How this silo itself sends tokens to the cluster.</summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public ClusterClientOptions Client
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(value));
    } = new();

    /// <summary>What becomes of states that other weights have stepped. <see cref="WeightChange.Reset"/> by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is none of the enumeration's values.</exception>
    public WeightChange OnWeightChange
    {
        get => Pool.OnWeightChange;
        init => Pool = Pool with { OnWeightChange = value };
    }

    /// <summary>
    /// How many of its last tokens a stream keeps, for <see cref="WeightChange.Replay"/>: each takes four bytes for each of its numbers.
    /// From 0, the default, to 65,535.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is outside that range.</exception>
    public int HistoryTokens
    {
        get => Pool.HistoryTokens;
        init => Pool = Pool with { HistoryTokens = value };
    }

    /// <summary>How a shard's pool keeps its streams: a shard that is idle leaves memory whole.</summary>
    internal StreamPoolOptions Pool { get; private init; } = new() { IdleTime = null };

    /// <summary>In how many states the log of a shard goes round.</summary>
    internal int LogEntries { get; init; } = 1 << 12;

    /// <summary>After how many bytes of log a shard writes its changed streams.</summary>
    internal long MaxLogBytes { get; init; } = 16L << 20;

    /// <summary>With more bytes, a shard that moves hands nothing over, and the next activation reads its pages.</summary>
    internal long MaxCarriedBytes { get; init; } = 32L << 20;
}
