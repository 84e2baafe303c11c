using Orleans;
using Orleans.Concurrency;

namespace AarenGen.Orleans;

/// <summary>Streams of a model in one place of the cluster: a partition of all of them, or a single one.</summary>
[Alias("AarenGen.IStreamsGrain")]
internal interface IStreamsGrain : IGrainWithStringKey
{
    /// <summary>Reads tokens in order.</summary>
    [Alias("Step")]
    Task<StepReply> StepAsync(StepRequest request);

    /// <summary>Says what is known of a stream.</summary>
    [Alias("Find")]
    Task<InfoReply> FindAsync(string id, bool withOutput);

    /// <summary>Makes a stream forget.</summary>
    [Alias("Reset")]
    Task<InfoReply> ResetAsync(string id);

    /// <summary>Removes streams.</summary>
    [Alias("Remove")]
    Task<RemoveReply> RemoveAsync(string[] ids);

    /// <summary>Sends the outputs of a stream to an observer for a while, which says it again and again.</summary>
    [Alias("Watch")]
    Task WatchAsync(string id, IOutputObserver observer);

    /// <summary>Ends that.</summary>
    [Alias("Unwatch")]
    Task UnwatchAsync(string id, IOutputObserver observer);

    /// <summary>Steps with the weights that the model's grain has now.</summary>
    [Alias("UseWeights"), ResponseTimeout("00:05:00")]
    Task UseWeightsAsync();
}

/// <summary>Receives the outputs of a stream.</summary>
[Alias("AarenGen.IOutputObserver")]
internal interface IOutputObserver : IGrainObserver
{
    /// <summary>Receives an output.</summary>
    [OneWay, Alias("Receive")]
    Task ReceiveAsync(OutputMessage output);
}
