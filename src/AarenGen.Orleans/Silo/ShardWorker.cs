using System.Runtime.InteropServices;
using AarenGen.Serving;

namespace AarenGen.Orleans;

/// <summary>
/// A shard in a silo: opens and closes it, and does with its streams what is no step, one thing after the other.
/// </summary>
internal sealed class ShardWorker<TModel> : IShardWorker, IDisposable where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>How many streams a line of the log names.</summary>
    private const int MaxNamed = 20;

    /// <summary>What callers of a shard that leaves are told.</summary>
    internal const string Moving = "The shard is leaving its silo; send the token again with its number.";

    private readonly ModelHost<TModel> host;
    private readonly GrainStreamStore store;
    private readonly Action broken;
    private readonly ShardSteps<TModel> steps;
    private readonly ShardCheckpoints<TModel> checkpoints;

    /// <summary>Held by all that is no step.</summary>
    private readonly SemaphoreSlim exclusive = new(1);

    private volatile bool isClosed;
    private int isBroken;

    private ShardWorker(ModelHost<TModel> host, GrainStreamStore store, TModel model, Action broken)
    {
        (this.host, this.store, this.broken) = (host, store, broken);
        Pool = new(model, host.Options.Pool, store, 0, host.Metrics, null);
        checkpoints = new(host, Pool, store, UseWeightsAsync, Break);
        steps = new(host, Pool, store, Watchers, checkpoints.Look, Break);
    }

    public StreamPool<TModel> Pool { get; }

    public StreamWatchers Watchers { get; } = new();

    public int Pending => steps.Pending;

    public int StreamCount => Pool.Count + store.UnreadCount;

    /// <summary>Takes a shard over: its streams go on where the last acknowledged token left them.</summary>
    public static async Task<ShardWorker<TModel>> OpenAsync(
        ModelHost<TModel> host, GrainStates states, CarriedPages? carried, ModelReply reply, Action broken)
    {
        GrainStreamStore store = await GrainStreamStore.OpenAsync(states, host.Options.LogEntries, carried).ConfigureAwait(false);
        if (store.Weights == 0)
        {
            // Before its first token.
            await store.SetWeightsAsync(reply.Current.Version).ConfigureAwait(false);
        }
        // What is in the log was stepped with the weights of then.
        WeightsInfo weights = store.Weights == reply.Current.Version ? reply.Current
            : store.Weights == reply.Previous?.Version ? reply.Previous
            : throw new IOException(
                $"A shard of {host.Name} has weights {store.Weights}, and the cluster keeps {reply.Current.Version} alone: another grain "
                + "storage than the shard's was restored, or cleared.");
        var worker = new ShardWorker<TModel>(host, store, await host.GetModelAsync(weights).ConfigureAwait(false), broken);
        (IReadOnlyList<string> damaged, _) =
            await StreamRecovery.RunAsync([worker.Pool], store, static _ => 0, CancellationToken.None).ConfigureAwait(false);
        if (damaged.Count > 0)
        {
            host.LogDamaged(damaged.Count, host.Name, string.Join(", ", damaged.Take(MaxNamed)));
        }
        await worker.UseWeightsAsync(reply).ConfigureAwait(false);
        worker.checkpoints.Begin();
        return worker;
    }

    public Task<StepReply> StepAsync(StepRequest request) => steps.StepAsync(request);

    public Task<InfoReply> FindAsync(string id, bool withOutput) => ExclusivelyAsync(
        async () =>
        {
            float[] output = withOutput ? new float[Pool.Form.OutputWidth] : [];
            StreamInfo? info = await Pool.FindAsync(id, output).ConfigureAwait(false);
            return InfoReply.Of(info, MemoryMarshal.AsBytes<float>(output).ToArray());
        },
        InfoReply.Of);

    public Task<InfoReply> ResetAsync(string id) => ExclusivelyAsync(
        async () => InfoReply.Of(await Pool.ResetAsync(id).ConfigureAwait(false), null), InfoReply.Of);

    public Task<RemoveReply> RemoveAsync(string[] ids) => ExclusivelyAsync(
        async () => new RemoveReply(await Pool.RemoveAsync(ids).ConfigureAwait(false), null),
        static (_, message) => new(0, message));

    public async Task UseWeightsAsync() => await UseWeightsAsync(await host.GetAsync().ConfigureAwait(false)).ConfigureAwait(false);

    public async Task<CarriedPages?> CloseAsync(bool isCarried)
    {
        isClosed = true;
        await steps.CloseAsync().ConfigureAwait(false);
        await checkpoints.CloseAsync().ConfigureAwait(false);
        await exclusive.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        Watchers.Complete();
        host.Closed(this);
        CarriedPages? carried = null;
        if (Volatile.Read(ref isBroken) == 0)
        {
            try
            {
                var streams = new List<SavedStreamData>();
                long bytes = 0;
                for (int row = 0; isCarried && row >= 0 && bytes <= host.Options.MaxCarriedBytes;)
                {
                    int before = streams.Count;
                    row = await Pool.CopyAsync(row, streams).ConfigureAwait(false);
                    bytes += streams.Skip(before).Sum(static r => (long)r.Data.Length);
                }
                await Pool.DisposeAsync().ConfigureAwait(false);
                carried = isCarried ? store.Carry(streams, host.Options.MaxCarriedBytes) : null;
            }
            catch (Exception error)
            {
                host.LogUnwritten(error, host.Name);
            }
        }
        exclusive.Release();
        Dispose();
        return carried;
    }

    /// <summary>After it was closed. What is refused since then still passes through <see cref="exclusive"/>.</summary>
    public void Dispose() => checkpoints.Dispose();

    private async Task UseWeightsAsync(ModelReply reply)
    {
        if (store.Weights == reply.Current.Version)
        {
            return;
        }
        TModel model = await host.GetModelAsync(reply.Current).ConfigureAwait(false);
        await exclusive.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            CheckOpen();
            if (store.Weights >= reply.Current.Version)
            {
                return;
            }
            await using PoolPause<TModel> pause = await Pool.PauseAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                await store.SetWeightsAsync(reply.Current.Version).ConfigureAwait(false);
            }
            catch
            {
                // It may be said nevertheless: what the old weights step must not be in the log then.
                store.Abandon();
                Break(null);
                throw;
            }
            pause.Use(model);
        }
        finally
        {
            exclusive.Release();
        }
    }

    private void Break(Exception? error)
    {
        if (Interlocked.Exchange(ref isBroken, 1) == 0)
        {
            host.LogBroken(error, host.Name);
            broken();
        }
    }

    private void CheckOpen()
    {
        if (isClosed)
        {
            throw new IOException(Moving);
        }
    }

    private async Task<TReply> ExclusivelyAsync<TReply>(Func<Task<TReply>> use, Func<FailureKind, string, TReply> failed)
    {
        await exclusive.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            CheckOpen();
            return await use().ConfigureAwait(false);
        }
        catch (IOException error)
        {
            if (store.IsFenced)
            {
                Break(error);
            }
            return failed(FailureKind.Store, error.Message);
        }
        catch (ModelFileException error)
        {
            return failed(FailureKind.Data, error.Message);
        }
        finally
        {
            exclusive.Release();
        }
    }
}
