namespace AarenGen.Serving;

/// <summary>
/// A pool whose streams stand still between two batches, all of them saved and none in the log, until it is disposed.
/// </summary>
internal sealed class PoolPause<TModel> : IAsyncDisposable where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly StreamRows<TModel> rows;
    private readonly PoolStore? store;
    private readonly PoolLocks locks;
    private readonly PoolClock clock;
    private bool hasGate;

    private PoolPause(StreamRows<TModel> rows, PoolStore? store, PoolLocks locks, PoolClock clock) =>
        (this.rows, this.store, this.locks, this.clock) = (rows, store, locks, clock);

    /// <exception cref="IOException">The store cannot be written; the pool goes on.</exception>
    public static async ValueTask<PoolPause<TModel>> BeginAsync(
        StreamRows<TModel> rows, PoolCheckpoint<TModel> checkpoint, PoolStore? store, PoolLocks locks, PoolClock clock,
        CancellationToken cancellationToken)
    {
        await locks.EnterWritingAsync(cancellationToken).ConfigureAwait(false);
        var pause = new PoolPause<TModel>(rows, store, locks, clock);
        try
        {
            // Most is written while streams go on.
            await checkpoint.RunAsync(cancellationToken).ConfigureAwait(false);
            await locks.EnterAsync(cancellationToken).ConfigureAwait(false);
            pause.hasGate = true;
            await checkpoint.WriteChangedAsync(cancellationToken).ConfigureAwait(false);
            return pause;
        }
        catch
        {
            await pause.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Steps with other weights from now on.</summary>
    public void Use(TModel model)
    {
        rows.Use(model);
        if (store is not null)
        {
            store.Log.Weights = rows.Weights;
        }
    }

    /// <summary>Adds streams, in memory or, where there is one, in the store; of several of one id the last counts.</summary>
    /// <exception cref="ModelFileException">A stream is damaged, or of another declaration.</exception>
    /// <exception cref="IOException">The store cannot be written, or the streams do not fit into memory.</exception>
    public async ValueTask AddAsync(IReadOnlyList<SavedStreamData> streams)
    {
        foreach ((string id, ReadOnlyMemory<byte> data) in streams)
        {
            byte[] encoded = StreamId.Encode(id);
            ulong hash = StreamTable.HashOf(encoded);
            int row = rows.Find(encoded, hash);
            if (row < 0)
            {
                row = rows.TryAdd(encoded, hash);
            }
            if (row < 0)
            {
                throw new IOException($"There are more streams than the {rows.Quota} that may be in memory; allow more, or use a store.");
            }
            try
            {
                rows.Load(row, data.Span);
                rows[row].LastUsed = clock.Now;
            }
            catch
            {
                rows.Remove(row);
                throw;
            }
            if (store is not null)
            {
                // The saved stream was sound; its stream comes back with its next token.
                rows.Remove(row);
            }
        }
        if (store is not null && streams.Count > 0)
        {
            await store.WriteAsync(streams).ConfigureAwait(false);
        }
    }

    /// <summary>Takes back streams that were added.</summary>
    /// <exception cref="IOException">The store cannot be written.</exception>
    public async ValueTask ForgetAsync(IReadOnlyList<string> ids)
    {
        foreach (string id in ids)
        {
            byte[] encoded = StreamId.Encode(id);
            int row = rows.Find(encoded, StreamTable.HashOf(encoded));
            if (row >= 0)
            {
                rows.Remove(row);
            }
        }
        if (store is not null)
        {
            await store.WriteAsync([.. ids.Select(static id => new SavedStreamData(id, default))]).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync()
    {
        if (hasGate)
        {
            locks.Leave();
        }
        locks.LeaveWriting();
        return ValueTask.CompletedTask;
    }
}
