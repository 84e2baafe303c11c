using System.Threading.Tasks.Sources;

namespace AarenGen.Serving;

/// <summary>Tokens that a caller of a service sent, who awaits their results. It serves one call after another.</summary>
internal sealed class StepCall : StepGroup, IValueTaskSource
{
    /// <summary>The caller goes on on a thread of its own, not on that of the shard.</summary>
    private ManualResetValueTaskSourceCore<bool> source = new() { RunContinuationsAsynchronously = true };

    private byte[] shards = [];

    /// <summary>The id of a call of one token.</summary>
    public string[] SingleId { get; } = new string[1];

    /// <summary>Its number.</summary>
    public long[] SingleSequence { get; } = new long[1];

    /// <summary>What became of it.</summary>
    public StepResult[] SingleResult { get; } = new StepResult[1];

    /// <summary>Completes when all tokens have their results; awaited once.</summary>
    public ValueTask Task => new(this, source.Version);

    /// <summary>Room for the shard of each token.</summary>
    public byte[] Shards => shards.Length >= Count ? shards : shards = new byte[Count];

    /// <summary>Makes it ready for the next call.</summary>
    public override void Clear()
    {
        base.Clear();
        source.Reset();
    }

    public void GetResult(short token) => source.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        source.OnCompleted(continuation, state, token, flags);

    protected override void Complete() => source.SetResult(true);
}
