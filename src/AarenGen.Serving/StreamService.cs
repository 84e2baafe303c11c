using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace AarenGen.Serving;

/// <summary>
/// Follows any number of streams with one model: tokens of all callers are stepped together, in shards side by side, each token of a stream
/// after the one before it.
/// </summary>
/// <remarks>
/// <para><see cref="IStreamService{TModel}"/> says what numbers of tokens mean.</para>
/// <para>Durability: with a store, a token is in its log before the token is acknowledged; what that survives, the store says. What was not
/// acknowledged, resets and removals among it, may have been done nevertheless, at the next start at the latest: send it again, a token
/// with its number.</para>
/// <para>Memory: waiting tokens are bounded by <see cref="StreamServiceOptions.MaxPendingTokens"/>, streams by
/// <see cref="StreamPoolOptions.MaxStreams"/>, which has no bound by default. A store keeps a stream until it is removed.</para>
/// <para>After <see cref="StopAsync"/> tokens are <see cref="StepStatus.Unavailable"/>, and members that use streams throw
/// <see cref="ObjectDisposedException"/>. Where a batch fails after its tokens are in the log, as where memory is out, its shard does
/// nothing any more: its tokens are <see cref="StepStatus.Unavailable"/>, other members throw <see cref="IOException"/>, and
/// <see cref="Failure"/> says why. A new start reads the log.</para>
/// <para>Meter and source of activities are called AarenGen.Serving.</para>
/// <para>Thread safety: any number of threads may call all members.</para>
/// </remarks>
/// <typeparam name="TModel">The model.</typeparam>
public sealed class StreamService<TModel> : IStreamService<TModel>, IAsyncDisposable, IDisposable
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>What callers of a service that ends are told.</summary>
    internal const string Stopping = "The service is stopping; send the token again when it is back.";

    /// <summary>Calls of more tokens pay for arrays of their own.</summary>
    private const int MaxKeptTokens = 1 << 11;

    /// <summary>After a peak of calls no more are kept than callers need again.</summary>
    private const int MaxKeptCalls = 1 << 10;

    /// <summary>Reading a log of this size leaves enough garbage to be worth a collection.</summary>
    private const long LargeLogBytes = 64L << 20;

    private static readonly TimeSpan MaxCheckpointLook = TimeSpan.FromSeconds(1);

    /// <summary>After how long a checkpoint that failed is tried again, where the interval is longer.</summary>
    private static readonly TimeSpan CheckpointRetry = TimeSpan.FromSeconds(5);

    private readonly ServiceShard<TModel>[] shards;
    private readonly IStreamStore? store;
    private readonly PoolMetrics metrics;
    private readonly StreamWatchers watchers = new();
    private readonly ConcurrentBag<StepCall> calls = [];
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim swapping = new(1);
    private readonly Lock ending = new();
    private Task checkpoints = Task.CompletedTask;
    private Task? stopped;
    private long pending;
    private int keptCalls;

    private StreamService(TModel model, IStreamStore? store, StreamServiceOptions options, StreamForm<TModel> form)
    {
        (Options, this.store, Form) = (options, store, form);
        metrics = new(
            SequenceModel<TModel>.Description.Name, () => StreamCount, () => MemoryBytes, () => Volatile.Read(ref pending));
        // Rounded up, so that they hold together what the options say.
        StreamPoolOptions each = options.Pool with
        {
            MaxStreams = options.Pool.MaxStreams is { } most ? (int)(((long)most + options.Shards - 1) / options.Shards) : null,
        };
        // Without a store none can leave a full shard for it, so that the shards share what there is.
        StreamQuota? quota = store is null ? StreamPool<TModel>.QuotaOf(options.Pool.MaxStreams) : null;
        shards =
        [
            .. Enumerable.Range(0, options.Shards).Select(i => new ServiceShard<TModel>(
                new(model, each, store, i, metrics, quota, form, options.MaxEmptyIntervals), options, metrics, watchers,
                tokens => Interlocked.Add(ref pending, -tokens))),
        ];
    }

    /// <summary>Starts a service: its streams go on where the last acknowledged token left them.</summary>
    /// <param name="model">The model; nobody trains it while the service uses it.</param>
    /// <param name="store">
    /// The store, which is this service's alone; the caller disposes it after the service. Null: streams live in memory alone, and end with
    /// the process.
    /// </param>
    /// <param name="options">How the service works; null: the defaults.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="ArgumentException">Two options contradict each other.</exception>
    /// <exception cref="IOException">The store cannot be read or written.</exception>
    /// <exception cref="ModelFileException">The store belongs to another declaration or version, or what says so is damaged.</exception>
    public static Task<StreamService<TModel>> StartAsync(
        TModel model, IStreamStore? store = null, StreamServiceOptions? options = null, CancellationToken cancellationToken = default) =>
        StartAsync(model, store, options, StreamForm<TModel>.Tokens, cancellationToken);

    /// <summary>Starts a service of streams that read tokens, or records.</summary>
    internal static async Task<StreamService<TModel>> StartAsync(
        TModel model, IStreamStore? store, StreamServiceOptions? options, StreamForm<TModel> form, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new();
        options.Pool.Check();
        var service = new StreamService<TModel>(model, store, options, form);
        if (store is null)
        {
            return service;
        }
        try
        {
            (service.DamagedStreams, long bytes) = await StreamRecovery.RunAsync(
                service.Pools, store, service.ShardOf, cancellationToken).ConfigureAwait(false);
            if (bytes >= LargeLogBytes)
            {
                // Reading a large log makes much garbage, once: the collector would keep the room that it took, of a million streams a
                // tenth of all. A service starts once in a process; pools of a cluster's shards come and go, and must not stop the others.
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            }
        }
        catch
        {
            await service.EndAsync(isCheckpointed: false).ConfigureAwait(false);
            throw;
        }
        service.checkpoints = Task.Run(service.CheckpointLoopAsync, CancellationToken.None);
        return service;
    }

    /// <summary>What streams read.</summary>
    internal StreamForm<TModel> Form { get; }

    /// <summary>The model that steps.</summary>
    public TModel Model => shards[0].Pool.Model;

    /// <summary>How the service works.</summary>
    public StreamServiceOptions Options { get; }

    /// <summary>
    /// How many tokens a call may have: <see cref="StreamServiceOptions.MaxPendingTokens"/>. A call of more than half of them may wait long
    /// for a moment with few others.
    /// </summary>
    public int MaxTokensPerCall => Options.MaxPendingTokens;

    /// <summary>Enumerations of <see cref="IStreamService{TModel}.WatchAsync"/> that are being read.</summary>
    internal int WatcherCount => watchers.Count;

    /// <summary>Whether the service has stopped, or is about to.</summary>
    internal bool IsStopping => stopping.IsCancellationRequested;

    /// <summary>Calls that are kept for callers to come.</summary>
    internal int KeptCalls => Volatile.Read(ref keptCalls);

    /// <summary>Streams in memory.</summary>
    public int StreamCount => shards.Sum(static s => s.Pool.Count);

    /// <summary>Tokens that wait or are being stepped.</summary>
    public int PendingTokens => (int)Volatile.Read(ref pending);

    /// <summary>Bytes of all arrays that hold streams.</summary>
    public long MemoryBytes => shards.Sum(static s => s.Pool.MemoryBytes);

    /// <summary>
    /// Streams that the start has set aside: the log has tokens of theirs, and what the store has of them is damaged. Their tokens are
    /// <see cref="StepStatus.Unavailable"/> until they are removed, or come from a backup.
    /// </summary>
    public IReadOnlyList<string> DamagedStreams { get; private set; } = [];

    /// <summary>
    /// Why the service is not well: a batch broke a shard, the last append, writing, cutting of the log or read of a store failed, or the
    /// last checkpoint; null: all is well.
    /// </summary>
    public Exception? Failure =>
        shards.Select(static s => s.Fault ?? s.Pool.StoreFailure ?? s.CheckpointFailure).FirstOrDefault(static f => f is not null);

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<StepResult> StepAsync(
        string id, ReadOnlyMemory<float> token, Memory<float> output, long sequence = 0, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        StepCall call = Rent();
        try
        {
            (call.SingleId[0], call.SingleSequence[0]) = (id, sequence);
            int tokens = call.Receive(
                call.SingleId, token, output, call.SingleResult, call.SingleSequence, Form.TokenWidth, Form.OutputWidth,
                cancellationToken);
            if (Send(call, tokens))
            {
                await call.Task.ConfigureAwait(false);
            }
            metrics.CountTokens(call.SingleResult);
            StepResult result = call.SingleResult[0];
            return result.HasOutput ? result : throw (result.Status == StepStatus.Canceled
                ? new OperationCanceledException(cancellationToken) : new StepRefusedException(result));
        }
        finally
        {
            Return(call);
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask StepManyAsync(
        ReadOnlyMemory<string> ids, ReadOnlyMemory<float> tokens, Memory<float> outputs, Memory<StepResult> results,
        ReadOnlyMemory<long> sequences = default, CancellationToken cancellationToken = default)
    {
        if (ids.Length > MaxTokensPerCall)
        {
            throw new ArgumentException(
                $"There are {ids.Length} tokens; the service takes at most {MaxTokensPerCall} in one call. Send fewer, or set "
                + $"{nameof(StreamServiceOptions.MaxPendingTokens)}.",
                nameof(ids));
        }
        using Activity? activity = PoolMetrics.Activities.StartActivity("AarenGen.Step");
        activity?.SetTag("aarengen.tokens", ids.Length);
        StepCall call = Rent();
        try
        {
            int valid = call.Receive(
                ids.Span, tokens, outputs, results, sequences, Form.TokenWidth, Form.OutputWidth,
                cancellationToken);
            if (Send(call, valid))
            {
                await call.Task.ConfigureAwait(false);
            }
            metrics.CountTokens(results.Span);
        }
        finally
        {
            Return(call);
        }
    }

    /// <inheritdoc/>
    public ValueTask<StreamInfo?> FindAsync(string id, Memory<float> output = default, CancellationToken cancellationToken = default) =>
        PoolOf(id).FindAsync(id, output, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<StreamInfo?> ResetAsync(string id, CancellationToken cancellationToken = default) =>
        PoolOf(id).ResetAsync(id, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<int> RemoveAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        int removed = 0;
        foreach (IGrouping<StreamPool<TModel>, string> some in ids.ToLookup(PoolOf))
        {
            removed += await some.Key.RemoveAsync([.. some], cancellationToken).ConfigureAwait(false);
        }
        return removed;
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<StreamOutput> WatchAsync(string id, int capacity = 64, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        return WatchAsync(StreamId.Encode(id), capacity, cancellationToken);
    }

    /// <summary>
    /// Steps with other weights: all shards change between two batches, so that no token sees the old ones after another has seen the new.
    /// <see cref="StreamPoolOptions.OnWeightChange"/> says what becomes of states.
    /// </summary>
    /// <remarks>With a store it first saves all changed streams there; streams wait for the last of it.</remarks>
    /// <param name="model">The model; nobody trains it while the service uses it.</param>
    /// <param name="cancellationToken">Ends the waiting; nothing has changed.</param>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The service has stopped.</exception>
    /// <exception cref="IOException">The store cannot be written; the service goes on with the weights that it had.</exception>
    public async Task UseModelAsync(TModel model, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        // The fingerprint reads all weights, for which the streams need not wait.
        _ = model.WeightFingerprint;
        await swapping.WaitAsync(cancellationToken).ConfigureAwait(false);
        var pauses = new List<PoolPause<TModel>>();
        try
        {
            // Most is written beforehand, since the first shards wait for the last.
            await CheckpointAsync(cancellationToken).ConfigureAwait(false);
            foreach (ServiceShard<TModel> shard in shards)
            {
                pauses.Add(await shard.Pool.PauseAsync(cancellationToken).ConfigureAwait(false));
            }
            pauses.ForEach(p => p.Use(model));
        }
        finally
        {
            foreach (PoolPause<TModel> pause in pauses)
            {
                await pause.DisposeAsync().ConfigureAwait(false);
            }
            swapping.Release();
        }
    }

    /// <inheritdoc/>
    public ValueTask<StreamServiceInfo> GetInfoAsync(CancellationToken cancellationToken = default) =>
        new(new StreamServiceInfo(Model.WeightFingerprint, StreamCount, PendingTokens, MemoryBytes, Failure?.Message));

    /// <summary>Writes all changed streams to the store, cuts the log, and lets streams that are idle leave memory.</summary>
    /// <remarks>The service does it by itself, as <see cref="StreamServiceOptions.CheckpointInterval"/> says, and when it stops.</remarks>
    /// <param name="cancellationToken">Ends it; what was written stays.</param>
    /// <exception cref="ObjectDisposedException">The service has stopped.</exception>
    /// <exception cref="IOException">The store cannot be written. Nothing is lost: the log has all.</exception>
    public async Task CheckpointAsync(CancellationToken cancellationToken = default)
    {
        foreach (ServiceShard<TModel> shard in shards)
        {
            await shard.Pool.CheckpointAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc cref="StreamPool{TModel}.SaveAsync"/>
    public Task SaveAsync(Stream stream, CancellationToken cancellationToken = default) =>
        StreamSnapshot.SaveAsync(Pools, store, stream, cancellationToken);

    /// <inheritdoc cref="StreamPool{TModel}.LoadAsync"/>
    public Task<long> LoadAsync(Stream stream, CancellationToken cancellationToken = default) =>
        StreamSnapshot.LoadAsync(Pools, store, ShardOf, stream, cancellationToken);

    /// <summary>Refuses what comes from now on, finishes what waits, and writes all changed streams to the store.</summary>
    /// <exception cref="IOException">The store cannot be written. Nothing is lost: the log has all.</exception>
    public Task StopAsync()
    {
        lock (ending)
        {
            return stopped ??= EndAsync(isCheckpointed: true);
        }
    }

    /// <summary>Stops the service, unless <see cref="StopAsync"/> was called, whose failure is not reported once more.</summary>
    /// <exception cref="IOException">The store cannot be written. Nothing is lost: the log has all.</exception>
    public async ValueTask DisposeAsync()
    {
        Task? before;
        lock (ending)
        {
            before = stopped;
        }
        await StopAsync().ConfigureAwait(before is null ? ConfigureAwaitOptions.None : ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Does what <see cref="DisposeAsync"/> does, and waits for it: for containers that are disposed synchronously.</summary>
    /// <exception cref="IOException">The store cannot be written. Nothing is lost: the log has all.</exception>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task EndAsync(bool isCheckpointed)
    {
        await stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(shards.Select(static s => s.DisposeAsync().AsTask())).ConfigureAwait(false);
        watchers.Complete();
        await checkpoints.ConfigureAwait(false);
        IOException? failure = null;
        foreach (ServiceShard<TModel> shard in shards)
        {
            try
            {
                if (isCheckpointed)
                {
                    await shard.Pool.DisposeAsync().ConfigureAwait(false);
                }
            }
            catch (IOException error)
            {
                // The others are written nevertheless, so that the next start reads less of their logs.
                failure ??= error;
            }
        }
        metrics.Dispose();
        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private async IAsyncEnumerable<StreamOutput> WatchAsync(
        byte[] id, int capacity, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Not before the first read: what is never read would watch for ever.
        StreamWatchers.Watcher watcher = watchers.Add(id, capacity);
        try
        {
            await foreach (StreamOutput output in watcher.Channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return output;
            }
        }
        finally
        {
            watchers.Remove(watcher);
        }
    }

    /// <summary>Hands tokens to their shards. False: all have their results.</summary>
    private bool Send(StepCall call, int tokens)
    {
        call.Arrived = Stopwatch.GetTimestamp();
        if (tokens == 0)
        {
            return false;
        }
        if (stopping.IsCancellationRequested)
        {
            call.Refuse(StepStatus.Unavailable, Stopping);
            return false;
        }
        if (Interlocked.Add(ref pending, tokens) > Options.MaxPendingTokens)
        {
            Interlocked.Add(ref pending, -tokens);
            call.Refuse(StepStatus.Busy, $"The service has {Options.MaxPendingTokens} tokens to read already; send the token again later.");
            return false;
        }
        if (shards.Length == 1 || call.Count == 1)
        {
            shards[call.Count == 1 ? ShardOf(call.Hash(0)) : 0].Add(call, null, 0);
            return true;
        }
        byte[] shardOf = call.Shards;
        ulong used = 0;
        for (int i = 0; i < call.Count; i++)
        {
            shardOf[i] = (byte)ShardOf(call.Hash(i));
            used |= call.HasId(i) ? 1UL << shardOf[i] : 0;
        }
        for (int shard = 0; shard < shards.Length; shard++)
        {
            if ((used >> shard & 1) != 0)
            {
                shards[shard].Add(call, shardOf, shard);
            }
        }
        return true;
    }

    private StreamPool<TModel>[] Pools => [.. shards.Select(static s => s.Pool)];

    private int ShardOf(ulong hash) => (int)((hash >> 32) * (ulong)shards.Length >> 32);

    private StreamPool<TModel> PoolOf(string id) => shards[ShardOf(StreamTable.HashOf(StreamId.Encode(id)))].Pool;

    private async Task CheckpointLoopAsync()
    {
        TimeProvider time = Options.Pool.TimeProvider;
        long[] last = [.. shards.Select(_ => time.GetTimestamp())];
        // Timers count whole milliseconds.
        double look = Math.Clamp(Options.CheckpointInterval.TotalMilliseconds, 1, MaxCheckpointLook.TotalMilliseconds);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(look), time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token).ConfigureAwait(false))
            {
                for (int i = 0; i < shards.Length; i++)
                {
                    StreamPool<TModel> pool = shards[i].Pool;
                    TimeSpan interval = shards[i].CheckpointFailure is not null && Options.CheckpointInterval > CheckpointRetry
                        ? CheckpointRetry : Options.CheckpointInterval;
                    if (shards[i].Fault is null
                        && (time.GetElapsedTime(last[i]) >= interval
                            || (pool.LogBytes >= Options.MaxLogBytes && shards[i].CheckpointFailure is null)))
                    {
                        await shards[i].CheckpointAsync(stopping.Token).ConfigureAwait(false);
                        last[i] = time.GetTimestamp();
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The service ends.
        }
    }

    private StepCall Rent()
    {
        if (!calls.TryTake(out StepCall? call))
        {
            return new();
        }
        Interlocked.Decrement(ref keptCalls);
        return call;
    }

    private void Return(StepCall call)
    {
        call.Clear();
        // Those of large calls go, since in time all would be large.
        if (call.Capacity > MaxKeptTokens)
        {
            return;
        }
        if (Interlocked.Increment(ref keptCalls) <= MaxKeptCalls)
        {
            calls.Add(call);
        }
        else
        {
            Interlocked.Decrement(ref keptCalls);
        }
    }
}
