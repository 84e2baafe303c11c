using AarenGen.Serving;

namespace AarenGen.Orleans;

/// <summary>
/// The tokens that wait for a shard, and the loop that steps them: what comes while the log is written is the next batch.
/// </summary>
/// <param name="host">The model.</param>
/// <param name="pool">The streams.</param>
/// <param name="store">Their store.</param>
/// <param name="watchers">Those who watch outputs.</param>
/// <param name="stepped">Is told after each batch.</param>
/// <param name="broken">Is told that the shard cannot go on here.</param>
internal sealed class ShardSteps<TModel>(
    ModelHost<TModel> host, StreamPool<TModel> pool, GrainStreamStore store, StreamWatchers watchers, Action stepped,
    Action<Exception?> broken)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly Lock access = new();
    private readonly Queue<PendingToken> waiting = new();
    private readonly List<PendingToken> batch = [];
    private Task stepping = Task.CompletedTask;
    private bool isStepping, isClosed;
    private int pending;

    /// <summary>Tokens that wait or are being stepped.</summary>
    public int Pending => Volatile.Read(ref pending);

    public async Task<StepReply> StepAsync(StepRequest request)
    {
        var group = new RequestGroup(request, pool.Form.TokenWidth, pool.Form.OutputWidth);
        if (group.Count == 0)
        {
            return group.Reply();
        }
        lock (access)
        {
            if (isClosed)
            {
                group.Refuse(StepStatus.Unavailable, ShardWorker<TModel>.Moving);
                return group.Reply();
            }
            // A message with more tokens than may wait is taken where none waits: it would never be taken otherwise.
            if (pending > 0 && pending + group.Count > host.Options.MaxPendingTokens)
            {
                group.Refuse(
                    StepStatus.Busy,
                    $"The shard has {pending} tokens to read already, and at most {host.Options.MaxPendingTokens} wait; send the token "
                    + "again later.");
                host.Metrics.CountTokens(group.Results.Span);
                return group.Reply();
            }
            pending += group.Count;
            for (int i = 0; i < group.Count; i++)
            {
                waiting.Enqueue(new(group, i));
            }
            if (!isStepping)
            {
                isStepping = true;
                stepping = Task.Run(StepLoopAsync);
            }
        }
        await group.Task.ConfigureAwait(false);
        host.Metrics.CountTokens(group.Results.Span);
        return group.Reply();
    }

    /// <summary>Takes no tokens any more, and ends when those that wait have their results.</summary>
    public async Task CloseAsync()
    {
        Task last;
        lock (access)
        {
            isClosed = true;
            last = stepping;
        }
        await last.ConfigureAwait(false);
    }

    private async Task StepLoopAsync()
    {
        while (true)
        {
            lock (access)
            {
                int bytes = GrainStreamLog.TokenBytesOf(host.Options.MaxStateBytes);
                while (batch.Count < host.Options.MaxBatch && waiting.TryPeek(out PendingToken next)
                    && (bytes -= StreamLog.BytesOf(next.Id.Length, next.Token.Length * sizeof(float))) >= 0)
                {
                    batch.Add(waiting.Dequeue());
                }
                if (batch.Count == 0)
                {
                    isStepping = false;
                    return;
                }
            }
            try
            {
                await pool.StepAsync(batch).ConfigureAwait(false);
                watchers.Send(batch);
            }
            catch (Exception error)
            {
                // Whatever it is, nobody waits forever.
                foreach (PendingToken token in batch)
                {
                    token.Set(StepStatus.Unavailable, 0, "The shard cannot go on in its silo; send the token again with its number.");
                }
                broken(error);
            }
            if (store.IsFenced)
            {
                broken(pool.StoreFailure);
            }
            lock (access)
            {
                pending -= batch.Count;
            }
            for (int i = 0; i < batch.Count;)
            {
                StepGroup group = batch[i].Group;
                int first = i;
                while (i < batch.Count && ReferenceEquals(batch[i].Group, group))
                {
                    i++;
                }
                group.Finish(i - first);
            }
            batch.Clear();
            stepped();
        }
    }
}
