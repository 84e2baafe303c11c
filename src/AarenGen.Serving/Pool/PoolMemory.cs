namespace AarenGen.Serving;

/// <summary>
/// Which streams of a pool are in memory: brings them from the store, and lets them leave for it. Used with the gate held.
/// </summary>
internal sealed class PoolMemory<TModel>(
    StreamRows<TModel> rows, PoolStore? store, StreamPoolOptions options, PoolClock clock, PoolMetrics metrics)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>Streams that leave memory together: a store writes many in little more time than one.</summary>
    private const int StreamsPerEviction = 256;

    private int hand;

    /// <summary>The row of a stream, which comes into memory for it; -1: there is none.</summary>
    /// <exception cref="IOException">The store failed.</exception>
    /// <exception cref="ModelFileException">The saved stream is damaged, or of another declaration.</exception>
    public async ValueTask<int> FindAsync(string id)
    {
        byte[] encoded = StreamId.Encode(id);
        ulong hash = StreamTable.HashOf(encoded);
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
        return row >= 0 && (rows[row].Flags & RowFlags.IsRemoved) != 0 ? -1 : row;
    }

    /// <summary>Brings streams of the store into memory, in which they are not.</summary>
    /// <returns>What is wrong with those that cannot be read; null: nothing.</returns>
    /// <exception cref="IOException">The store cannot be read.</exception>
    public async ValueTask<Dictionary<string, string>?> LoadAsync(string[] ids)
    {
        Dictionary<string, string>? damaged = null;
        int loaded = 0;
        uint now = clock.Now;
        await store!.ReadAsync(
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
            }).ConfigureAwait(false);
        metrics.Loads.Add(loaded);
        return damaged;
    }

    /// <summary>Lets streams that were not used lately leave memory, so that others fit, as far as that is possible.</summary>
    /// <exception cref="IOException">The store cannot be written.</exception>
    public async ValueTask MakeRoomAsync(int streams)
    {
        if (store is null || options.MaxStreams is not { } most || rows.RowCount + (long)streams <= most)
        {
            return;
        }
        int leaving = (int)Math.Min(rows.RowCount, Math.Max(rows.RowCount + (long)streams - most, Math.Min(StreamsPerEviction, most / 8)));
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
            await store!.WriteAsync([.. changed.Select(SavedOf)]).ConfigureAwait(false);
            changed.ForEach(Evict);
        }
        catch
        {
            changed.ForEach(row => rows[row].Flags &= ~RowFlags.IsWriting);
            throw;
        }
    }

    public void Evict(int row)
    {
        if ((rows[row].Flags & RowFlags.IsRemoved) == 0)
        {
            metrics.Evictions.Add(1);
        }
        rows.Remove(row);
    }

    /// <summary>A row as the store keeps it: no bytes where the stream was removed.</summary>
    public SavedStreamData SavedOf(int row) =>
        new(StreamId.Decode(rows.Id(row)), (rows[row].Flags & RowFlags.IsRemoved) != 0 ? default : rows.Save(row));

    /// <summary>Lets a stream leave that is saved, and was idle or removed.</summary>
    public void EvictIdle(int row, uint now)
    {
        ref StreamRow idle = ref rows[row];
        if (idle.Flags is RowFlags.IsRemoved
            || (idle.Flags is RowFlags.None or RowFlags.IsRecent && options.IdleTime is { } time
                && now - (double)idle.LastUsed >= time.TotalSeconds))
        {
            Evict(row);
        }
    }
}
