namespace AarenGen.Serving;

/// <summary>What becomes of the state of a stream that other weights have stepped, when its next token comes.</summary>
/// <remarks>
/// A log is read with the weights of the start. After a crash, other weights step the last tokens before it once more, those since the last
/// checkpoint of the stream's shard, and its state changes with the first of these, as the policy says; their outputs then differ from
/// those that were acknowledged. A service that was stopped, or that has changed its weights itself, has no such tokens in the log.
/// <para>
/// A log is also read with the options of the start. <see cref="StreamPoolOptions.OnWeightChange"/>,
/// <see cref="StreamPoolOptions.HistoryTokens"/> and <see cref="StreamServiceOptions.MaxEmptyIntervals"/> say where a stream goes on with
/// other weights: one whose weights changed since its last record goes on elsewhere where they are others after a crash, and its outputs
/// differ from those that were acknowledged. Change them after a service was stopped, which leaves no log.
/// </para>
/// </remarks>
public enum WeightChange
{
    /// <summary>The stream begins anew with that token. Its numbers of tokens go on.</summary>
    Reset,

    /// <summary>
    /// The state is kept, as <see cref="StateAcceptance.SameDeclaration"/> does: right after a short further training, wrong with weights
    /// of another training.
    /// </summary>
    Keep,

    /// <summary>
    /// The stream begins anew, and the new weights first read its last tokens, as many as <see cref="StreamPoolOptions.HistoryTokens"/>.
    /// </summary>
    Replay,
}
