using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace AarenGen.Serving;

/// <summary>
/// A stream as a store and a file keep it: version (u8), declaration (the first eight bytes of its fingerprint), weights that last stepped
/// it (u64), the number of the last token and the number of tokens that the state has read (i64 each), how many tokens of history there is
/// memory for (i32), the state's doubles, the output, the history (<see cref="TokenHistory"/>), and an XxHash3 of the id and all that, so
/// that a record in another's place is found; little-endian.
/// </summary>
internal static class StreamRecord
{
    private const byte Version = 1;
    private const int HeaderBytes = 1 + 4 * sizeof(long) + sizeof(int);

    public static int Bytes(int doubles, int floats) => HeaderBytes + sizeof(double) * doubles + sizeof(float) * floats + sizeof(ulong);

    public static void Write(
        Span<byte> record, ReadOnlySpan<byte> id, ulong declaration, ulong weights, in StreamRow row, ReadOnlySpan<double> state,
        int historyTokens, ReadOnlySpan<float> values)
    {
        record[0] = Version;
        BinaryPrimitives.WriteUInt64LittleEndian(record[1..], declaration);
        BinaryPrimitives.WriteUInt64LittleEndian(record[9..], weights);
        BinaryPrimitives.WriteInt64LittleEndian(record[17..], row.Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(record[25..], row.TokenCount);
        BinaryPrimitives.WriteInt32LittleEndian(record[33..], historyTokens);
        MemoryMarshal.AsBytes(state).CopyTo(record[HeaderBytes..]);
        MemoryMarshal.AsBytes(values).CopyTo(record[(HeaderBytes + sizeof(double) * state.Length)..]);
        BinaryPrimitives.WriteUInt64LittleEndian(record[^sizeof(ulong)..], Checksum(record, id));
    }

    /// <summary>Whether a record is as it was written, by whatever version.</summary>
    public static bool IsSound(ReadOnlySpan<byte> record, ReadOnlySpan<byte> id) =>
        record.Length > sizeof(ulong) && BinaryPrimitives.ReadUInt64LittleEndian(record[^sizeof(ulong)..]) == Checksum(record, id);

    /// <summary>Reads a record; returns the weights, the number of its last token and the tokens that the state has read.</summary>
    /// <param name="record">The record.</param>
    /// <param name="id">The stream's id.</param>
    /// <param name="declaration">The declaration of the model that is to continue it.</param>
    /// <param name="state">The state, overwritten.</param>
    /// <param name="outputWidth">Numbers of an output.</param>
    /// <param name="tokenWidth">Numbers of a token.</param>
    /// <param name="values">The output and the last tokens, overwritten; there may be memory for more or fewer tokens than it has.</param>
    /// <exception cref="ModelFileException">It is damaged, or of another declaration.</exception>
    public static (ulong Weights, long Sequence, long TokenCount) Read(
        ReadOnlySpan<byte> record, ReadOnlySpan<byte> id, ulong declaration, Span<double> state, int outputWidth, int tokenWidth,
        Span<float> values)
    {
        if (record.Length < HeaderBytes + sizeof(ulong) || !IsSound(record, id))
        {
            throw new ModelFileException(
                "The record of a stream is damaged: its checksum does not fit; restore a backup, or remove the stream.");
        }
        if (record[0] != Version)
        {
            throw new ModelFileException("The record of a stream was written by another version of AarenGen; read it with that one.");
        }
        if (BinaryPrimitives.ReadUInt64LittleEndian(record[1..]) != declaration)
        {
            throw new ModelFileException(
                "The record of a stream belongs to another declaration; use a model declared like the one that wrote it, or an empty "
                + "store.");
        }
        long sequence = BinaryPrimitives.ReadInt64LittleEndian(record[17..]), tokens = BinaryPrimitives.ReadInt64LittleEndian(record[25..]);
        int history = BinaryPrimitives.ReadInt32LittleEndian(record[33..]);
        long expected = Bytes(state.Length, outputWidth + TokenHistory.Floats(history, tokenWidth));
        if (record.Length != expected || history < 0 || sequence < 0 || tokens < 0)
        {
            throw new ModelFileException(
                $"The record of a stream has {record.Length} bytes in place of {expected}, which cannot be; restore a backup.");
        }
        ReadOnlySpan<byte> body = record[HeaderBytes..^sizeof(ulong)];
        body[..(sizeof(double) * state.Length)].CopyTo(MemoryMarshal.AsBytes(state));
        ReadOnlySpan<byte> floats = body[(sizeof(double) * state.Length)..];
        if (floats.Length == sizeof(float) * values.Length)
        {
            floats.CopyTo(MemoryMarshal.AsBytes(values));
        }
        else
        {
            floats[..(sizeof(float) * outputWidth)].CopyTo(MemoryMarshal.AsBytes(values));
            float[] read = MemoryMarshal.Cast<byte, float>(floats[(sizeof(float) * outputWidth)..].ToArray()).ToArray();
            TokenHistory.Copy(read, values[outputWidth..], tokenWidth, sequence);
        }
        return (BinaryPrimitives.ReadUInt64LittleEndian(record[9..]), sequence, tokens);
    }

    private static ulong Checksum(ReadOnlySpan<byte> record, ReadOnlySpan<byte> id) =>
        XxHash3.HashToUInt64(record[..^sizeof(ulong)], unchecked((long)XxHash3.HashToUInt64(id)));
}
