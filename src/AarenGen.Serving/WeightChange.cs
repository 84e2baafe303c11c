namespace AarenGen.Serving;

/// <summary>What becomes of the state of a stream that other weights have stepped, when its next token comes.</summary>
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
