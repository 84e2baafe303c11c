using AarenGen.Serving;
using Orleans.Runtime;

namespace AarenGen.Orleans;

/// <summary>What a silo has of a model, for grains that know no type of it.</summary>
internal interface IModelHost
{
    /// <summary>The name of the model.</summary>
    string Name { get; }

    /// <summary>How its streams are followed.</summary>
    ClusterStreamsOptions Options { get; }

    /// <summary>The states of a grain in the provider of the options.</summary>
    GrainStates StatesOf(GrainId grain);

    /// <summary>How the model would be in a cluster that has none, but for its weights.</summary>
    StoredModel Describe();

    /// <summary>The weights that the silo was given.</summary>
    (byte[] Bytes, string Fingerprint) GivenWeights();

    /// <summary>Looks whether bytes are weights of the model.</summary>
    /// <exception cref="ModelFileException">They are not, or not those of the fingerprint.</exception>
    void CheckWeights(byte[] bytes, string fingerprint);

    /// <exception cref="InvalidOperationException">The cluster follows the streams of the model otherwise than this silo would.</exception>
    void Check(ModelReply reply);

    /// <summary>Takes a shard over.</summary>
    /// <param name="shard">The shard.</param>
    /// <param name="carried">What an activation that moved has handed over; null: nothing.</param>
    /// <param name="broken">Is told once that the shard cannot go on here.</param>
    /// <exception cref="IOException">The provider failed.</exception>
    /// <exception cref="ModelFileException">The shard belongs to another declaration, or is damaged.</exception>
    Task<IShardWorker> OpenShardAsync(GrainId shard, CarriedPages? carried, Action broken);

    /// <summary>Steps one stream.</summary>
    /// <param name="id">The stream's id.</param>
    /// <param name="saved">The stream as it was saved last; null: it is new.</param>
    /// <param name="use">What is done with the pool, in which it is alone.</param>
    /// <returns>The stream to save afterwards; null: there is none.</returns>
    /// <exception cref="IOException">The weights could not be read.</exception>
    /// <exception cref="ModelFileException">The saved stream is damaged, or of another declaration.</exception>
    Task<byte[]?> UseStreamAsync(string id, byte[]? saved, Func<IStreamPool, Task> use);

    /// <summary>Learns which weights are the current ones.</summary>
    Task RefreshAsync();

    /// <summary>Says that a stream of its own grain came into memory or left it.</summary>
    void CountStreams(int change);

    /// <summary>How the streams in this silo are.</summary>
    SiloInfo Info { get; }
}

/// <summary>A pool for one stream.</summary>
internal interface IStreamPool
{
    (int Input, int Output) Widths { get; }

    ValueTask StepAsync(RequestGroup group, string id);

    ValueTask<StreamInfo?> FindAsync(string id, Memory<float> output);

    ValueTask<StreamInfo?> ResetAsync(string id);
}

/// <summary>A shard while it is in a silo.</summary>
internal interface IShardWorker
{
    StreamWatchers Watchers { get; }

    Task<StepReply> StepAsync(StepRequest request);

    Task<InfoReply> FindAsync(string id, bool withOutput);

    Task<InfoReply> ResetAsync(string id);

    Task<RemoveReply> RemoveAsync(string[] ids);

    /// <exception cref="IOException">The provider failed.</exception>
    Task UseWeightsAsync();

    /// <summary>Writes all that has changed, and does nothing any more.</summary>
    /// <returns>What the next activation needs to read no page, where it is asked for and all was written.</returns>
    Task<CarriedPages?> CloseAsync(bool isCarried);
}
