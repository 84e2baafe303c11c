using System.Runtime.InteropServices;
using AarenGen.Serving;
using Orleans;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;

namespace AarenGen.Orleans;

/// <summary>A partition of the streams of a model. Its key is the model's name and the number of the shard.</summary>
[GrainType(GrainKeys.Shard), HashBasedPlacement, Reentrant]
internal sealed class ShardGrain(IServiceProvider services) : Grain, IStreamsGrain, IGrainMigrationParticipant
{
    private const string CarriedKey = "aarengen.pages";
    private const int WatcherCapacity = 256;

    private readonly Subscriptions subscriptions = new();
    private IShardWorker worker = null!;
    private CarriedPages? carried;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        (IModelHost host, _) = GrainKeys.HostOf(services, this.GetPrimaryKeyString());
        IGrainContext context = GrainContext;
        worker = await host.OpenShardAsync(
            context.GrainId, carried,
            () => context.Deactivate(new DeactivationReason(
                DeactivationReasonCode.ApplicationRequested, "The shard cannot go on in this activation.")));
        carried = null;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (worker is not null)
        {
            carried = await worker.CloseAsync(reason.ReasonCode == DeactivationReasonCode.Migrating);
        }
    }

    public void OnDehydrate(IDehydrationContext dehydrationContext)
    {
        if (carried is not null)
        {
            dehydrationContext.TryAddValue(CarriedKey, carried);
        }
    }

    public void OnRehydrate(IRehydrationContext rehydrationContext) => rehydrationContext.TryGetValue(CarriedKey, out carried);

    public Task<StepReply> StepAsync(StepRequest request) => worker.StepAsync(request);

    public Task<InfoReply> FindAsync(string id, bool withOutput) => worker.FindAsync(id, withOutput);

    public Task<InfoReply> ResetAsync(string id) => worker.ResetAsync(id);

    public Task<RemoveReply> RemoveAsync(string[] ids) => worker.RemoveAsync(ids);

    public Task UseWeightsAsync() => worker.UseWeightsAsync();

    public Task WatchAsync(string id, IOutputObserver observer)
    {
        subscriptions.Add(id, observer, () =>
        {
            StreamWatchers.Watcher watcher = worker.Watchers.Add(StreamId.Encode(id), WatcherCapacity);
            _ = SendAsync(watcher, observer);
            return () => worker.Watchers.Remove(watcher);
        });
        return Task.CompletedTask;
    }

    public Task UnwatchAsync(string id, IOutputObserver observer)
    {
        subscriptions.Remove(id, observer);
        return Task.CompletedTask;
    }

    private static async Task SendAsync(StreamWatchers.Watcher watcher, IOutputObserver observer)
    {
        await foreach (StreamOutput output in watcher.Channel.Reader.ReadAllAsync())
        {
            try
            {
                await observer.ReceiveAsync(Message(output));
            }
            catch (Exception)
            {
                // Nobody is there any more; it does not come back, and is forgotten.
            }
        }
    }

    private static OutputMessage Message(StreamOutput output) => new(
        output.Id, output.Sequence, MemoryMarshal.AsBytes(output.Token.Span).ToArray(),
        MemoryMarshal.AsBytes(output.Output.Span).ToArray());
}
