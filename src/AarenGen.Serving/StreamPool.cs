using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AarenGen.Serving;

/// <summary>
/// The states of any number of streams of one model, by id, in large arrays: a stream costs its state, its last output and at most 64
/// bytes. A stream begins with its first token. With a store, a stream that is idle leaves memory and comes back with its next token, and
/// what was acknowledged survives the end of the process.
/// </summary>
/// <remarks>
/// <para>Tokens have numbers: the first of a stream is 1. A sender that numbers its tokens may send one again after a failure: the token is
/// read once, and both sendings get the same output. A sender that gives no number, 0, has its tokens read as they come.</para>
/// <para>Durability: with a store, a token is in its log before the token is acknowledged; what that survives, the store says.</para>
/// <para>Thread safety: any number of threads may call all members; calls of a pool are done one after the other.
/// <see cref="StreamService{TModel}"/> steps many callers' tokens together, on several processors.</para>
/// <para>After an exception that no member documents, as of a store that breaks its contract, or where memory is out, all calls throw
/// <see cref="InvalidOperationException"/>: what a store has then is left as it is. Open the pool again.</para>
/// </remarks>
/// <typeparam name="TModel">The model.</typeparam>
public sealed class StreamPool<TModel> : IAsyncDisposable where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private const int RecordsPerWrite = 256, RowsPerLook = 1 << 12, MaxTokensPerBatch = 1 << 15;

    /// <summary>Streams that leave memory together: a store writes many records in little more time than one.</summary>
    private const int StreamsPerEviction = 256;

    private readonly StreamPoolOptions options;
    private readonly IStreamStore? store;
    private readonly StreamLog? log;
    private readonly Func<ValueTask>? append;
    private readonly StreamRows<TModel> rows;
    private readonly StepBatch<TModel> batch;
    private readonly PoolMetrics metrics;
    private readonly bool ownsMetrics;
    private readonly long started;

    /// <summary>Held by whoever uses the rows.</summary>
    private readonly SemaphoreSlim gate = new(1);

    /// <summary>Held by whoever writes records of streams that stay in memory, before the gate.</summary>
    private readonly SemaphoreSlim writing = new(1);

    private readonly List<PendingToken> direct = [];
    private readonly List<int> missing = [];
    private int[] rowOf = [];
    private DirectGroup? spare;
    private int hand;
    private bool isDisposed;
    private Exception? fault;

    internal StreamPool(TModel model, StreamPoolOptions options, IStreamStore? store, int log, PoolMetrics? metrics)
    {
        ArgumentNullException.ThrowIfNull(model);
        options.Check();
        (this.options, this.store) = (options, store);
        this.log = store is null ? null : new(store, log, StreamRows<TModel>.Declaration);
        append = this.log is null ? null : this.log.AppendAsync;
        rows = new(model, options);
        batch = new(rows);
        ownsMetrics = metrics is null;
        this.metrics = metrics ?? new(SequenceModel<TModel>.Description.Name, () => Count, () => MemoryBytes);
        started = options.TimeProvider.GetTimestamp();
    }

    /// <summary>Creates an empty pool that keeps its streams in memory alone.</summary>
    /// <param name="model">The model; nobody trains it while the pool uses it.</param>
    /// <param name="options">How streams are kept; null: the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="ArgumentException">Two options contradict each other.</exception>
    public StreamPool(TModel model, StreamPoolOptions? options = null) : this(model, options ?? new(), null, 0, null)
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
    /// <exception cref="ModelFileException">The store belongs to another declaration, or is damaged.</exception>
    public static async Task<StreamPool<TModel>> OpenAsync(
        TModel model, IStreamStore store, StreamPoolOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var pool = new StreamPool<TModel>(model, options ?? new(), store, log: 0, metrics: null);
        try
        {
            await StreamRecovery.RunAsync([pool], store, static _ => 0, cancellationToken).ConfigureAwait(false);
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

    /// <summary>What the store said when it failed; null: its last call succeeded.</summary>
    public Exception? StoreFailure { get; private set; }

    /// <summary>Bytes of the log since it was last cut.</summary>
    internal long LogBytes => log?.Bytes ?? 0;

    internal static int InputWidth => SequenceModel<TModel>.Description.InputWidth;

    internal static int OutputWidth => SequenceModel<TModel>.Description.OutputWidth;

    private uint Now => (uint)options.TimeProvider.GetElapsedTime(started).TotalSeconds;

    /// <summary>Reads a token each of some streams; a stream that occurs more than once reads its tokens in order.</summary>
    /// <param name="ids">The ids: 1 to 255 bytes of UTF-8 without a null character.</param>
    /// <param name="tokens">[ids, InputWidth]; nobody changes them during the call.</param>
    /// <param name="outputs">[ids, OutputWidth]; written where the result has an output, and NaN where it has none.</param>
    /// <param name="results">What became of the tokens, one each.</param>
    /// <param name="sequences">Their numbers, each 0 where the sender gives none; empty: none has one.</param>
    /// <param name="cancellationToken">Tokens that were not read when it is cancelled are <see cref="StepStatus.Canceled"/>.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public async ValueTask StepManyAsync(
        ReadOnlyMemory<string> ids, ReadOnlyMemory<float> tokens, Memory<float> outputs, Memory<StepResult> results,
        ReadOnlyMemory<long> sequences = default, CancellationToken cancellationToken = default)
    {
        DirectGroup group = Interlocked.Exchange(ref spare, null) ?? new();
        group.Take(ids.Span, tokens, outputs, results, sequences, InputWidth, OutputWidth, cancellationToken);
        await EnterAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            for (int i = 0; i < group.Count;)
            {
                direct.Clear();
                for (; i < group.Count && direct.Count < MaxTokensPerBatch; i++)
                {
                    if (group.IsValid(i))
                    {
                        direct.Add(new(group, i));
                    }
                }
                await StepHeldAsync(direct, isLogged: true).ConfigureAwait(false);
            }
        }
        finally
        {
            direct.Clear();
            gate.Release();
        }
        metrics.CountTokens(results.Span);
        group.Clear();
        spare = group;
    }

    /// <summary>What is known of a stream; null: it has never read a token, or it was removed.</summary>
    /// <param name="id">The id.</param>
    /// <param name="output">OutputWidth numbers, overwritten by the output of its last token; or empty.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ArgumentException">The id cannot be one, or <paramref name="output"/> has another length.</exception>
    /// <exception cref="IOException">The store cannot be read.</exception>
    /// <exception cref="ModelFileException">The stream's record is damaged, or of another declaration.</exception>
    public ValueTask<StreamInfo?> FindAsync(string id, Memory<float> output = default, CancellationToken cancellationToken = default)
    {
        if (!output.IsEmpty)
        {
            Arguments.CheckLength(output.Span, OutputWidth, nameof(output));
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

    /// <summary>
    /// Makes a stream forget what it has read. The numbers of its tokens go on, so that a reset that is sent twice, or a token from before
    /// it that comes late, does no harm.
    /// </summary>
    /// <param name="id">The id.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The stream after it; null: it has never read a token, or it was removed.</returns>
    /// <exception cref="ArgumentException">The id cannot be one.</exception>
    /// <exception cref="IOException">The store failed; the stream is as it was.</exception>
    /// <exception cref="ModelFileException">The stream's record is damaged, or of another declaration.</exception>
    public ValueTask<StreamInfo?> ResetAsync(string id, CancellationToken cancellationToken = default) => UseRowAsync(
        id,
        async row =>
        {
            if (log is not null)
            {
                log.Begin();
                log.AddReset(rows.Id(row), rows[row].Sequence);
                await AppendAsync().ConfigureAwait(false);
            }
            ApplyReset(row);
        },
        cancellationToken);

    /// <summary>Removes streams whole: their next token is their first.</summary>
    /// <remarks>With a store it first writes all changed streams as records, since the log knows nothing of removals.</remarks>
    /// <param name="ids">The ids.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>How many of them there were.</returns>
    /// <exception cref="ArgumentException">An id cannot be one.</exception>
    /// <exception cref="IOException">The store failed; some of the streams may be removed.</exception>
    public async ValueTask<int> RemoveAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        byte[][] encoded = [.. ids.Distinct().Select(StreamId.Encode)];
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (store is not null)
            {
                await CheckpointHeldAsync(cancellationToken).ConfigureAwait(false);
            }
            await EnterAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await RemoveHeldAsync(encoded).ConfigureAwait(false);
            }
            finally
            {
                gate.Release();
            }
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>
    /// Steps with other weights from the next token on; <see cref="StreamPoolOptions.OnWeightChange"/> says what becomes of states.
    /// </summary>
    /// <param name="model">The model; nobody trains it while the pool uses it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ArgumentNullException"><paramref name="model"/> is null.</exception>
    /// <exception cref="IOException">The store cannot be written; the pool goes on with the weights that it had.</exception>
    public async Task UseModelAsync(TModel model, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        // The fingerprint reads all weights, for which the streams need not wait.
        _ = model.WeightFingerprint;
        await using var swap = await BeginSwapAsync(cancellationToken).ConfigureAwait(false);
        swap.Commit(model);
    }

    /// <summary>Writes all changed streams to the store, cuts the log, and lets streams that are idle leave memory.</summary>
    /// <param name="cancellationToken">Ends it; what was written stays.</param>
    /// <exception cref="IOException">The store cannot be written. Nothing is lost: the log has all.</exception>
    public async Task CheckpointAsync(CancellationToken cancellationToken = default)
    {
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await CheckpointHeldAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            writing.Release();
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
        StreamSnapshot.SaveAsync([this], store, stream, cancellationToken);

    /// <summary>Reads all streams that <see cref="SaveAsync"/> wrote, before the first token. On any error there are none.</summary>
    /// <param name="stream">The file, at its position; the caller disposes it.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>How many streams there are.</returns>
    /// <exception cref="ArgumentException"><paramref name="stream"/> is null or cannot be read.</exception>
    /// <exception cref="InvalidOperationException">The pool or its store has streams already.</exception>
    /// <exception cref="ModelFileException">The file is damaged, of another declaration, or holds no streams at all.</exception>
    /// <exception cref="IOException">The file or the store failed; or more streams are in the file than fit into memory.</exception>
    public Task<long> LoadAsync(Stream stream, CancellationToken cancellationToken = default) =>
        StreamSnapshot.LoadAsync([this], store, static _ => 0, stream, cancellationToken);

    /// <summary>Writes all changed streams to the store, which keeps no log then. The pool does nothing any more.</summary>
    /// <exception cref="IOException">The store cannot be written. Nothing is lost: the log has all.</exception>
    public async ValueTask DisposeAsync()
    {
        await writing.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            if (isDisposed || fault is not null)
            {
                return;
            }
            await CheckpointHeldAsync(CancellationToken.None).ConfigureAwait(false);
            await EnterAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                await WriteChangedHeldAsync(CancellationToken.None).ConfigureAwait(false);
                isDisposed = true;
            }
            finally
            {
                gate.Release();
            }
        }
        finally
        {
            isDisposed = true;
            writing.Release();
            if (ownsMetrics)
            {
                metrics.Dispose();
            }
        }
    }

    /// <summary>Steps tokens of groups, which get their results.</summary>
    internal async ValueTask StepAsync(List<PendingToken> tokens, bool isLogged = true)
    {
        await EnterAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            await StepHeldAsync(tokens, isLogged).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Stops the streams between two batches, with all of them in records, until the result is disposed.</summary>
    /// <exception cref="IOException">The store cannot be written; the pool goes on.</exception>
    internal async ValueTask<Swap> BeginSwapAsync(CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        var swap = new Swap(this);
        try
        {
            // A start reads the log with the weights of then, so that what is in it now must be in records. Most is written beforehand.
            await CheckpointHeldAsync(cancellationToken).ConfigureAwait(false);
            await EnterAsync(cancellationToken).ConfigureAwait(false);
            swap.HasGate = true;
            await WriteChangedHeldAsync(cancellationToken).ConfigureAwait(false);
            return swap;
        }
        catch
        {
            await swap.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A pool whose streams stand still for other weights.</summary>
    internal sealed class Swap(StreamPool<TModel> pool) : IAsyncDisposable
    {
        public bool HasGate { get; set; }

        public void Commit(TModel model) => pool.rows.Use(model);

        public ValueTask DisposeAsync()
        {
            if (HasGate)
            {
                pool.gate.Release();
            }
            pool.writing.Release();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Adds streams that are not there, in memory or, where there is one, in the store.</summary>
    /// <exception cref="ModelFileException">A record is damaged, or of another declaration.</exception>
    /// <exception cref="IOException">The store cannot be written, or the streams do not fit into memory.</exception>
    internal async ValueTask AddAsync(IReadOnlyList<StoredRecord> records, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            foreach ((string id, ReadOnlyMemory<byte> data) in records)
            {
                byte[] encoded = StreamId.Encode(id);
                if (Count >= (options.MaxStreams ?? int.MaxValue))
                {
                    throw new IOException(
                        $"There are more streams than the {options.MaxStreams} that may be in memory; allow more, or use a store.");
                }
                ulong hash = StreamTable.HashOf(encoded);
                if (rows.Find(encoded, hash) >= 0)
                {
                    throw new ModelFileException($"Stream '{id}' is there twice; use another file.");
                }
                int row = rows.Add(encoded, hash);
                try
                {
                    rows.Load(row, data.Span);
                    rows[row].LastUsed = Now;
                }
                catch
                {
                    rows.Remove(row);
                    throw;
                }
                if (store is not null)
                {
                    // The record was sound; its stream comes back with its next token.
                    rows.Remove(row);
                }
            }
            if (store is not null && records.Count > 0)
            {
                await CallStoreAsync(() => store.WriteAsync(records, CancellationToken.None)).ConfigureAwait(false);
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Copies the records of some rows.</summary>
    /// <returns>The first row that was not looked at; -1: there are no more.</returns>
    internal async ValueTask<int> CopyAsync(int row, List<StoredRecord> records)
    {
        await EnterAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            for (int end = Math.Min(rows.Capacity, row + RecordsPerWrite); row < end; row++)
            {
                if (rows[row].IdLength > 0)
                {
                    records.Add(RecordOf(row));
                }
            }
            return row < rows.Capacity ? row : -1;
        }
        finally
        {
            gate.Release();
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

    /// <summary>Waits for the rows.</summary>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    /// <exception cref="IOException">An earlier batch broke the pool, whose rows must not reach the store.</exception>
    private async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!isDisposed && fault is null)
        {
            return;
        }
        gate.Release();
        ObjectDisposedException.ThrowIf(isDisposed, this);
        throw new IOException("An earlier batch broke the pool; open it again: " + fault!.Message, fault);
    }

    private async ValueTask StepHeldAsync(List<PendingToken> tokens, bool isLogged)
    {
        if (tokens.Count == 0)
        {
            return;
        }
        if (rowOf.Length < tokens.Count)
        {
            rowOf = new int[tokens.Count];
        }
        batch.Begin(tokens.Count, Now);
        try
        {
            if (!FindRows(CollectionsMarshal.AsSpan(tokens)))
            {
                await FindMissingAsync(tokens).ConfigureAwait(false);
            }
            AddToBatch(CollectionsMarshal.AsSpan(tokens));
            if (log is not null && isLogged && batch.AcceptedCount > 0)
            {
                AddToLog(log);
                try
                {
                    await AppendAsync().ConfigureAwait(false);
                }
                catch (IOException error)
                {
                    batch.Fail(StepStatus.Unavailable, "The token could not be written to the store: " + error.Message);
                    return;
                }
            }
            batch.Step();
        }
        catch (Exception error)
        {
            // The log may say more than memory knows.
            fault = error;
            throw;
        }
        finally
        {
            batch.End();
        }
        metrics.BatchTokens.Record(tokens.Count);
    }

    private void AddToBatch(ReadOnlySpan<PendingToken> tokens)
    {
        for (int i = 0; i < tokens.Length; i++)
        {
            if (rowOf[i] >= 0)
            {
                batch.Add(tokens[i], rowOf[i]);
            }
        }
    }

    private void AddToLog(StreamLog log)
    {
        log.Begin();
        for (int i = 0; i < batch.AcceptedCount; i++)
        {
            (int row, long sequence) = batch.Place(i);
            log.AddToken(rows.Id(row), sequence, batch.Token(i));
        }
    }

    /// <summary>Finds the rows of tokens; false: some streams are not in memory.</summary>
    private bool FindRows(ReadOnlySpan<PendingToken> tokens)
    {
        missing.Clear();
        for (int i = 0; i < tokens.Length; i++)
        {
            rowOf[i] = rows.Find(tokens[i].Id, tokens[i].Hash);
            if (rowOf[i] >= 0)
            {
                batch.Pin(rowOf[i]);
            }
            else
            {
                missing.Add(i);
            }
        }
        return missing.Count == 0;
    }

    /// <summary>Brings the streams of other tokens into memory; tokens of those that cannot come get their results.</summary>
    private async ValueTask FindMissingAsync(List<PendingToken> tokens)
    {
        string? failure = null;
        Dictionary<string, string>? damaged = null;
        if (store is not null)
        {
            string[] ids = [.. missing.Select(i => tokens[i].Group.IdText(tokens[i].Index)).Distinct()];
            try
            {
                await MakeRoomAsync(ids.Length).ConfigureAwait(false);
                damaged = await LoadAsync(ids).ConfigureAwait(false);
            }
            catch (IOException error)
            {
                failure = "The stream could not be read from the store, or another one could not make room for it: " + error.Message;
            }
        }
        foreach (int i in missing)
        {
            PendingToken token = tokens[i];
            int row = rows.Find(token.Id, token.Hash);
            if (row < 0)
            {
                string? refused = failure ?? damaged?.GetValueOrDefault(token.Group.IdText(token.Index))
                    ?? (store is null && Count >= (options.MaxStreams ?? int.MaxValue)
                        ? $"The pool has its {options.MaxStreams} streams in memory; allow more of them, remove some, or use a store."
                        : null);
                if (refused is not null)
                {
                    token.Set(StepStatus.Unavailable, 0, refused);
                    continue;
                }
                row = rows.Add(token.Id, token.Hash);
            }
            batch.Pin(row);
            rowOf[i] = row;
        }
    }

    /// <summary>Brings streams of the store into memory, in which they are not.</summary>
    /// <returns>What is wrong with the records of those that cannot be read; null: nothing.</returns>
    /// <exception cref="IOException">The store cannot be read.</exception>
    private async ValueTask<Dictionary<string, string>?> LoadAsync(string[] ids)
    {
        Dictionary<string, string>? damaged = null;
        int loaded = 0;
        uint now = Now;
        await CallStoreAsync(() => store!.ReadAsync(
            ids,
            (index, data) =>
            {
                byte[] id = StreamId.Encode(ids[index]);
                int row = rows.Add(id, StreamTable.HashOf(id));
                try
                {
                    rows.Load(row, data);
                    rows[row].LastUsed = now;
                    loaded++;
                }
                catch (ModelFileException error)
                {
                    rows.Remove(row);
                    (damaged ??= [])[ids[index]] = error.Message;
                }
            },
            CancellationToken.None)).ConfigureAwait(false);
        metrics.Loads.Add(loaded);
        return damaged;
    }

    /// <summary>Lets streams that were not used lately leave memory, so that others fit, as far as that is possible.</summary>
    /// <exception cref="IOException">The store cannot be written.</exception>
    private async ValueTask MakeRoomAsync(int streams)
    {
        if (options.MaxStreams is not { } most || Count + (long)streams <= most)
        {
            return;
        }
        int leaving = (int)Math.Min(Count, Math.Max(Count + (long)streams - most, Math.Min(StreamsPerEviction, most / 8)));
        var changed = new List<int>();
        // The hand passes each row twice at most: at the first pass it takes the mark of those that were used lately.
        for (int passed = 0; passed < 2 * rows.Capacity && leaving > 0; passed++)
        {
            hand = hand + 1 < rows.Capacity ? hand + 1 : 0;
            ref StreamRow row = ref rows[hand];
            if (row.IdLength == 0 || row.View != 0 || (row.Flags & RowFlags.IsWriting) != 0)
            {
                continue;
            }
            if ((row.Flags & RowFlags.IsRecent) != 0)
            {
                row.Flags &= ~RowFlags.IsRecent;
            }
            else if ((row.Flags & RowFlags.IsChanged) != 0)
            {
                // It is written and leaves below, or stays as it is.
                row.Flags |= RowFlags.IsWriting;
                changed.Add(hand);
                leaving--;
            }
            else
            {
                Evict(hand);
                leaving--;
            }
        }
        if (changed.Count == 0)
        {
            return;
        }
        try
        {
            StoredRecord[] records = [.. changed.Select(RecordOf)];
            await CallStoreAsync(() => store!.WriteAsync(records, CancellationToken.None)).ConfigureAwait(false);
            changed.ForEach(Evict);
        }
        catch
        {
            changed.ForEach(row => rows[row].Flags &= ~RowFlags.IsWriting);
            throw;
        }
    }

    private void Evict(int row)
    {
        rows.Remove(row);
        metrics.Evictions.Add(1);
    }

    private StoredRecord RecordOf(int row) => new(StreamId.Decode(rows.Id(row)), rows.Record(row));

    /// <summary>Does something with the row of a stream, which comes into memory for it.</summary>
    private async ValueTask<StreamInfo?> UseRowAsync(string id, Func<int, ValueTask> use, CancellationToken cancellationToken)
    {
        byte[] encoded = StreamId.Encode(id);
        ulong hash = StreamTable.HashOf(encoded);
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            int row = rows.Find(encoded, hash);
            if (row < 0 && store is not null)
            {
                await MakeRoomAsync(1).ConfigureAwait(false);
                if (await LoadAsync([id]).ConfigureAwait(false) is { } damaged)
                {
                    throw new ModelFileException(damaged[id]);
                }
                row = rows.Find(encoded, hash);
            }
            if (row < 0)
            {
                return null;
            }
            await use(row).ConfigureAwait(false);
            return rows.Info(row);
        }
        finally
        {
            gate.Release();
        }
    }

    private void ApplyReset(int row)
    {
        rows.Reset(row);
        rows[row].Flags |= RowFlags.IsChanged;
        rows[row].LastUsed = Now;
    }

    private async ValueTask<int> RemoveHeldAsync(byte[][] ids)
    {
        int removed = 0;
        if (store is not null)
        {
            await WriteChangedHeldAsync(CancellationToken.None).ConfigureAwait(false);
            string[] names = [.. ids.Select(static id => StreamId.Decode(id))];
            StoredRecord[] records = [.. names.Select(static n => new StoredRecord(n, default))];
            await CallStoreAsync(() => store.ReadAsync(names, (_, _) => removed++, CancellationToken.None)).ConfigureAwait(false);
            // They leave memory first: where the writing fails, the store alone says whether they are there.
            RemoveRows(ids);
            await CallStoreAsync(() => store.WriteAsync(records, CancellationToken.None)).ConfigureAwait(false);
            return removed;
        }
        return RemoveRows(ids);
    }

    private int RemoveRows(byte[][] ids)
    {
        int removed = 0;
        foreach (byte[] id in ids)
        {
            int row = rows.Find(id, StreamTable.HashOf(id));
            if (row >= 0)
            {
                rows.Remove(row);
                removed++;
            }
        }
        return removed;
    }

    /// <summary>Writes all that has changed while streams go on, and cuts the log. The caller holds <see cref="writing"/>.</summary>
    private async ValueTask CheckpointHeldAsync(CancellationToken cancellationToken)
    {
        if (log is null)
        {
            return;
        }
        using Activity? activity = PoolMetrics.Activities.StartActivity("AarenGen.Checkpoint");
        long begin = Stopwatch.GetTimestamp(), position, bytes;
        await EnterAsync(cancellationToken).ConfigureAwait(false);
        (position, bytes) = (log.LastPosition, log.Bytes);
        gate.Release();
        var chunk = new List<int>();
        var records = new List<StoredRecord>();
        for (int row = 0; row < rows.Capacity;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await EnterAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                row = TakeChanged(row, chunk, records);
            }
            finally
            {
                gate.Release();
            }
            await WriteTakenAsync(chunk, records).ConfigureAwait(false);
        }
        await EnterAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            await CallStoreAsync(() => log.TruncateAsync(position, bytes)).ConfigureAwait(false);
            // A batch may have brought more streams than fit, and all may be known since.
            await MakeRoomAsync(0).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
        metrics.CheckpointDuration.Record(Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }

    /// <summary>Writes taken records while streams go on; where that fails, their rows are changed again.</summary>
    private async ValueTask WriteTakenAsync(List<int> chunk, List<StoredRecord> records)
    {
        if (chunk.Count == 0)
        {
            return;
        }
        bool isWritten = false;
        try
        {
            await CallStoreAsync(() => store!.WriteAsync(records, CancellationToken.None)).ConfigureAwait(false);
            isWritten = true;
        }
        finally
        {
            await gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            uint now = Now;
            foreach (int row in chunk)
            {
                rows[row].Flags = (rows[row].Flags & ~RowFlags.IsWriting) | (isWritten ? RowFlags.None : RowFlags.IsChanged);
                EvictIdle(row, now);
            }
            gate.Release();
        }
    }

    /// <summary>Copies the records of some changed rows, which are not changed any more; lets rows that are idle leave.</summary>
    /// <returns>The first row that was not looked at.</returns>
    private int TakeChanged(int row, List<int> chunk, List<StoredRecord> records)
    {
        chunk.Clear();
        records.Clear();
        uint now = Now;
        int end = Math.Min(rows.Capacity, row + RowsPerLook);
        for (; row < end && chunk.Count < RecordsPerWrite; row++)
        {
            ref StreamRow looked = ref rows[row];
            if (looked.IdLength == 0)
            {
                continue;
            }
            if ((looked.Flags & RowFlags.IsChanged) == 0)
            {
                EvictIdle(row, now);
                continue;
            }
            records.Add(RecordOf(row));
            chunk.Add(row);
        }
        // Not before all are copied: a row that is taken for written is not looked at again.
        foreach (int taken in chunk)
        {
            ref StreamRow written = ref rows[taken];
            written.Flags = (written.Flags & ~RowFlags.IsChanged) | RowFlags.IsWriting;
        }
        return row;
    }

    private void EvictIdle(int row, uint now)
    {
        ref StreamRow idle = ref rows[row];
        if (idle.Flags is RowFlags.None or RowFlags.IsRecent && options.IdleTime is { } time
            && now - (double)idle.LastUsed >= time.TotalSeconds)
        {
            Evict(row);
        }
    }

    /// <summary>Writes all that has changed while streams wait, and empties the log. The caller holds both locks.</summary>
    private async ValueTask WriteChangedHeldAsync(CancellationToken cancellationToken)
    {
        if (log is null)
        {
            return;
        }
        var changed = new List<int>();
        for (int row = 0; row < rows.Capacity; row++)
        {
            if (rows[row].IdLength > 0 && (rows[row].Flags & RowFlags.IsChanged) != 0)
            {
                changed.Add(row);
            }
        }
        foreach (int[] chunk in changed.Chunk(RecordsPerWrite))
        {
            cancellationToken.ThrowIfCancellationRequested();
            StoredRecord[] records = [.. chunk.Select(RecordOf)];
            await CallStoreAsync(() => store!.WriteAsync(records, CancellationToken.None)).ConfigureAwait(false);
            foreach (int row in chunk)
            {
                rows[row].Flags &= ~RowFlags.IsChanged;
            }
        }
        await CallStoreAsync(log.ClearAsync).ConfigureAwait(false);
    }

    private async ValueTask AppendAsync()
    {
        long begin = Stopwatch.GetTimestamp();
        await CallStoreAsync(append!).ConfigureAwait(false);
        metrics.AppendDuration.Record(Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }

    private async ValueTask CallStoreAsync(Func<ValueTask> call)
    {
        try
        {
            await call().ConfigureAwait(false);
            StoreFailure = null;
        }
        catch (IOException error)
        {
            StoreFailure = error;
            metrics.StoreFailures.Add(1);
            throw;
        }
    }
}
