namespace AarenGen.Serving;

/// <summary>What is known of a stream.</summary>
/// <param name="Sequence">The number of its last token, from 1; 0: it has read none.</param>
/// <param name="TokenCount">
/// Tokens that its state has read. Fewer than <paramref name="Sequence"/> after a reset, and after new weights where they begin anew.
/// </param>
/// <param name="WeightFingerprint">The weights that last stepped it; null where its state has read no token.</param>
public readonly record struct StreamInfo(long Sequence, long TokenCount, string? WeightFingerprint);
