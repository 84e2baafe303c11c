using System.Diagnostics;

namespace AarenGen.Serving;

/// <summary>A share of the streams of a service: their pool, the tokens that wait for it, and the loop that steps them.</summary>
internal sealed class ServiceShard<TModel> : IAsyncDisposable where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>
    /// With this share of the largest batch there is nothing to wait for: the weights are read once for all of it, and more tokens would
    /// make it hardly cheaper.
    /// </summary>
    private const int EnoughShare = 8;

    private readonly StreamServiceOptions options;
    private readonly PoolMetrics metrics;
    private readonly StreamWatchers watchers;
    private readonly Action<int> finished;
    private readonly BatchPatience patience = new();
    private readonly Lock access = new();
    private readonly Queue<PendingToken> waiting = new();
    private readonly SemaphoreSlim arrival = new(0);
    private readonly List<PendingToken> batch = [];
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int enough;
    private readonly long delay;
    private long newest;
    private bool isIdle, isStopping;

    /// <param name="pool">The streams.</param>
    /// <param name="options">How the service works.</param>
    /// <param name="metrics">What counts.</param>
    /// <param name="watchers">Those who watch outputs.</param>
    /// <param name="finished">Is told how many tokens have got their results.</param>
    public ServiceShard(
        StreamPool<TModel> pool, StreamServiceOptions options, PoolMetrics metrics, StreamWatchers watchers, Action<int> finished)
    {
        (Pool, this.options, this.metrics, this.watchers, this.finished) = (pool, options, metrics, watchers, finished);
        enough = Math.Max(1, options.MaxBatch / EnoughShare);
        delay = (long)(options.MaxDelay.TotalSeconds * Stopwatch.Frequency);
        // A thread of its own: a store that blocks while it appends, and loads what batches need, takes none of the pool's, which serve the
        // callers. Other calls of the service and checkpoints do take them.
        new Thread(Run) { IsBackground = true, Name = $"AarenGen {SequenceModel<TModel>.Description.Name}" }.Start();
    }

    public StreamPool<TModel> Pool { get; }

    /// <summary>Why the shard cannot go on; null: it can.</summary>
    public Exception? Fault => Pool.Fault;

    /// <summary>Why the last checkpoint failed that the service made by itself; null: it did not.</summary>
    public Exception? CheckpointFailure { get; private set; }

    /// <summary>Adds tokens of a group to those that wait.</summary>
    /// <param name="group">The group.</param>
    /// <param name="shardOf">The shard of each of its tokens; null: all are this one's.</param>
    /// <param name="shard">This one.</param>
    public void Add(StepGroup group, byte[]? shardOf, int shard)
    {
        int refused = 0;
        lock (access)
        {
            int before = waiting.Count;
            for (int i = 0; i < group.Count; i++)
            {
                if ((shardOf is not null && shardOf[i] != shard) || !group.HasId(i))
                {
                    continue;
                }
                var token = new PendingToken(group, i);
                if (isStopping)
                {
                    token.Set(StepStatus.Unavailable, 0, StreamService<TModel>.Stopping);
                    refused++;
                }
                else
                {
                    waiting.Enqueue(token);
                }
            }
            newest = group.Arrived;
            if (isIdle && waiting.Count > before && (before == 0 || waiting.Count >= enough))
            {
                // In the lock: behind it the loop may have ended.
                isIdle = false;
                arrival.Release();
            }
        }
        if (refused > 0)
        {
            finished(refused);
            group.Finish(refused);
        }
    }

    /// <summary>Writes changed streams to the store; what fails is tried again at the next time, until which the log has all.</summary>
    /// <exception cref="OperationCanceledException">The service ends.</exception>
    public async Task CheckpointAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Pool.CheckpointAsync(cancellationToken).ConfigureAwait(false);
            CheckpointFailure = null;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            CheckpointFailure = error;
        }
    }

    /// <summary>Ends the loop once nothing waits.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (access)
        {
            isStopping = true;
            if (isIdle)
            {
                isIdle = false;
                arrival.Release();
            }
        }
        await ended.Task.ConfigureAwait(false);
        arrival.Dispose();
    }

    private void Run()
    {
        while (NextBatch())
        {
            try
            {
                ValueTask step = Pool.StepAsync(batch);
                if (!step.IsCompletedSuccessfully)
                {
                    step.AsTask().GetAwaiter().GetResult();
                }
                watchers.Send(batch);
            }
            catch (Exception error)
            {
                // Whatever it is, nobody waits forever. Where the pool broke, it refuses all that comes, and the service is not healthy.
                string message = Pool.Fault is null
                    ? "The token could not be read: " : "The service cannot go on and must be started again: ";
                foreach (PendingToken token in batch)
                {
                    token.Set(StepStatus.Unavailable, 0, message + error.Message);
                }
            }
            Finish();
        }
        ended.SetResult();
    }

    private void Finish()
    {
        long now = Stopwatch.GetTimestamp();
        // Before the callers go on, who may ask for it.
        finished(batch.Count);
        for (int i = 0; i < batch.Count;)
        {
            // Tokens of one group mostly follow one another.
            StepGroup group = batch[i].Group;
            int first = i;
            while (i < batch.Count && ReferenceEquals(batch[i].Group, group))
            {
                i++;
            }
            metrics.StepDuration.Record(Stopwatch.GetElapsedTime(group.Arrived, now).TotalSeconds);
            group.Finish(i - first);
        }
        batch.Clear();
    }

    /// <summary>Waits for tokens, and a little for more of them; takes those of the next batch. False: the service ends.</summary>
    private bool NextBatch()
    {
        int before = 0;
        long begin = 0;
        while (true)
        {
            int wait = Timeout.Infinite;
            lock (access)
            {
                if (waiting.TryPeek(out PendingToken oldest))
                {
                    long now = Stopwatch.GetTimestamp(), end = oldest.Group.Arrived + delay;
                    bool isOver = now >= end, isFull = isStopping || waiting.Count >= enough;
                    if (before > 0 && (isOver || isFull))
                    {
                        patience.Learn(before, waiting.Count, isOver && !isFull, newest - begin > (now - begin) / 2);
                    }
                    if (isOver || isFull || (before == 0 && !patience.ShouldWait()))
                    {
                        while (batch.Count < options.MaxBatch && waiting.TryDequeue(out PendingToken next))
                        {
                            batch.Add(next);
                        }
                        return true;
                    }
                    (before, begin) = before == 0 ? (waiting.Count, now) : (before, begin);
                    // Threads wait for whole milliseconds; a wait of none would be no wait.
                    wait = (int)Math.Ceiling(Stopwatch.GetElapsedTime(now, end).TotalMilliseconds);
                }
                else if (isStopping)
                {
                    return false;
                }
                isIdle = true;
            }
            arrival.Wait(wait);
            lock (access)
            {
                isIdle = false;
            }
        }
    }
}
