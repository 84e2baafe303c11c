namespace AarenGen.Serving;

/// <summary>
/// Removes streams of a pool. With a store a removal is an event of the log, as a reset is: the row of the stream stands for none until a
/// checkpoint, or whoever needs its memory, has removed it from the store. Used with the gate held.
/// </summary>
internal sealed class PoolRemoval<TModel>(StreamRows<TModel> rows, PoolMemory<TModel> memory, PoolStore? store, PoolLocks locks)
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    /// <summary>Removes streams of different ids.</summary>
    /// <returns>How many of them there were.</returns>
    /// <exception cref="IOException">The store failed; they are as they were.</exception>
    public async ValueTask<int> RunAsync(IReadOnlyList<string> ids)
    {
        (List<byte[]> found, int elsewhere) = await FindAsync(ids).ConfigureAwait(false);
        if (found.Count == 0)
        {
            return 0;
        }
        if (store is null)
        {
            found.ForEach(id => rows.Remove(rows.Find(id, StreamTable.HashOf(id))));
            return found.Count;
        }
        await memory.MakeRoomAsync(elsewhere).ConfigureAwait(false);
        store.Log.Begin();
        found.ForEach(id => store.Log.AddRemoval(id));
        // Without the removal the tokens in the log would follow no saved stream, once it is gone, or the next one of the id.
        await store.AppendFlushedAsync().ConfigureAwait(false);
        try
        {
            found.ForEach(Forget);
        }
        catch (Exception error)
        {
            // The log says more than memory knows.
            locks.Fault = error;
            throw;
        }
        return found.Count;
    }

    /// <summary>Removes a stream as the log says.</summary>
    /// <exception cref="IOException">The store failed.</exception>
    public async ValueTask ReplayAsync(byte[] id)
    {
        if (rows.Find(id, StreamTable.HashOf(id)) < 0)
        {
            await memory.MakeRoomAsync(1).ConfigureAwait(false);
        }
        Forget(id);
    }

    private void Forget(byte[] id)
    {
        ulong hash = StreamTable.HashOf(id);
        int row = rows.Find(id, hash);
        rows.Forget(row >= 0 ? row : rows.Add(id, hash));
    }

    /// <summary>Those that there are, and how many of these have no row. What the store holds of them does not matter.</summary>
    private async ValueTask<(List<byte[]> Found, int Elsewhere)> FindAsync(IReadOnlyList<string> ids)
    {
        var found = new List<byte[]>();
        var unknown = new List<string>();
        foreach (string id in ids)
        {
            byte[] encoded = StreamId.Encode(id);
            int row = rows.Find(encoded, StreamTable.HashOf(encoded));
            if (row < 0)
            {
                unknown.Add(id);
            }
            else if ((rows[row].Flags & RowFlags.IsRemoved) == 0)
            {
                found.Add(encoded);
            }
        }
        int inMemory = found.Count;
        if (store is not null && unknown.Count > 0)
        {
            await store.ReadAsync(unknown, (i, _) => found.Add(StreamId.Encode(unknown[i]))).ConfigureAwait(false);
        }
        return (found, found.Count - inMemory);
    }
}
