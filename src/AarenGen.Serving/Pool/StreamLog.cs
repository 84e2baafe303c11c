using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using AarenGen.Serialization;

namespace AarenGen.Serving;

/// <summary>
/// The log of a pool: what happened to its streams since they were saved last. An entry is what happened together: version (u8),
/// attempt and last success (i64 each), declaration (the first eight bytes of its fingerprint), the weights that step the tokens (u64),
/// then of each event kind (u8), bytes of the id (u8), the id, the number of the token (i64; of a reset or an advance that of the stream's
/// last token, of a removal 0), and of a token or an advance its floats; little-endian.
/// </summary>
/// <remarks>
/// Attempts to append are counted. An append that failed may have left its entry nevertheless, and its tokens were refused: the next entry
/// says which attempt was the last successful one, so that a reader leaves out what lies between.
/// </remarks>
internal sealed class StreamLog(IStreamStore store, int number, ulong declaration)
{
    /// <summary>Bytes of an entry before its events.</summary>
    public const int HeaderBytes = 1 + 4 * sizeof(long);

    private const byte Version = 2;

    private readonly ArrayBufferWriter<byte> entry = new();
    private long attempt, lastSuccess, cleared;

    /// <summary>
    /// Whether the last append failed: it may have left its entry nevertheless, and nothing behind it says that it failed.
    /// </summary>
    public bool IsUndecided => attempt > lastSuccess;

    /// <summary>The position of the last entry; 0: there is none.</summary>
    public long LastPosition { get; private set; }

    /// <summary>Bytes of entries since the log was last cut.</summary>
    public long Bytes { get; private set; }

    /// <summary>The weights that step what is appended.</summary>
    public ulong Weights { get; set; }

    /// <summary>Bytes of a token in an entry.</summary>
    public static int BytesOf(int id, int token) => 2 + id + sizeof(long) + token;

    public void Begin()
    {
        entry.ResetWrittenCount();
        entry.GetSpan(HeaderBytes)[..HeaderBytes].Clear();
        entry.Advance(HeaderBytes);
    }

    /// <summary>Adds a token or an advance.</summary>
    public void Add(StreamEventKind kind, ReadOnlySpan<byte> id, long sequence, ReadOnlySpan<float> token)
    {
        AddEvent(kind, id, sequence);
        entry.Write(MemoryMarshal.AsBytes(token));
    }

    public void AddReset(ReadOnlySpan<byte> id, long sequence) => AddEvent(StreamEventKind.Reset, id, sequence);

    public void AddRemoval(ReadOnlySpan<byte> id) => AddEvent(StreamEventKind.Removal, id, 0);

    /// <summary>Appends what was added, which may be nothing: then it only says which attempts failed.</summary>
    /// <exception cref="IOException">The store cannot be written.</exception>
    public ValueTask AppendAsync() => AppendAsync(isFlushed: false);

    /// <summary>Appends what was added so that no saved stream survives what the entry does not survive.</summary>
    /// <exception cref="IOException">The store cannot be written.</exception>
    public ValueTask AppendFlushedAsync() => AppendAsync(isFlushed: true);

