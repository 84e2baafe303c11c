using System.Runtime.CompilerServices;
using AarenGen.Serving;

namespace AarenGen.Orleans;

/// <summary>
/// The store of a shard in any storage provider of Orleans, which knows states by name alone: a header, pages of streams, and a log in a
/// ring of states.
/// </summary>
/// <remarks>
/// A shard may be activated a second time while the first one lives on, cut off from the cluster. The header counts activations, in
/// epochs. The later activation claims the header, reads all, and takes the place in the log at which the earlier one would append: from
/// then on the earlier one acknowledges nothing. What it may still write to pages, <see cref="ShardPages"/> says.
/// </remarks>
internal sealed class GrainStreamStore : IStreamStore
{
    private const int FencesPerCut = 64;

    private readonly Fence fence;
    private readonly ShardHeader header;
    private readonly ShardPages pages;
    private readonly GrainStreamLog log;
    private List<(long Position, ReadOnlyMemory<byte> Data)> entries = [];

    private GrainStreamStore(Fence fence, ShardHeader header, ShardPages pages, GrainStreamLog log) =>
        (this.fence, this.header, this.pages, this.log) = (fence, header, pages, log);

    /// <summary>Whether a later activation has taken the states over, so that this one can do nothing any more.</summary>
    public bool IsFenced => fence.IsRaised;

    /// <summary>The version of the weights that step; 0: none has been said.</summary>
    public long Weights => header.Value.Weights;

    /// <summary>The fraction of the log's ring that is taken.</summary>
    public double LogFill => (double)log.Used / log.Ring;

    /// <inheritdoc cref="ShardPages.UnreadCount"/>
    public int UnreadCount => pages.UnreadCount;

    /// <summary>Takes the states of a shard over.</summary>
    /// <param name="states">The states.</param>
    /// <param name="ring">In how many states the log of a new shard goes round.</param>
    /// <param name="carried">What an activation that moved has handed over; null: nothing.</param>
    /// <exception cref="IOException">The provider failed, or another activation claimed them at the same moment.</exception>
    public static async Task<GrainStreamStore> OpenAsync(GrainStates states, int ring, CarriedPages? carried)
    {
        var fence = new Fence();
        (ShardHeader header, StoredHeader before) = await ShardHeader.ClaimAsync(states, fence, ring).ConfigureAwait(false);
        var pages = new ShardPages(states, fence, header);
        if (carried?.Epoch == before.Epoch && carried.Pages.Count == before.Pages)
        {
            pages.Take(carried);
        }
        else
        {
            await pages.ReadPagesAsync().ConfigureAwait(false);
        }
        var log = new GrainStreamLog(states, fence, header.Value.Epoch, before.Ring, before.Floor);
        var store = new GrainStreamStore(fence, header, pages, log) { entries = await log.OpenAsync().ConfigureAwait(false) };
        if (store.entries.Count == 0 && log.Used > FencesPerCut)
        {
            // Activations without tokens must not fill it.
            await store.CutAsync(log.Tail).ConfigureAwait(false);
        }
        return store;
    }

    /// <summary>Says which weights step from now on. The log is empty.</summary>
    /// <exception cref="IOException">The provider failed.</exception>
    public Task SetWeightsAsync(long version) => pages.WriteHeaderAsync(h => h with { Weights = version });

    /// <summary>Writes nothing any more: another activation must take the shard over.</summary>
    public void Abandon() => fence.Raise();

    /// <inheritdoc cref="ShardPages.Carry"/>
    public CarriedPages? Carry(IReadOnlyList<SavedStreamData> streams, long maxBytes) => pages.Carry(streams, maxBytes);

    public ValueTask ReadAsync(IReadOnlyList<string> ids, SavedStreamReceiver receive, CancellationToken cancellationToken) =>
        pages.ReadAsync(ids, receive);

    public ValueTask WriteAsync(IReadOnlyList<SavedStreamData> streams, CancellationToken cancellationToken) =>
        pages.WriteAsync(streams, cancellationToken);

    public IAsyncEnumerable<SavedStreamData> ReadAllAsync(CancellationToken cancellationToken) => pages.ReadAllAsync(cancellationToken);

    public async ValueTask<long> AppendAsync(int log, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        fence.Check();
        return await this.log.AppendAsync(entry).ConfigureAwait(false);
    }

    public ValueTask FlushLogAsync(int log, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // An entry and a page are states of one provider, whose writes complete once they survive what that provider's states survive.
        return ValueTask.CompletedTask;
    }

#pragma warning disable CS1998 // They were read when the store was opened.
    public async IAsyncEnumerable<StoredLogEntry> ReadLogAsync([EnumeratorCancellation] CancellationToken cancellationToken)
#pragma warning restore CS1998
    {
        foreach ((long position, ReadOnlyMemory<byte> data) in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return new(0, position, data);
        }
    }

    public async ValueTask TruncateAsync(int log, long last, CancellationToken cancellationToken)
    {
        fence.Check();
        if (last == long.MaxValue)
        {
            await this.log.SettleAsync().ConfigureAwait(false);
        }
        await CutAsync(this.log.EndOf(last)).ConfigureAwait(false);
        entries = [];
    }

    public ValueTask DisposeAsync()
    {
        pages.Dispose();
        header.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task CutAsync(long last)
    {
        if (last > log.Floor)
        {
            await pages.WriteHeaderAsync(h => h with { Floor = last }).ConfigureAwait(false);
            log.Truncated(last);
        }
    }
}
