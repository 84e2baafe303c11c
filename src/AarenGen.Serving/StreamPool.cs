namespace AarenGen.Serving;

/// <summary>
/// The states of any number of streams of one model, by id, in large arrays: a stream costs its state, its last output, the tokens that
/// <see cref="StreamPoolOptions.HistoryTokens"/> keeps, and at most 64 bytes with an id of up to 20 bytes (16 where each series has
/// statistics of its own); a longer id takes what it is longer. A stream begins with its first token. With a store, a stream that is idle
/// leaves memory and comes back with its next token, and what was acknowledged survives the end of the process.
/// </summary>
/// <remarks>
/// <para><see cref="IStreamService{TModel}"/> says what numbers of tokens mean.</para>
/// <para>Memory: the place of a stream that has left is used for others and not given back, so that a pool keeps the memory of the most
/// streams that it ever had at once. The memory of an id is used again for ids of as many bytes, in steps of four: ids that get longer and
/// longer take more than those that are there.</para>
/// <para>Durability: with a store, a token is in its log before the token is acknowledged; what that survives, the store says.</para>
/// <para>Thread safety: any number of threads may call all members; calls of a pool are done one after the other.
/// <see cref="StreamService{TModel}"/> steps many callers' tokens together, on several processors.</para>
/// <para>Where a batch fails after its tokens are in the log, as where memory is out, <see cref="StepManyAsync"/> throws what happened, and
/// all later calls throw <see cref="IOException"/>: what a store has then is left as it is. Open the pool again.</para>
/// </remarks>
/// <typeparam name="TModel">The model.</typeparam>
public sealed class StreamPool<TModel> : IAsyncDisposable where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private const int RowsPerCopy = 256, RemovalsPerEntry = 1024;

    private readonly IStreamStore? streamStore;
    private readonly PoolStore? store;
    private readonly PoolLocks locks = new();
    private readonly PoolClock clock;
    private readonly StreamRows<TModel> rows;
    private readonly PoolMemory<TModel> memory;
    private readonly PoolSteps<TModel> steps;
    private readonly PoolCheckpoint<TModel> checkpoint;
    private readonly PoolRemoval<TModel> removal;
    private readonly PoolMetrics metrics;
    private readonly bool ownsMetrics;
    private readonly List<PendingToken> direct = [];
    private DirectGroup? spare;

    internal StreamPool(
        TModel model, StreamPoolOptions options, IStreamStore? store, int log, PoolMetrics? metrics, StreamQuota? quota,
        StreamForm<TModel>? form = null, int maxEmptyIntervals = int.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(model);
        options.Check();
        streamStore = store;
        ownsMetrics = metrics is null;
        this.metrics = metrics ??= new(SequenceModel<TModel>.Description.Name, () => Count, () => MemoryBytes);
        Form = form ?? StreamForm<TModel>.Tokens;
        clock = new(options.TimeProvider);
        rows = new(model, options, quota, Form);
        this.store = store is null ? null : new(store, new(store, log, Form.Declaration) { Weights = rows.Weights }, metrics);
        memory = new(rows, this.store, options, clock, metrics);
        steps = new(rows, memory, this.store, locks, clock, metrics, maxEmptyIntervals);
        checkpoint = new(rows, memory, this.store, locks, clock, metrics);
        removal = new(rows, memory, this.store, locks);
    }

    /// <summary>Creates an empty pool that keeps its streams in memory alone.</summary>
    /// <param name="model">The model; nobody trains it while the pool uses it.</param>
    /// <param name="options">How streams are kept; null: the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="ArgumentException">Two options contradict each other.</exception>
    public StreamPool(TModel model, StreamPoolOptions? options = null)
        : this(model, options ?? new(), null, 0, null, QuotaOf(options?.MaxStreams))
    {
    }

    /// <summary>Opens the pool of a store: streams go on where the last acknowledged token left them.</summary>
    /// <param name="model">The model; nobody trains it while the pool uses it.</param>
    /// <param name="store">The store, which is this pool's alone; the caller disposes it after the pool.</param>
    /// <param name="options">How streams are kept; null: the defaults.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> or <paramref name="store"/> is null.</exception>
    /// <exception cref="ArgumentException">Two options contradict each other.</exception>
    /// <exception cref="IOException">The store cannot be read or written.</exception>
    /// <exception cref="ModelFileException">The store belongs to another declaration or version, or what says so is damaged.</exception>
    public static async Task<StreamPool<TModel>> OpenAsync(
        TModel model, IStreamStore store, StreamPoolOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var pool = new StreamPool<TModel>(model, options ?? new(), store, log: 0, metrics: null, quota: null);
        try
        {
            (pool.DamagedStreams, _) = await StreamRecovery.RunAsync([pool], store, static _ => 0, cancellationToken).ConfigureAwait(false);
            return pool;
        }
        catch
        {
            // Its gauges would keep it in memory.
            pool.metrics.Dispose();
            throw;
        }
    }

    /// <summary>The model that steps.</summary>
    public TModel Model => rows.Model;

    /// <summary>Streams in memory.</summary>
    public int Count => rows.Count;

    /// <summary>Bytes of all arrays that hold streams.</summary>
    public long MemoryBytes => rows.MemoryBytes;

    /// <summary>
    /// What the store said when a call failed; null: its last calls to append, to write, to cut the log and to read succeeded.
    /// </summary>
    public Exception? StoreFailure => store?.Failure;

    /// <summary>
    /// Streams that the start has set aside: the log has tokens of theirs, and what the store has of them is damaged. Their tokens are
    /// <see cref="StepStatus.Unavailable"/> until they are removed, or come from a backup.
    /// </summary>
    public IReadOnlyList<string> DamagedStreams { get; private set; } = [];

    /// <summary>Why the pool cannot go on; null: it can.</summary>
    internal Exception? Fault => locks.Fault;

    /// <summary>Bytes of the log since it was last cut.</summary>
    internal long LogBytes => store?.Log.Bytes ?? 0;

    /// <summary>What streams read.</summary>
    internal StreamForm<TModel> Form { get; }

    /// <summary>Bytes of a saved stream.</summary>
    internal int SavedBytes => rows.SavedBytes;

    /// <summary>What pools without a store share.</summary>
    internal static StreamQuota? QuotaOf(int? maxStreams) => maxStreams is { } max ? new(max) : null;

    /// <summary>Reads a token each of some streams; a stream that occurs more than once reads its tokens in order.</summary>
    /// <param name="ids">The ids: 1 to 255 bytes of UTF-8 without a null character.</param>
    /// <param name="tokens">[ids, InputWidth]; nobody changes them during the call.</param>
    /// <param name="outputs">[ids, OutputWidth]; written where the result has an output, and NaN where it has none.</param>
    /// <param name="results">What became of the tokens, one each.</param>
    /// <param name="sequences">Their numbers, each 0 where the sender gives none; empty: none has one.</param>
    /// <param name="cancellationToken">Tokens that were not read when it is cancelled are <see cref="StepStatus.Canceled"/>.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    /// <exception cref="IOException">An earlier batch broke the pool.</exception>
    public async ValueTask StepManyAsync(
        ReadOnlyMemory<string> ids, ReadOnlyMemory<float> tokens, Memory<float> outputs, Memory<StepResult> results,
        ReadOnlyMemory<long> sequences = default, CancellationToken cancellationToken = default)
    {
        DirectGroup group = Interlocked.Exchange(ref spare, null) ?? new();
        group.Receive(ids.Span, tokens, outputs, results, sequences, Form.TokenWidth, Form.OutputWidth, cancellationToken);
        await locks.EnterAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            for (int i = 0; i < group.Count;)
            {
                direct.Clear();
                for (; i < group.Count && direct.Count < PoolSteps<TModel>.MaxTokens; i++)
                {
                    if (group.HasId(i))
                    {
                        direct.Add(new(group, i));
                    }
                }
                await steps.StepAsync(direct, isLogged: true).ConfigureAwait(false);
            }
        }
        finally
        {
            direct.Clear();
            locks.Leave();
        }
        metrics.CountTokens(results.Span);
        group.Clear();
        spare = group;
    }

    /// <inheritdoc cref="IStreamService{TModel}.FindAsync"/>
    public ValueTask<StreamInfo?> FindAsync(string id, Memory<float> output = default, CancellationToken cancellationToken = default)
    {
        if (!output.IsEmpty)
        {
            Arguments.CheckLength(output.Span, Form.OutputWidth, nameof(output));
        }
        return UseRowAsync(
            id,
            row =>
            {
                if (!output.IsEmpty)
                {
                    rows.Output(row).CopyTo(output.Span);
                }
                return ValueTask.CompletedTask;
            },
            cancellationToken);
    }

    /// <inheritdoc cref="IStreamService{TModel}.ResetAsync"/>
    public ValueTask<StreamInfo?> ResetAsync(string id, CancellationToken cancellationToken = default) => UseRowAsync(
        id,
        async row =>
        {
            if (store is not null)
            {
                store.Log.Begin();
                store.Log.AddReset(rows.Id(row), rows[row].Sequence);
                await store.AppendAsync().ConfigureAwait(false);
            }
            ApplyReset(row);
        },
        cancellationToken);

    /// <inheritdoc cref="IStreamService{TModel}.RemoveAsync"/>
    public async ValueTask<int> RemoveAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        string[] different = [.. ids.Distinct()];
        Array.ForEach(different, StreamId.Check);
        int removed = 0;
        foreach (string[] some in different.Chunk(RemovalsPerEntry))
        {
            await locks.EnterAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                removed += await removal.RunAsync(some).ConfigureAwait(false);
            }
            finally
            {
                locks.Leave();
            }
        }
        return removed;
    }

    /// <summary>
    /// Steps with other weights from the next token on; <see cref="StreamPoolOptions.OnWeightChange"/> says what becomes of states.
    /// </summary>
    /// <param name="model">The model; nobody trains it while the pool uses it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    /// <exception cref="IOException">The store cannot be written; the pool goes on with the weights that it had.</exception>
    public async Task UseModelAsync(TModel model, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        // The fingerprint reads all weights, for which the streams need not wait.
        _ = model.WeightFingerprint;
        await using PoolPause<TModel> pause = await PauseAsync(cancellationToken).ConfigureAwait(false);
        // A start reads the log with the weights of then, so that what was in it is saved now.
        pause.Use(model);
    }

    /// <summary>Writes all changed streams to the store, cuts the log, and lets streams that are idle leave memory.</summary>
    /// <param name="cancellationToken">Ends it; what was written stays.</param>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    /// <exception cref="IOException">The store cannot be written. Nothing is lost: the log has all.</exception>
    public async Task CheckpointAsync(CancellationToken cancellationToken = default)
    {
        await locks.EnterWritingAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await checkpoint.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            locks.LeaveWriting();
        }
    }

    /// <summary>
    /// Writes all streams to a file, for a backup or another machine: with checksums, the fingerprint of the declaration, and of each
    /// stream that of the weights that stepped it. With a store all of its streams are among them, but those that are damaged.
    /// Streams go on meanwhile, and each is as it was at some moment of the call.
    /// </summary>
    /// <param name="stream">The file, at its position; the caller flushes and disposes it.</param>
    /// <param name="cancellationToken">Ends the writing; the file is not complete then.</param>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be written.</exception>
    /// <exception cref="ObjectDisposedException">The pool is disposed, or the service has stopped.</exception>
    /// <exception cref="IOException">The file or the store failed.</exception>
    public Task SaveAsync(Stream stream, CancellationToken cancellationToken = default) =>
        StreamSnapshot.SaveAsync([this], streamStore, stream, cancellationToken);

    /// <summary>
    /// Reads all streams that <see cref="SaveAsync"/> wrote, where there are none yet. Tokens that come meanwhile wait. On any error there
    /// are none.
    /// </summary>
    /// <param name="stream">The file, at its position; the caller disposes it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>How many streams there are.</returns>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The pool is disposed, or the service has stopped.</exception>
    /// <exception cref="InvalidOperationException">There are streams already, in memory or in the store; they stay as they are.</exception>
    /// <exception cref="ModelFileException">The file is damaged, of another declaration, or holds no streams at all.</exception>
    /// <exception cref="IOException">
    /// The file or the store failed; or more streams are in the file than fit into memory. Where its message says that streams could not be
    /// taken back, some are in the store: empty it before the next attempt.
    /// </exception>
    public Task<long> LoadAsync(Stream stream, CancellationToken cancellationToken = default) =>
        StreamSnapshot.LoadAsync([this], streamStore, static _ => 0, stream, cancellationToken);

    /// <summary>Writes all changed streams to the store, which keeps no log then. The pool does nothing any more.</summary>
    /// <exception cref="IOException">The store cannot be written. Nothing is lost: the log has all.</exception>
    public async ValueTask DisposeAsync()
    {
        await locks.EnterWritingAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (locks.IsDisposed || locks.Fault is not null)
            {
                return;
            }
            await checkpoint.RunAsync(CancellationToken.None).ConfigureAwait(false);
            await locks.EnterAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                await checkpoint.WriteChangedAsync(CancellationToken.None).ConfigureAwait(false);
                locks.IsDisposed = true;
            }
            finally
            {
                locks.Leave();
            }
        }
        finally
        {
            locks.IsDisposed = true;
            locks.LeaveWriting();
            if (ownsMetrics)
            {
                metrics.Dispose();
            }
        }
    }

    /// <summary>Steps tokens of groups, which get their results.</summary>
    internal async ValueTask StepAsync(List<PendingToken> tokens, bool isLogged = true)
    {
        // It has a thread for that, or is alone: so that a store which blocks does not take one of those that serve callers.
        locks.Enter();
        try
        {
            await steps.StepAsync(tokens, isLogged).ConfigureAwait(false);
        }
        finally
        {
            locks.Leave();
        }
    }

    /// <summary>Stops the streams between two batches, with all of them saved, until the result is disposed.</summary>
    /// <exception cref="IOException">The store cannot be written; the pool goes on.</exception>
    internal ValueTask<PoolPause<TModel>> PauseAsync(CancellationToken cancellationToken) =>
        PoolPause<TModel>.BeginAsync(rows, checkpoint, store, locks, clock, cancellationToken);

    /// <summary>Copies some rows as a store keeps them.</summary>
    /// <returns>The first row that was not looked at; -1: there are no more.</returns>
    internal async ValueTask<int> CopyAsync(int row, List<SavedStreamData> streams)
    {
        await locks.EnterAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            for (int end = Math.Min(rows.Capacity, row + RowsPerCopy); row < end; row++)
            {
                if (rows[row].IdLength > 0)
                {
                    streams.Add(memory.SavedOf(row));
                }
            }
            return row < rows.Capacity ? row : -1;
        }
        finally
        {
            locks.Leave();
        }
    }

    /// <summary>Does a reset that is in the log, where the stream has not read further since.</summary>
    internal ValueTask<StreamInfo?> ReplayResetAsync(string id, long sequence) => UseRowAsync(
        id,
        row =>
        {
            if (rows[row].Sequence == sequence)
            {
                ApplyReset(row);
            }
            return ValueTask.CompletedTask;
        },
        CancellationToken.None);

    /// <summary>
    /// Does a removal that is in the log, whatever the stream has read: what came after the removal is behind it in the log, too, and is
    /// read again.
    /// </summary>
    internal async ValueTask ReplayRemovalAsync(byte[] id)
    {
        await locks.EnterAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            await removal.ReplayAsync(id).ConfigureAwait(false);
        }
        finally
        {
            locks.Leave();
        }
    }

    /// <summary>Does something with the row of a stream, which comes into memory for it.</summary>
    private async ValueTask<StreamInfo?> UseRowAsync(string id, Func<int, ValueTask> use, CancellationToken cancellationToken)
    {
        StreamId.Check(id);
        await locks.EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            int row = await memory.FindAsync(id).ConfigureAwait(false);
            if (row < 0)
            {
                return null;
            }
            await use(row).ConfigureAwait(false);
            return rows.Info(row);
        }
        finally
        {
            locks.Leave();
        }
    }

    private void ApplyReset(int row)
    {
        rows.Reset(row);
        rows[row].Flags |= RowFlags.IsChanged;
        rows[row].LastUsed = clock.Now;
    }
}
