namespace AarenGen.Serving;

/// <summary>How a pool keeps streams.</summary>
public sealed record StreamPoolOptions
{
    /// <summary>
    /// After how long without a token a stream leaves memory for the store; null: never. A pool without a store keeps all of them. 15
    /// minutes by default.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not above zero.</exception>
    public TimeSpan? IdleTime
    {
        get;
        init => field = value is null || value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "The idle time must be above zero; null keeps streams in memory.");
    } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Maximum number of streams in memory; null, the default: any, so that whoever may send tokens decides how much memory they take.
    /// Beyond it, streams that were not used lately leave for the store, so that only those of one batch, and those that are being saved,
    /// can exceed it; without a store new streams are refused. It bounds no store: what is in one stays until it is removed.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is below 1.</exception>
    public int? MaxStreams
    {
        get;
        init => field = value is null or >= 1 ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "At least one stream must fit into memory.");
    }

    /// <summary>What becomes of states that other weights have stepped. <see cref="WeightChange.Reset"/> by default.</summary>
    /// <remarks>Change it after a clean stop, as <see cref="WeightChange"/> says.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">It is none of the enumeration's values.</exception>
    public WeightChange OnWeightChange
    {
        get;
        init => field = Enum.IsDefined(value) ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "There is no such policy; choose Reset, Keep or Replay.");
    }

    /// <summary>The largest value of <see cref="HistoryTokens"/>.</summary>
    internal const int MaxHistoryTokens = ushort.MaxValue;

    /// <summary>
    /// How many of its last tokens a stream keeps, for <see cref="WeightChange.Replay"/>: each takes four bytes for each of its numbers.
    /// From 0, the default, to 65,535.
    /// </summary>
    /// <remarks>Change it after a clean stop, as <see cref="WeightChange"/> says.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">It is outside that range.</exception>
    public int HistoryTokens
    {
        get;
        init => field = value is >= 0 and <= MaxHistoryTokens ? value : throw new ArgumentOutOfRangeException(
            nameof(value), value, "A stream keeps from 0 to 65,535 of its last tokens.");
    }

    /// <summary>The clock; <see cref="TimeProvider.System"/> by default.</summary>
    /// <exception cref="ArgumentNullException">It is null.</exception>
    public TimeProvider TimeProvider
    {
        get;
        init => field = value ?? throw new ArgumentNullException(nameof(value));
    } = TimeProvider.System;

    /// <exception cref="ArgumentException">Two of the options contradict each other.</exception>
    internal void Check()
    {
        if (OnWeightChange == WeightChange.Replay && HistoryTokens == 0)
        {
            throw new ArgumentException(
                $"{nameof(WeightChange)}.{nameof(WeightChange.Replay)} reads the last tokens of streams again, and none are kept: set "
                + $"{nameof(HistoryTokens)} to as many as the model needs.");
        }
    }
}
