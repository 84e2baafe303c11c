using AarenGen.Serving;
using Orleans;

namespace AarenGen.Orleans;

/// <summary>Tokens for a grain.</summary>
/// <param name="Ids">Of each token bytes of the id (u8) and the id as UTF-8.</param>
/// <param name="Tokens">Their floats, little-endian.</param>
/// <param name="Sequences">Their numbers (i64 each), little-endian; empty: none has one.</param>
[GenerateSerializer, Immutable, Alias("AarenGen.StepRequest")]
internal sealed record StepRequest([property: Id(0)] byte[] Ids, [property: Id(1)] byte[] Tokens, [property: Id(2)] byte[] Sequences);

/// <summary>What became of tokens.</summary>
/// <param name="Statuses">A <see cref="StepStatus"/> each.</param>
/// <param name="Sequences">The numbers of the last tokens of their streams (i64 each), little-endian.</param>
/// <param name="Outputs">[tokens, OutputWidth] floats, little-endian.</param>
/// <param name="Messages">What is wrong with each; null: nothing with any.</param>
[GenerateSerializer, Immutable, Alias("AarenGen.StepReply")]
internal sealed record StepReply(
    [property: Id(0)] byte[] Statuses, [property: Id(1)] byte[] Sequences, [property: Id(2)] byte[] Outputs,
    [property: Id(3)] string?[]? Messages);

/// <summary>What kind of failure a grain tells of.</summary>
internal enum FailureKind : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>The store failed.</summary>
    Store,

    /// <summary>Data are damaged, or of another declaration.</summary>
    Data,
}

/// <summary>What is known of a stream.</summary>
[GenerateSerializer, Immutable, Alias("AarenGen.InfoReply")]
internal sealed record InfoReply(
    [property: Id(0)] bool Exists, [property: Id(1)] long Sequence, [property: Id(2)] long TokenCount, [property: Id(3)] string? Weights,
    [property: Id(4)] byte[]? Output, [property: Id(5)] FailureKind Failure, [property: Id(6)] string? Message)
{
    public static InfoReply Of(StreamInfo? info, byte[]? output) => info is { } known
        ? new(true, known.Sequence, known.TokenCount, known.WeightFingerprint, output, FailureKind.None, null)
        : new(false, 0, 0, null, null, FailureKind.None, null);

    public static InfoReply Of(FailureKind failure, string message) => new(false, 0, 0, null, null, failure, message);
}

/// <summary>How many streams were removed.</summary>
[GenerateSerializer, Immutable, Alias("AarenGen.RemoveReply")]
internal sealed record RemoveReply([property: Id(0)] int Removed, [property: Id(1)] string? Failure);

/// <summary>How the streams of a model in a silo are.</summary>
/// <param name="Streams">Streams in memory.</param>
/// <param name="Pending">Tokens that wait in shards or are being stepped there.</param>
/// <param name="MemoryBytes">Bytes of all arrays that hold streams.</param>
/// <param name="Failure">Why some of them are not well; null: all are.</param>
[GenerateSerializer, Immutable, Alias("AarenGen.SiloInfo")]
internal sealed record SiloInfo(
    [property: Id(0)] long Streams, [property: Id(1)] long Pending, [property: Id(2)] long MemoryBytes, [property: Id(3)] string? Failure);

/// <summary>An output of a stream.</summary>
[GenerateSerializer, Immutable, Alias("AarenGen.OutputMessage")]
internal sealed record OutputMessage(
    [property: Id(0)] string Id, [property: Id(1)] long Sequence, [property: Id(2)] byte[] Token, [property: Id(3)] byte[] Output);

/// <summary>Weights as the model's grain keeps them.</summary>
/// <param name="Version">Which ones, from 1.</param>
/// <param name="Fingerprint">Their fingerprint.</param>
/// <param name="Pieces">In how many pieces they are stored.</param>
[GenerateSerializer, Immutable, Alias("AarenGen.WeightsInfo")]
internal sealed record WeightsInfo([property: Id(0)] long Version, [property: Id(1)] string Fingerprint, [property: Id(2)] int Pieces);

/// <summary>How a model is in the cluster.</summary>
[GenerateSerializer, Immutable, Alias("AarenGen.ModelReply")]
internal sealed record ModelReply(
    [property: Id(0)] string Declaration, [property: Id(1)] StreamPlacement Placement, [property: Id(2)] int Shards,
    [property: Id(3)] WeightsInfo Current, [property: Id(4)] WeightsInfo? Previous);

/// <summary>What became of a step of a change of weights.</summary>
/// <param name="Version">The version that they have.</param>
/// <param name="PieceBytes">Bytes of each piece but the last one.</param>
/// <param name="Failure">What is wrong; null: nothing.</param>
[GenerateSerializer, Immutable, Alias("AarenGen.ChangeReply")]
internal sealed record ChangeReply(
    [property: Id(0)] long Version, [property: Id(1)] int PieceBytes, [property: Id(2)] string? Failure);
