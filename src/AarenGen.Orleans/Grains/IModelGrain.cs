using Orleans;
using Orleans.Concurrency;

namespace AarenGen.Orleans;

/// <summary>What all shards of a model share: how its streams are placed, and its weights.</summary>
[Alias("AarenGen.IModelGrain")]
internal interface IModelGrain : IGrainWithStringKey
{
    /// <summary>Says how it is.</summary>
    [Alias("Get")]
    Task<ModelReply> GetAsync();

    /// <summary>Reads a piece of weights that are in use.</summary>
    [Alias("GetPiece")]
    Task<byte[]> GetPieceAsync(long version, int piece);

    /// <summary>
    /// Begins to send other weights, once all shards have the last ones. Who sends others at that time is refused from then on.
    /// </summary>
    /// <param name="fingerprint">Their fingerprint.</param>
    /// <param name="bytes">How many bytes there are.</param>
    /// <returns>What the pieces are sent under and how long they are, or what is wrong.</returns>
    [Alias("Begin"), ResponseTimeout("00:10:00")]
    Task<ChangeReply> BeginAsync(string fingerprint, long bytes);

    /// <summary>Sends a piece.</summary>
    [Alias("PutPiece")]
    Task<ChangeReply> PutPieceAsync(long version, int piece, byte[] bytes);

    /// <summary>Looks whether the weights that were sent are those of the model, and uses them in one shard after the other.</summary>
    [Alias("Commit"), ResponseTimeout("00:10:00")]
    Task<ChangeReply> CommitAsync(long version);

    /// <summary>Goes on with a change that an earlier activation has begun.</summary>
    [OneWay, Alias("Resume")]
    Task ResumeAsync();
}
