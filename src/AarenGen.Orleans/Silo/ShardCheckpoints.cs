using AarenGen.Serving;

namespace AarenGen.Orleans;

/// <summary>Writes the changed streams of a shard: now and then, and where its log is large.</summary>
/// <param name="host">The model.</param>
/// <param name="pool">The streams.</param>
/// <param name="store">Their store.</param>
/// <param name="useWeights">Changes to the weights that the cluster has.</param>
/// <param name="broken">Is told that the shard cannot go on here.</param>
internal sealed class ShardCheckpoints<TModel>(
    ModelHost<TModel> host, StreamPool<TModel> pool, GrainStreamStore store, Func<ModelReply, Task> useWeights, Action<Exception?> broken)
    : IDisposable
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>The log is large where this fraction of its ring is taken.</summary>
    private const double LargeFill = 0.5;

    private readonly CancellationTokenSource closing = new();
    private Task beating = Task.CompletedTask, checkpointing = Task.CompletedTask;

    /// <summary>Begins to write now and then.</summary>
    public void Begin() => beating = Task.Run(BeatAsync, CancellationToken.None);

    /// <summary>Looks whether the log is large. One caller at a time.</summary>
    public void Look()
    {
        if ((pool.LogBytes >= host.Options.MaxLogBytes || store.LogFill >= LargeFill) && checkpointing.IsCompleted)
        {
            checkpointing = Task.Run(CheckpointAsync);
        }
    }

    /// <summary>Ends it, after the last look.</summary>
    public async Task CloseAsync()
    {
        await closing.CancelAsync().ConfigureAwait(false);
        await beating.ConfigureAwait(false);
        await checkpointing.ConfigureAwait(false);
    }

    public void Dispose() => closing.Dispose();

    /// <summary>Writes changed streams now and then, and looks whether there are other weights.</summary>
    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(host.Options.CheckpointInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(closing.Token).ConfigureAwait(false))
            {
                try
                {
                    if (pool.LogBytes > 0)
                    {
                        await CheckpointAsync().ConfigureAwait(false);
                    }
                    ModelReply reply = await host.GetAsync().WaitAsync(closing.Token).ConfigureAwait(false);
                    await useWeights(reply).ConfigureAwait(false);
                }
                catch (Exception error) when (!closing.IsCancellationRequested)
                {
                    // The next time tries again.
                    host.LogUnchanged(error, host.Name);
                }
            }
        }
        catch (Exception) when (closing.IsCancellationRequested)
        {
            // The shard leaves.
        }
    }

    /// <summary>Writes changed streams; what fails is tried again later, until which the log has all.</summary>
    private async Task CheckpointAsync()
    {
        try
        {
            await pool.CheckpointAsync(closing.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The shard leaves.
        }
        catch (Exception error)
        {
            if (store.IsFenced)
            {
                broken(error);
            }
            else
            {
                host.LogUnwritten(error, host.Name);
            }
        }
    }
}