    private async ValueTask AppendAsync(bool isFlushed)
    {
        Span<byte> header = MemoryMarshal.AsMemory(entry.WrittenMemory).Span;
        header[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(header[1..], ++attempt);
        BinaryPrimitives.WriteInt64LittleEndian(header[9..], lastSuccess);
        BinaryPrimitives.WriteUInt64LittleEndian(header[17..], declaration);
        BinaryPrimitives.WriteUInt64LittleEndian(header[25..], Weights);
        LastPosition = await store.AppendAsync(number, entry.WrittenMemory, CancellationToken.None).ConfigureAwait(false);
        if (isFlushed)
        {
            await store.FlushLogAsync(number, CancellationToken.None).ConfigureAwait(false);
        }
        lastSuccess = attempt;
        Bytes += entry.WrittenCount;
    }

    /// <summary>
    /// Removes entries up to a position, whose streams are all saved. Others may be appended meanwhile; <see cref="Removed"/> says
    /// afterwards that they are gone.
    /// </summary>
    /// <exception cref="IOException">The store cannot be written.</exception>
    public ValueTask TruncateAsync(long last) => store.TruncateAsync(number, last, CancellationToken.None);

    /// <summary>Says that entries with this number of bytes were removed.</summary>
    public void Removed(long bytes) => Bytes -= bytes;

    /// <summary>
    /// Removes all entries, since all streams are saved: also those that failed attempts left behind the last position, which would be
    /// read at the next start.
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
    /// <param name="receive">Receives each event: what happened, the id, the number, the token.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>The last position of each log that has entries, and how many bytes were read.</returns>
    /// <exception cref="IOException">The store cannot be read, or an entry cannot be.</exception>
    public static async Task<(IReadOnlyDictionary<int, long> Ends, long Bytes)> ReadAsync(
        IStreamStore store, ulong declaration, int tokenWidth, StreamEventReceiver receive,
        CancellationToken cancellationToken)
    {
        // An entry counts once the next one of its log, or the end, has shown that it was no failed attempt.
        var undecided = new Dictionary<int, ReadOnlyMemory<byte>>();
        var ends = new Dictionary<int, long>();
        long bytes = 0;
        await foreach (StoredLogEntry read in store.ReadLogAsync(cancellationToken).ConfigureAwait(false))
        {
            CheckHeader(read);
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
            bytes += read.Data.Length;
        }
        foreach (ReadOnlyMemory<byte> last in undecided.Values)
        {
            await ReceiveAsync(last, tokenWidth, receive).ConfigureAwait(false);
        }
        return (ends, bytes);
    }

    /// <summary>
    /// The weights that stepped the tokens of all logs: before the first token of others, all logs are emptied. Null: they are empty.
    /// </summary>
    /// <exception cref="IOException">
    /// The store cannot be read, or an entry cannot be; or entries differ, since a loss of power has brought removed ones back.
    /// </exception>
    public static async Task<ulong?> FindWeightsAsync(IStreamStore store, CancellationToken cancellationToken)
    {
        (int Log, ulong Weights)? first = null;
        await foreach (StoredLogEntry read in store.ReadLogAsync(cancellationToken).ConfigureAwait(false))
        {
            CheckHeader(read);
            ulong weights = BinaryPrimitives.ReadUInt64LittleEndian(read.Data.Span[25..]);
            first ??= (read.Log, weights);
            if (weights != first.Value.Weights)
            {
                throw new IOException(
                    $"The logs of the store were written with different weights: log {first.Value.Log} with "
                    + $"{WeightVersion.Text(first.Value.Weights)}, log {read.Log} with {WeightVersion.Text(weights)}. A loss of power has "
                    + "brought entries back that had been removed. Start with the weights that were used last: the tokens of the others "
                    + "are in the saved streams.");
            }
        }
        return first?.Weights;
    }

    /// <exception cref="IOException">The entry cannot be read.</exception>
    private static void CheckHeader(in StoredLogEntry entry)
    {
        if (entry.Data.Length < HeaderBytes || entry.Data.Span[0] != Version)
        {
            throw new IOException(
                $"Entry {entry.Position} of log {entry.Log} was written by another version of AarenGen, or is damaged; restore a backup.");
        }
    }

    private static async ValueTask ReceiveAsync(
        ReadOnlyMemory<byte> entry, int tokenWidth, StreamEventReceiver receive)
    {
        for (int at = HeaderBytes; at < entry.Length;)
        {
            int idBytes = at + 2 <= entry.Length ? entry.Span[at + 1] : 0;
            int body = at + 2 + idBytes, end = body + sizeof(long);
            var kind = (StreamEventKind)entry.Span[at];
            end += kind is StreamEventKind.Token or StreamEventKind.Advance ? tokenWidth * sizeof(float) : 0;
            if (idBytes == 0 || end > entry.Length || kind > StreamEventKind.Advance)
            {
                throw new IOException("An entry of a log holds other tokens than those of this model; use the model that wrote it.");
            }
            long sequence = BinaryPrimitives.ReadInt64LittleEndian(entry.Span[body..]);
            await receive(kind, entry.Slice(at + 2, idBytes), sequence, entry[(body + sizeof(long))..end]).ConfigureAwait(false);
            at = end;
        }
    }

    private void AddEvent(StreamEventKind kind, ReadOnlySpan<byte> id, long sequence)
    {
        Span<byte> added = entry.GetSpan(2 + id.Length + sizeof(long));
        (added[0], added[1]) = ((byte)kind, (byte)id.Length);
        id.CopyTo(added[2..]);
        BinaryPrimitives.WriteInt64LittleEndian(added[(2 + id.Length)..], sequence);
        entry.Advance(2 + id.Length + sizeof(long));
    }
}

/// <summary>What happens to a stream.</summary>
internal enum StreamEventKind : byte
{
    Token,
    Reset,
    Removal,

    /// <summary>Time went on: intervals ended without a record.</summary>
    Advance,
}

/// <summary>Receives what happened to a stream.</summary>
internal delegate ValueTask StreamEventReceiver(
    StreamEventKind kind, ReadOnlyMemory<byte> id, long sequence, ReadOnlyMemory<byte> token);
