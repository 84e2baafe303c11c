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
/// <para>Tokens have numbers: the first of a stream is 1. A sender that numbers its tokens may send one again after a failure: the token is
/// read once, and both sendings get the same output. A sender that gives no number, 0, has its tokens read as they come.</para>
/// <para>Durability: with a store, a token is in its log before the token is acknowledged; what that survives, the store says. What was not
/// acknowledged may have been read nevertheless: send it again with its number.</para>
/// <para>Memory: streams are bounded by <see cref="StreamPoolOptions.MaxStreams"/> where it is set, waiting tokens by
/// <see cref="StreamServiceOptions.MaxPendingTokens"/>.</para>
/// <para>Meter and source of activities are called AarenGen.Serving.</para>
/// <para>Thread safety: any number of threads may call all members.</para>
/// </remarks>
/// <typeparam name="TModel">The model.</typeparam>
public sealed class StreamService<TModel> : IAsyncDisposable where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>What callers of a service that ends are told.</summary>
    internal const string Stopping = "The service is stopping; send the token again when it is back.";

    private static readonly TimeSpan MaxCheckpointLook = TimeSpan.FromSeconds(1);

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

    private StreamService(TModel model, IStreamStore? store, StreamServiceOptions options)
    {
        (Options, this.store) = (options, store);
        metrics = new(
            SequenceModel<TModel>.Description.Name, () => StreamCount, () => MemoryBytes, () => Volatile.Read(ref pending));
        // Rounded up, so that they hold together what the options say.
        StreamPoolOptions each = options.Pool with
        {
            MaxStreams = options.Pool.MaxStreams is { } most ? (int)(((long)most + options.Shards - 1) / options.Shards) : null,
        };
        shards =
        [
            .. Enumerable.Range(0, options.Shards).Select(i => new ServiceShard<TModel>(
                new(model, each, store, i, metrics), options, metrics, watchers, tokens => Interlocked.Add(ref pending, -tokens))),
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
    /// <exception cref="ModelFileException">The store belongs to another declaration, or is damaged.</exception>
    public static async Task<StreamService<TModel>> StartAsync(
        TModel model, IStreamStore? store = null, StreamServiceOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new();
        options.Pool.Check();
        var service = new StreamService<TModel>(model, store, options);
        if (store is null)
        {
            return service;
        }
        try
        {
            await StreamRecovery.RunAsync(
                service.Pools, store, service.ShardOf, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await service.EndAsync(isCheckpointed: false).ConfigureAwait(false);
            throw;
        }
        service.checkpoints = Task.Run(service.CheckpointLoopAsync, CancellationToken.None);
        return service;
    }

    /// <summary>The model that steps.</summary>
    public TModel Model => shards[0].Pool.Model;

    /// <summary>How the service works.</summary>
    public StreamServiceOptions Options { get; }

    /// <summary>Streams in memory.</summary>
    public int StreamCount => shards.Sum(static s => s.Pool.Count);

    /// <summary>Tokens that wait or are being stepped.</summary>
    public int PendingTokens => (int)Volatile.Read(ref pending);

    /// <summary>Bytes of all arrays that hold streams.</summary>
    public long MemoryBytes => shards.Sum(static s => s.Pool.MemoryBytes);

    /// <summary>Why the service is not well: what its store said when it last failed; null: all is well.</summary>
    public Exception? Failure =>
        shards.Select(static s => s.Fault ?? s.Pool.StoreFailure ?? s.CheckpointFailure).FirstOrDefault(static f => f is not null);

    /// <summary>Reads a token of a stream.</summary>
    /// <param name="id">The stream's id: 1 to 255 bytes of UTF-8 without a null character.</param>
    /// <param name="token">InputWidth numbers, which nobody changes during the call.</param>
    /// <param name="output">OutputWidth numbers, overwritten.</param>
    /// <param name="sequence">The number of the token, from 1; 0: the next one.</param>
    /// <param name="cancellationToken">Ends the call where the token has not been read by then.</param>
    /// <returns>What became of the token, which has an output.</returns>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <exception cref="StepRefusedException">The token was not read; its result says why.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled before the token was read.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<StepResult> StepAsync(
        string id, ReadOnlyMemory<float> token, Memory<float> output, long sequence = 0, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        StepCall call = Rent();
        try
        {
            (call.SingleId[0], call.SingleSequence[0]) = (id, sequence);
            int tokens = call.Take(
                call.SingleId, token, output, call.SingleResult, call.SingleSequence, StreamPool<TModel>.InputWidth,
                StreamPool<TModel>.OutputWidth, cancellationToken);
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

    /// <summary>Reads a token each of some streams; a stream that occurs more than once reads its tokens in order.</summary>
    /// <param name="ids">The ids: 1 to 255 bytes of UTF-8 without a null character.</param>
    /// <param name="tokens">[ids, InputWidth]; nobody changes them during the call.</param>
    /// <param name="outputs">[ids, OutputWidth]; written where the result has an output, and NaN where it has none.</param>
    /// <param name="results">What became of the tokens, one each. What is wrong with one token is no matter of the others.</param>
    /// <param name="sequences">Their numbers, each 0 where the sender gives none; empty: none has one.</param>
    /// <param name="cancellationToken">
    /// Tokens that were not read when it is cancelled are <see cref="StepStatus.Canceled"/>; the call ends when all have their results.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A length is wrong, or there are more tokens than <see cref="StreamServiceOptions.MaxPendingTokens"/>.
    /// </exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask StepManyAsync(
        ReadOnlyMemory<string> ids, ReadOnlyMemory<float> tokens, Memory<float> outputs, Memory<StepResult> results,
        ReadOnlyMemory<long> sequences = default, CancellationToken cancellationToken = default)
    {
        if (ids.Length > Options.MaxPendingTokens)
        {
            throw new ArgumentException(
                $"There are {ids.Length} tokens; the service takes at most {Options.MaxPendingTokens} in one call. Send fewer, or set "
                + $"{nameof(StreamServiceOptions.MaxPendingTokens)}.",
                nameof(ids));
        }
        using Activity? activity = PoolMetrics.Activities.StartActivity("AarenGen.Step");
        activity?.SetTag("aarengen.tokens", ids.Length);
        StepCall call = Rent();
        try
        {
            int valid = call.Take(
                ids.Span, tokens, outputs, results, sequences, StreamPool<TModel>.InputWidth, StreamPool<TModel>.OutputWidth,
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

    /// <summary>What is known of a stream; null: it has never read a token, or it was removed.</summary>
    /// <inheritdoc cref="StreamPool{TModel}.FindAsync"/>
    public ValueTask<StreamInfo?> FindAsync(string id, Memory<float> output = default, CancellationToken cancellationToken = default) =>
        PoolOf(id).FindAsync(id, output, cancellationToken);

    /// <summary>
    /// Makes a stream forget what it has read. The numbers of its tokens go on, so that a reset that is sent twice, or a token from before
    /// it that comes late, does no harm.
    /// </summary>
    /// <inheritdoc cref="StreamPool{TModel}.ResetAsync"/>
    public ValueTask<StreamInfo?> ResetAsync(string id, CancellationToken cancellationToken = default) =>
        PoolOf(id).ResetAsync(id, cancellationToken);

    /// <summary>Removes streams whole: their next token is their first.</summary>
    /// <inheritdoc cref="StreamPool{TModel}.RemoveAsync"/>
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

    /// <summary>
    /// The outputs of a stream from now on, as they come, to be read once; it ends with the service, and where the reading ends.
    /// </summary>
    /// <param name="id">The stream's id; it need not have read a token yet.</param>
    /// <param name="capacity">How many outputs wait for a slow reader, who misses the oldest of more; from 1.</param>
    /// <param name="cancellationToken">Ends the watching.</param>
    /// <exception cref="ArgumentException">The id cannot be one, or <paramref name="capacity"/> is below 1.</exception>
    public IAsyncEnumerable<StreamOutput> WatchAsync(string id, int capacity = 64, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        // Outputs count from the call and not from the first read.
        return WatchAsync(watchers.Add(StreamId.Encode(id), capacity), cancellationToken);
    }

    /// <summary>
    /// Steps with other weights: all shards change between two batches, so that no token sees the old ones after another has seen the new.
    /// <see cref="StreamPoolOptions.OnWeightChange"/> says what becomes of states.
    /// </summary>
    /// <remarks>With a store it first writes all changed streams as records; streams wait for the last of it.</remarks>
    /// <param name="model">The model; nobody trains it while the service uses it.</param>
    /// <param name="cancellationToken">Ends the waiting; nothing has changed.</param>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="IOException">The store cannot be written; the service goes on with the weights that it had.</exception>
    public async Task UseModelAsync(TModel model, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        // The fingerprint reads all weights, for which the streams need not wait.
        _ = model.WeightFingerprint;
        await swapping.WaitAsync(cancellationToken).ConfigureAwait(false);
        var swaps = new List<StreamPool<TModel>.Swap>();
        try
        {
            // Most is written beforehand, since the first shards wait for the last.
            await CheckpointAsync(cancellationToken).ConfigureAwait(false);
            foreach (ServiceShard<TModel> shard in shards)
            {
                swaps.Add(await shard.Pool.BeginSwapAsync(cancellationToken).ConfigureAwait(false));
            }
            swaps.ForEach(s => s.Commit(model));
        }
        finally
        {
            foreach (StreamPool<TModel>.Swap swap in swaps)
            {
                await swap.DisposeAsync().ConfigureAwait(false);
            }
            swapping.Release();
        }
    }

    /// <summary>Writes all changed streams to the store, cuts the log, and lets streams that are idle leave memory.</summary>
    /// <remarks>The service does it by itself, as <see cref="StreamServiceOptions.CheckpointInterval"/> says, and when it stops.</remarks>
    /// <param name="cancellationToken">Ends it; what was written stays.</param>
    /// <exception cref="IOException">The store cannot be written. Nothing is lost: the log has all.</exception>
    public async Task CheckpointAsync(CancellationToken cancellationToken = default)
    {
        foreach (ServiceShard<TModel> shard in shards)
        {
            await shard.Pool.CheckpointAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Writes all streams to a file, for a backup or another machine: with checksums, and the fingerprints of declaration and weights. With
    /// a store all of its streams are among them. Streams go on meanwhile, and each is as it was at some moment of the call.
    /// </summary>
    /// <param name="stream">The file, at its position; the caller flushes and disposes it.</param>
    /// <param name="cancellationToken">Ends the writing; the file is not complete then.</param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be written.</exception>
    /// <exception cref="IOException">The file or the store failed.</exception>
    public Task SaveAsync(Stream stream, CancellationToken cancellationToken = default) =>
        StreamSnapshot.SaveAsync(Pools, store, stream, cancellationToken);

    /// <summary>Reads all streams that <see cref="SaveAsync"/> wrote, before the first token. On any error there are none.</summary>
    /// <param name="stream">The file, at its position; the caller disposes it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>How many streams there are.</returns>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be read.</exception>
    /// <exception cref="InvalidOperationException">The service or its store has streams already.</exception>
    /// <exception cref="ModelFileException">The file is damaged, of another declaration, or holds no streams at all.</exception>
    /// <exception cref="IOException">The file or the store failed; or more streams are in the file than fit into memory.</exception>
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
        StreamWatchers.Watcher watcher, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
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
            used |= call.IsValid(i) ? 1UL << shardOf[i] : 0;
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
                    if (shards[i].Fault is null
                        && (pool.LogBytes >= Options.MaxLogBytes || time.GetElapsedTime(last[i]) >= Options.CheckpointInterval))
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

    private StepCall Rent() => calls.TryTake(out StepCall? call) ? call : new();

    private void Return(StepCall call)
    {
        call.Clear();
        calls.Add(call);
    }
}
