using System.Diagnostics;

namespace AarenGen.Serving;

/// <summary>Saves what has changed in a pool, so that its log can be cut.</summary>
internal sealed class PoolCheckpoint<TModel>(
    StreamRows<TModel> rows, PoolMemory<TModel> memory, PoolStore? store, PoolLocks locks, PoolClock clock, PoolMetrics metrics)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private const int StreamsPerWrite = 256, BytesPerWrite = 1 << 20, RowsPerLook = 1 << 12;

    /// <summary>Writes all that has changed while streams go on, and cuts the log. The caller holds writing.</summary>
    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        if (store is null)
        {
            return;
        }
        using Activity? activity = PoolMetrics.Activities.StartActivity("AarenGen.Checkpoint");
        long begin = Stopwatch.GetTimestamp(), position, bytes;
        await locks.EnterAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await DecideAsync(store).ConfigureAwait(false);
            (position, bytes) = (store.Log.LastPosition, store.Log.Bytes);
        }
        finally
        {
            locks.Leave();
        }
        var chunk = new List<int>();
        var streams = new List<SavedStreamData>();
        // One memory for the saved streams of all chunks: of a million streams they would be a gigabyte of garbage.
        var copies = new byte[Math.Clamp(BytesPerWrite / rows.SavedBytes, 1, StreamsPerWrite) * rows.SavedBytes];
        for (int row = 0; row < rows.Capacity;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await locks.EnterAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                row = TakeChanged(row, chunk, streams, copies);
            }
            finally
            {
                locks.Leave();
            }
            await WriteTakenAsync(chunk, streams).ConfigureAwait(false);
        }
        // Without the gate: before it forgets entries, a store may wait until the disk has the saved streams.
        await store.TruncateAsync(position).ConfigureAwait(false);
        await locks.EnterAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            store.Log.Removed(bytes);
            // A batch may have brought more streams than fit, and all may be known since.
            await memory.MakeRoomAsync(0).ConfigureAwait(false);
        }
        finally
        {
            locks.Leave();
        }
        metrics.CheckpointDuration.Record(Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }

    /// <summary>Writes all that has changed while streams wait, and empties the log. The caller holds both locks.</summary>
    public async ValueTask WriteChangedAsync(CancellationToken cancellationToken)
    {
        if (store is null)
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
        foreach (int[] chunk in changed.Chunk(StreamsPerWrite))
        {
            cancellationToken.ThrowIfCancellationRequested();
            SavedStreamData[] streams = [.. chunk.Select(memory.SavedOf)];
            await store.WriteAsync(streams).ConfigureAwait(false);
            uint now = clock.Now;
            foreach (int row in chunk)
            {
                rows[row].Flags &= ~RowFlags.IsChanged;
                memory.EvictIdle(row, now);
            }
        }
        await store.ClearLogAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Says in the log that the last append failed, where it did: otherwise what it was to do would be done at the next start, however long
    /// ago it was refused.
    /// </summary>
    private static async ValueTask DecideAsync(PoolStore store)
    {
        if (!store.Log.IsUndecided)
        {
            return;
        }
        store.Log.Begin();
        try
        {
            await store.AppendAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The next checkpoint tries again; what can be written now is written.
        }
    }

    /// <summary>Writes copies that were taken while streams go on; where that fails, their rows are changed again.</summary>
    private async ValueTask WriteTakenAsync(List<int> chunk, List<SavedStreamData> streams)
    {
        if (chunk.Count == 0)
        {
            return;
        }
        bool isWritten = false;
        try
        {
            await store!.WriteAsync(streams).ConfigureAwait(false);
            isWritten = true;
        }
        finally
        {
            await locks.EnterAnywayAsync().ConfigureAwait(false);
            uint now = clock.Now;
            foreach (int row in chunk)
            {
                rows[row].Flags = (rows[row].Flags & ~RowFlags.IsWriting) | (isWritten ? RowFlags.None : RowFlags.IsChanged);
                memory.EvictIdle(row, now);
            }
            locks.Leave();
        }
    }

    /// <summary>Copies some changed rows, which are not changed any more; lets rows that are idle leave.</summary>
    /// <returns>The first row that was not looked at.</returns>
    private int TakeChanged(int row, List<int> chunk, List<SavedStreamData> streams, byte[] copies)
    {
        chunk.Clear();
        streams.Clear();
        uint now = clock.Now;
        int end = Math.Min(rows.Capacity, row + RowsPerLook);
        for (; row < end && (chunk.Count + 1) * rows.SavedBytes <= copies.Length; row++)
        {
            ref StreamRow looked = ref rows[row];
            if (looked.IdLength == 0)
            {
                continue;
            }
            if ((looked.Flags & RowFlags.IsChanged) == 0)
            {
                memory.EvictIdle(row, now);
                continue;
            }
            Memory<byte> saved = default;
            if ((looked.Flags & RowFlags.IsRemoved) == 0)
            {
                saved = copies.AsMemory(chunk.Count * rows.SavedBytes, rows.SavedBytes);
                rows.Save(row, saved.Span);
            }
            streams.Add(new(StreamId.Decode(rows.Id(row)), saved));
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
}
