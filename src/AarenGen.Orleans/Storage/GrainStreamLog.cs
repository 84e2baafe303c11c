using System.Buffers.Binary;
using System.Globalization;
using AarenGen.Serving;

namespace AarenGen.Orleans;

/// <summary>
/// The log of a shard: entries in a ring of states, each with its version (u8), its kind (u8), the epoch of its writer and its position
/// (i64 each), little-endian, and what was appended. A fence takes the place at which an earlier activation would append, which its writer
/// learns from the conflict.
/// </summary>
/// <param name="states">The states of the shard.</param>
/// <param name="fence">Is raised where a later activation has written.</param>
/// <param name="epoch">That of this activation.</param>
/// <param name="ring">In how many states the log goes round.</param>
/// <param name="floor">Entries up to this position are not needed any more.</param>
internal sealed class GrainStreamLog(GrainStates states, Fence fence, long epoch, int ring, long floor)
{
    private const byte Version = 1;
    private const int HeaderBytes = 2 + 2 * sizeof(long), SlotsPerRead = 32;

    private readonly Lock access = new();

    /// <summary>What a write to a state of the ring must name, where it is known.</summary>
    private readonly Dictionary<int, string?> etags = [];

    /// <summary>The position of the last entry that is no fence.</summary>
    private long lastEntry = floor;

    /// <summary>Whether an attempt to append failed, so that it may be there nevertheless.</summary>
    private bool hasDoubt;

    private enum EntryKind : byte
    {
        Entry,
        Fence,
    }

    /// <summary>The last position that is taken.</summary>
    public long Tail { get; private set; } = floor;

    /// <summary>Entries up to this position are not needed any more.</summary>
    public long Floor { get; private set; } = floor;

    /// <summary>Positions that are taken.</summary>
    public long Used => Tail - Floor;

    public int Ring => ring;

    /// <summary>Bytes of a state with an entry of one token at most.</summary>
    public static int MaxBytesOf(int token) => HeaderBytes + StreamLog.HeaderBytes + StreamLog.BytesOf(byte.MaxValue, token);

    /// <summary>Bytes for tokens in an entry whose state has the given number of bytes.</summary>
    public static int TokenBytesOf(int stateBytes) => stateBytes - HeaderBytes - StreamLog.HeaderBytes;

    /// <summary>Reads all entries, and takes the place of the next one from an earlier activation.</summary>
    /// <exception cref="FencedException">A later activation has written.</exception>
    /// <exception cref="IOException">The provider failed.</exception>
    public async Task<List<(long Position, ReadOnlyMemory<byte> Data)>> OpenAsync()
    {
        var entries = new List<(long, ReadOnlyMemory<byte>)>();
        var conflicts = new StateConflicts();
        while (Used < ring)
        {
            int count = (int)Math.Min(SlotsPerRead, ring - Used), taken = 0;
            (byte[] Data, string? ETag)[] slots = await ReadSlotsAsync(Tail + 1, count).ConfigureAwait(false);
            while (taken < count && Take(slots[taken].Data, entries))
            {
                taken++;
            }
            if (taken == count)
            {
                continue;
            }
            // Only the place that is empty: an earlier activation may have appended to those behind it before they were read.
            etags[SlotOf(Tail + 1)] = slots[taken].ETag;
            if (await TryWriteAsync(Tail + 1, EntryKind.Fence, default, conflicts).ConfigureAwait(false))
            {
                Advance(isEntry: false);
                return entries;
            }
        }
        // The ring is full: nobody can append.
        return entries;
    }

    /// <summary>Appends an entry.</summary>
    /// <returns>Its position.</returns>
    /// <exception cref="FencedException">A later activation has written.</exception>
    /// <exception cref="IOException">The provider failed, and the entry may be there nevertheless; or the ring is full.</exception>
    public async ValueTask<long> AppendAsync(ReadOnlyMemory<byte> entry)
    {
        var conflicts = new StateConflicts();
        while (true)
        {
            await KnowNextAsync().ConfigureAwait(false);
            if (Used >= ring)
            {
                throw new IOException($"The log of the shard has its {ring} entries; it is cut once all changed streams are written.");
            }
            if (await TryWriteAsync(Tail + 1, EntryKind.Entry, entry, conflicts).ConfigureAwait(false))
            {
                return Advance(isEntry: true);
            }
        }
    }

    /// <summary>
    /// Makes sure that no attempt to append that seemed to fail appears later. Nobody appends meanwhile.
    /// </summary>
    /// <exception cref="FencedException">A later activation has written.</exception>
    /// <exception cref="IOException">The provider failed.</exception>
    public async ValueTask SettleAsync()
    {
        var conflicts = new StateConflicts();
        while (hasDoubt && Used < ring)
        {
            await KnowNextAsync().ConfigureAwait(false);
            if (Used < ring && await TryWriteAsync(Tail + 1, EntryKind.Fence, default, conflicts).ConfigureAwait(false))
            {
                Advance(isEntry: false);
            }
        }
    }

