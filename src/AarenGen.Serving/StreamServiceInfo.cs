namespace AarenGen.Serving;

/// <summary>How a service of streams is.</summary>
/// <param name="WeightFingerprint">The weights that step.</param>
/// <param name="StreamCount">Streams in memory.</param>
/// <param name="PendingTokens">Tokens that wait or are being stepped.</param>
/// <param name="MemoryBytes">Bytes of all arrays that hold streams.</param>
/// <param name="Failure">Why the service is not well, as what its store said when it last failed; null: all is well.</param>
public readonly record struct StreamServiceInfo(
    string WeightFingerprint, long StreamCount, long PendingTokens, long MemoryBytes, string? Failure);
