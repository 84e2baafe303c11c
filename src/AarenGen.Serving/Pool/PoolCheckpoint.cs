using System.Diagnostics;

namespace AarenGen.Serving;

/// <summary>Writes what has changed in a pool as records, so that its log can be cut.</summary>
internal sealed class PoolCheckpoint<TModel>(
    StreamRows<TModel> rows, PoolMemory<TModel> memory, PoolStore? store, PoolLocks locks, PoolClock clock, PoolMetrics metrics)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private const int RecordsPerWrite = 256, BytesPerWrite = 1 << 20, RowsPerLook = 1 << 12;

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
        var records = new List<StoredRecord>();
        // One memory for the records of all chunks: of a million streams they would be a gigabyte of garbage.
        var copies = new byte[Math.Clamp(BytesPerWrite / rows.RecordBytes, 1, RecordsPerWrite) * rows.RecordBytes];
        for (int row = 0; row < rows.Capacity;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await locks.EnterAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                row = TakeChanged(row, chunk, records, copies);
            }
            finally
            {
                locks.Leave();
            }
            await WriteTakenAsync(chunk, records).ConfigureAwait(false);
        }
        // Without the gate: before it forgets entries, a store may wait until the disk has the records.
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
        foreach (int[] chunk in changed.Chunk(RecordsPerWrite))
        {
            cancellationToken.ThrowIfCancellationRequested();
            StoredRecord[] records = [.. chunk.Select(memory.RecordOf)];
            await store.WriteAsync(records).ConfigureAwait(false);
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
            await store!.WriteAsync(records).ConfigureAwait(false);
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

    /// <summary>Copies the records of some changed rows, which are not changed any more; lets rows that are idle leave.</summary>
    /// <returns>The first row that was not looked at.</returns>
    private int TakeChanged(int row, List<int> chunk, List<StoredRecord> records, byte[] copies)
    {
        chunk.Clear();
        records.Clear();
        uint now = clock.Now;
        int end = Math.Min(rows.Capacity, row + RowsPerLook);
        for (; row < end && (chunk.Count + 1) * rows.RecordBytes <= copies.Length; row++)
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
            Memory<byte> record = default;
            if ((looked.Flags & RowFlags.IsRemoved) == 0)
            {
                record = copies.AsMemory(chunk.Count * rows.RecordBytes, rows.RecordBytes);
                rows.WriteRecord(row, record.Span);
            }
            records.Add(new(StreamId.Decode(rows.Id(row)), record));
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
