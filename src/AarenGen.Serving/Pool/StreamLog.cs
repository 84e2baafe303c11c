using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace AarenGen.Serving;

/// <summary>
/// The log of a pool: what happened to its streams since their records were written. An entry is what happened together: version (u8),
/// attempt and last success (i64 each), declaration (the first eight bytes of its fingerprint), then of each event kind (u8), bytes of the
/// id (u8), the id, the number of the token (i64), and of a token its floats; little-endian.
/// </summary>
/// <remarks>
/// Attempts to append are counted. An append that failed may have left its entry nevertheless, and its tokens were refused: the next entry
/// says which attempt was the last successful one, so that a reader leaves out what lies between.
/// </remarks>
internal sealed class StreamLog(IStreamStore store, int number, ulong declaration)
{
    private const byte Version = 1;
    private const int HeaderBytes = 1 + 3 * sizeof(long);

    private readonly ArrayBufferWriter<byte> entry = new();
    private long attempt, lastSuccess, cleared;

    private enum EventKind : byte
    {
        Token,
        Reset,
    }

    /// <summary>The position of the last entry; 0: there is none.</summary>
    public long LastPosition { get; private set; }

    /// <summary>Bytes of entries since the log was last cut.</summary>
    public long Bytes { get; private set; }

    public void Begin()
    {
        entry.ResetWrittenCount();
        entry.GetSpan(HeaderBytes)[..HeaderBytes].Clear();
        entry.Advance(HeaderBytes);
    }

    public void AddToken(ReadOnlySpan<byte> id, long sequence, ReadOnlySpan<float> token)
    {
        AddEvent(EventKind.Token, id, sequence);
        entry.Write(MemoryMarshal.AsBytes(token));
    }

    public void AddReset(ReadOnlySpan<byte> id, long sequence) => AddEvent(EventKind.Reset, id, sequence);

    /// <summary>Appends what was added.</summary>
    /// <exception cref="IOException">The store cannot be written.</exception>
    public async ValueTask AppendAsync()
    {
        Span<byte> header = MemoryMarshal.AsMemory(entry.WrittenMemory).Span;
        header[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(header[1..], ++attempt);
        BinaryPrimitives.WriteInt64LittleEndian(header[9..], lastSuccess);
        BinaryPrimitives.WriteUInt64LittleEndian(header[17..], declaration);
        LastPosition = await store.AppendAsync(number, entry.WrittenMemory, CancellationToken.None).ConfigureAwait(false);
        lastSuccess = attempt;
        Bytes += entry.WrittenCount;
    }

    /// <summary>Removes entries up to a position, whose streams are all in records.</summary>
    /// <param name="last">The position.</param>
    /// <param name="bytes"><see cref="Bytes"/> when it was that of the last entry.</param>
    public async ValueTask TruncateAsync(long last, long bytes)
    {
        if (last > 0)
        {
            await store.TruncateAsync(number, last, CancellationToken.None).ConfigureAwait(false);
            Bytes -= bytes;
        }
    }

    /// <summary>
    /// Removes all entries, since all streams are in records: also those that failed attempts left behind the last position, which would be
    /// read at the next start though their streams may have been removed.
    /// </summary>
    public async ValueTask ClearAsync()
    {
        if (attempt > cleared)
        {
            await store.TruncateAsync(number, long.MaxValue, CancellationToken.None).ConfigureAwait(false);
            (cleared, Bytes) = (attempt, 0);
        }
    }

    /// <summary>Reads the events of all logs that happened, those of each log in their order.</summary>
    /// <param name="store">The store.</param>
    /// <param name="declaration">That of the model that is to continue.</param>
    /// <param name="tokenWidth">Floats of a token.</param>
    /// <param name="receive">Receives each event: the id, the number, the token; an empty token: the stream was reset.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The last position of each log that has entries.</returns>
    /// <exception cref="IOException">The store cannot be read, or an entry cannot be.</exception>
    public static async Task<IReadOnlyDictionary<int, long>> ReadAsync(
        IStreamStore store, ulong declaration, int tokenWidth, Func<ReadOnlyMemory<byte>, long, ReadOnlyMemory<byte>, ValueTask> receive,
        CancellationToken cancellationToken)
    {
        // An entry counts once the next one of its log, or the end, has shown that it was no failed attempt.
        var undecided = new Dictionary<int, ReadOnlyMemory<byte>>();
        var ends = new Dictionary<int, long>();
        await foreach (StoredLogEntry read in store.ReadLogAsync(cancellationToken).ConfigureAwait(false))
        {
            if (read.Data.Length < HeaderBytes || read.Data.Span[0] != Version)
            {
                throw new IOException(
                    $"Entry {read.Position} of log {read.Log} was written by another version of AarenGen, or is damaged; restore a "
                    + "backup.");
            }
            if (BinaryPrimitives.ReadUInt64LittleEndian(read.Data.Span[17..]) != declaration)
            {
                throw new ModelFileException(
                    "The log of the store belongs to another declaration; use a model declared like the one that wrote it, or an empty "
                    + "store.");
            }
            if (undecided.TryGetValue(read.Log, out ReadOnlyMemory<byte> before)
                && BinaryPrimitives.ReadInt64LittleEndian(before.Span[1..]) <= BinaryPrimitives.ReadInt64LittleEndian(read.Data.Span[9..]))
            {
                await ReceiveAsync(before, tokenWidth, receive).ConfigureAwait(false);
            }
            undecided[read.Log] = read.Data;
            ends[read.Log] = read.Position;
        }
        foreach (ReadOnlyMemory<byte> last in undecided.Values)
        {
            await ReceiveAsync(last, tokenWidth, receive).ConfigureAwait(false);
        }
        return ends;
    }

    private static async ValueTask ReceiveAsync(
        ReadOnlyMemory<byte> entry, int tokenWidth, Func<ReadOnlyMemory<byte>, long, ReadOnlyMemory<byte>, ValueTask> receive)
    {
        for (int at = HeaderBytes; at < entry.Length;)
        {
            int idBytes = at + 2 <= entry.Length ? entry.Span[at + 1] : 0;
            int body = at + 2 + idBytes, end = body + sizeof(long);
            bool isToken = entry.Span[at] == (byte)EventKind.Token;
            end += isToken ? tokenWidth * sizeof(float) : 0;
            if (idBytes == 0 || end > entry.Length || entry.Span[at] > (byte)EventKind.Reset)
            {
                throw new IOException("An entry of a log holds other tokens than those of this model; use the model that wrote it.");
            }
            long sequence = BinaryPrimitives.ReadInt64LittleEndian(entry.Span[body..]);
            await receive(
                entry.Slice(at + 2, idBytes), sequence, entry[(body + sizeof(long))..end]).ConfigureAwait(false);
            at = end;
        }
    }

    private void AddEvent(EventKind kind, ReadOnlySpan<byte> id, long sequence)
    {
        Span<byte> added = entry.GetSpan(2 + id.Length + sizeof(long));
        (added[0], added[1]) = ((byte)kind, (byte)id.Length);
        id.CopyTo(added[2..]);
        BinaryPrimitives.WriteInt64LittleEndian(added[(2 + id.Length)..], sequence);
        entry.Advance(2 + id.Length + sizeof(long));
    }
}