    /// <summary>
    /// Up to where the log can be cut with an entry: fences behind the last one are not needed, either. Others may be appended meanwhile.
    /// </summary>
    public long EndOf(long entry)
    {
        lock (access)
        {
            return entry >= lastEntry ? Tail : entry;
        }
    }

    /// <summary>Says that entries are not needed any more, once the header says it.</summary>
    public void Truncated(long last) => Floor = Math.Max(Floor, last);

    /// <summary>Learns what must be named to write to the next position; passes those that own attempts have taken.</summary>
    private async ValueTask KnowNextAsync()
    {
        while (Used < ring && !etags.ContainsKey(SlotOf(Tail + 1)))
        {
            // Some at once: after an activation, none of them is known.
            int count = 1;
            while (count < SlotsPerRead && Used + count < ring && !etags.ContainsKey(SlotOf(Tail + 1 + count)))
            {
                count++;
            }
            (byte[] Data, string? ETag)[] slots = await ReadSlotsAsync(Tail + 1, count).ConfigureAwait(false);
            for (int i = 0; i < count; i++)
            {
                etags[SlotOf(Tail + 1 + i)] = slots[i].ETag;
            }
            if (PositionOf(slots[0].Data) == Tail + 1)
            {
                if (BinaryPrimitives.ReadInt64LittleEndian(slots[0].Data.AsSpan(2)) != epoch)
                {
                    throw fence.Raise();
                }
                Advance(KindOf(slots[0].Data) == EntryKind.Entry);
                hasDoubt = false;
            }
        }
    }

    private async Task<(byte[] Data, string? ETag)[]> ReadSlotsAsync(long position, int count)
    {
        var reads = new Task<(byte[] Data, string? ETag)>[count];
        for (int i = 0; i < count; i++)
        {
            reads[i] = states.ReadAsync(NameOf(position + i));
        }
        (byte[] Data, string? ETag)[] read = await Task.WhenAll(reads).ConfigureAwait(false);
        foreach ((byte[] data, _) in read)
        {
            CheckEpoch(data);
        }
        return read;
    }

    /// <summary>Takes what stands at the next position. False: nothing does.</summary>
    private bool Take(byte[] slot, List<(long, ReadOnlyMemory<byte>)> entries)
    {
        if (PositionOf(slot) != Tail + 1)
        {
            return false;
        }
        bool isEntry = KindOf(slot) == EntryKind.Entry;
        long position = Advance(isEntry);
        if (isEntry)
        {
            entries.Add((position, slot.AsMemory(HeaderBytes)));
        }
        return true;
    }

    /// <summary>Says that the next position is taken.</summary>
    private long Advance(bool isEntry)
    {
        lock (access)
        {
            Tail++;
            lastEntry = isEntry ? Tail : lastEntry;
            return Tail;
        }
    }

    /// <returns>False: there is another state than the one that is known.</returns>
    private async ValueTask<bool> TryWriteAsync(
        long position, EntryKind kind, ReadOnlyMemory<byte> entry, StateConflicts conflicts)
    {
        var slot = new byte[HeaderBytes + entry.Length];
        (slot[0], slot[1]) = (Version, (byte)kind);
        BinaryPrimitives.WriteInt64LittleEndian(slot.AsSpan(2), epoch);
        BinaryPrimitives.WriteInt64LittleEndian(slot.AsSpan(10), position);
        entry.CopyTo(slot.AsMemory(HeaderBytes));
        etags.Remove(SlotOf(position), out string? etag);
        try
        {
            etags[SlotOf(position)] = await states.WriteAsync(NameOf(position), slot, etag).ConfigureAwait(false);
            hasDoubt = false;
            return true;
        }
        catch (StateConflictException error)
        {
            conflicts.Add(error);
            return false;
        }
        catch (IOException)
        {
            hasDoubt = true;
            throw;
        }
    }

    private void CheckEpoch(byte[] slot)
    {
        if (slot.Length == 0)
        {
            return;
        }
        if (slot.Length < HeaderBytes || slot[0] != Version)
        {
            throw new IOException("An entry of a shard's log was written by another version of AarenGen, or is damaged; restore a backup.");
        }
        if (BinaryPrimitives.ReadInt64LittleEndian(slot.AsSpan(2)) > epoch)
        {
            throw fence.Raise();
        }
    }

    private int SlotOf(long position) => (int)(position % ring);

    private string NameOf(long position) => string.Create(CultureInfo.InvariantCulture, $"log/{SlotOf(position)}");

    private static long PositionOf(byte[] slot) => slot.Length == 0 ? 0 : BinaryPrimitives.ReadInt64LittleEndian(slot.AsSpan(10));

    private static EntryKind KindOf(byte[] slot) => (EntryKind)slot[1];
}
