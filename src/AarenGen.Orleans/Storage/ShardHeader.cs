namespace AarenGen.Orleans;

/// <summary>The header of a shard in the storage, claimed by this activation.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ShardHeader : IDisposable
{
    private readonly GrainStates states;
    private readonly Fence fence;
    private readonly SemaphoreSlim gate = new(1);
    private string? etag;
    private bool isKnown = true;

    private ShardHeader(GrainStates states, Fence fence, StoredHeader value, string? etag) =>
        (this.states, this.fence, Value, this.etag) = (states, fence, value, etag);

    /// <summary>As it was written last.</summary>
    public StoredHeader Value { get; private set; }

    /// <summary>Claims the header, or writes the first one.</summary>
    /// <param name="states">The states of the shard.</param>
    /// <param name="fence">Is raised where a later activation has claimed the header.</param>
    /// <param name="ring">In how many states the log of a new shard goes round.</param>
    /// <returns>The header, and what the activation before has left.</returns>
    /// <exception cref="IOException">The provider failed, or another activation claimed it at the same moment.</exception>
    public static async Task<(ShardHeader Header, StoredHeader Before)> ClaimAsync(GrainStates states, Fence fence, int ring)
    {
        (byte[] found, string? etag) = await states.ReadAsync(StoredHeader.Name).ConfigureAwait(false);
        StoredHeader before = found.Length > 0 ? StoredHeader.Read(found) : new(0, 0, 0, ring, 0);
        StoredHeader claimed = before with { Epoch = before.Epoch + 1 };
        try
        {
            etag = await states.WriteAsync(StoredHeader.Name, claimed.Write(), etag).ConfigureAwait(false);
        }
        catch (StateConflictException error)
        {
            throw new IOException("Another activation claimed the shard at the same moment; send again.", error);
        }
        return (new(states, fence, claimed, etag), before);
    }

    /// <summary>Writes a changed header.</summary>
    /// <exception cref="FencedException">A later activation has claimed it.</exception>
    /// <exception cref="IOException">The provider failed; the header may have been written nevertheless.</exception>
    public async Task WriteAsync(Func<StoredHeader, StoredHeader> change)
    {
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            StoredHeader changed = change(Value);
            var conflicts = new StateConflicts();
            while (true)
            {
                if (!isKnown)
                {
                    (byte[] found, etag) = await states.ReadAsync(StoredHeader.Name).ConfigureAwait(false);
                    if (StoredHeader.Read(found).Epoch != Value.Epoch)
                    {
                        throw fence.Raise();
                    }
                }
                isKnown = false;
                try
                {
                    etag = await states.WriteAsync(StoredHeader.Name, changed.Write(), etag).ConfigureAwait(false);
                    (Value, isKnown) = (changed, true);
                    return;
                }
                catch (StateConflictException error)
                {
                    // What is read next decides whether it was a write of this activation.
                    conflicts.Add(error);
                }
            }
        }
        finally
        {
            gate.Release();
        }
    }

    public void Dispose() => gate.Dispose();
}
