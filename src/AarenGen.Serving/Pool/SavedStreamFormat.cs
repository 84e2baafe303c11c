using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace AarenGen.Serving;

/// <summary>
/// A stream as a store and a file keep it: version (u8), declaration (the first eight bytes of its fingerprint), weights that last stepped
/// it (u64), the number of the last token and the number of tokens that the state has read (i64 each), how many tokens of history there is
/// memory for (i32), the state's doubles, the output, the history (<see cref="TokenHistory"/>), and an XxHash3 of the id and all that, so
/// that a stream in another's place is found; little-endian.
/// </summary>
internal static class SavedStreamFormat
{
    private const byte Version = 1;
    private const int HeaderBytes = 1 + 4 * sizeof(long) + sizeof(int);

    public static int Bytes(int doubles, int floats) => HeaderBytes + sizeof(double) * doubles + sizeof(float) * floats + sizeof(ulong);

    public static void Write(
        Span<byte> saved, ReadOnlySpan<byte> id, ulong declaration, ulong weights, in StreamRow row, ReadOnlySpan<double> state,
        int historyTokens, ReadOnlySpan<float> values)
    {
        saved[0] = Version;
        BinaryPrimitives.WriteUInt64LittleEndian(saved[1..], declaration);
        BinaryPrimitives.WriteUInt64LittleEndian(saved[9..], weights);
        BinaryPrimitives.WriteInt64LittleEndian(saved[17..], row.Sequence);
        BinaryPrimitives.WriteInt64LittleEndian(saved[25..], row.TokenCount);
        BinaryPrimitives.WriteInt32LittleEndian(saved[33..], historyTokens);
        MemoryMarshal.AsBytes(state).CopyTo(saved[HeaderBytes..]);
        MemoryMarshal.AsBytes(values).CopyTo(saved[(HeaderBytes + sizeof(double) * state.Length)..]);
        BinaryPrimitives.WriteUInt64LittleEndian(saved[^sizeof(ulong)..], Checksum(saved, id));
    }

    /// <summary>Whether a saved stream is as it was written, by whatever version.</summary>
    public static bool IsSound(ReadOnlySpan<byte> saved, ReadOnlySpan<byte> id) =>
        saved.Length > sizeof(ulong) && BinaryPrimitives.ReadUInt64LittleEndian(saved[^sizeof(ulong)..]) == Checksum(saved, id);

    /// <summary>Reads a saved stream; returns the weights, the number of its last token and the tokens that the state has read.</summary>
    /// <param name="saved">The saved stream.</param>
    /// <param name="id">The stream's id.</param>
    /// <param name="declaration">The declaration of the model that is to continue it.</param>
    /// <param name="state">The state, overwritten.</param>
    /// <param name="outputWidth">Numbers of an output.</param>
    /// <param name="tokenWidth">Numbers of a token.</param>
    /// <param name="values">The output and the last tokens, overwritten; there may be memory for more or fewer tokens than it has.</param>
    /// <exception cref="ModelFileException">It is damaged, or of another declaration.</exception>
    public static (ulong Weights, long Sequence, long TokenCount) Read(
        ReadOnlySpan<byte> saved, ReadOnlySpan<byte> id, ulong declaration, Span<double> state, int outputWidth, int tokenWidth,
        Span<float> values)
    {
        if (saved.Length < HeaderBytes + sizeof(ulong) || !IsSound(saved, id))
        {
            throw new ModelFileException(
                "A saved stream is damaged: its checksum does not fit; restore a backup, or remove the stream.");
        }
        if (saved[0] != Version)
        {
            throw new ModelFileException("A saved stream was written by another version of AarenGen; read it with that one.");
        }
        if (BinaryPrimitives.ReadUInt64LittleEndian(saved[1..]) != declaration)
        {
            throw new ModelFileException(
                "A saved stream belongs to another declaration; use a model declared like the one that wrote it, or an empty "
                + "store.");
        }
        long sequence = BinaryPrimitives.ReadInt64LittleEndian(saved[17..]), tokens = BinaryPrimitives.ReadInt64LittleEndian(saved[25..]);
        int history = BinaryPrimitives.ReadInt32LittleEndian(saved[33..]);
        long expected = Bytes(state.Length, outputWidth + TokenHistory.Floats(history, tokenWidth));
        if (saved.Length != expected || history < 0 || sequence < 0 || tokens < 0)
        {
            throw new ModelFileException(
                $"A saved stream has {saved.Length} bytes in place of {expected}, which cannot be; restore a backup.");
        }
        ReadOnlySpan<byte> body = saved[HeaderBytes..^sizeof(ulong)];
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
        return (BinaryPrimitives.ReadUInt64LittleEndian(saved[9..]), sequence, tokens);
    }

    private static ulong Checksum(ReadOnlySpan<byte> saved, ReadOnlySpan<byte> id) =>
        XxHash3.HashToUInt64(saved[..^sizeof(ulong)], unchecked((long)XxHash3.HashToUInt64(id)));
}
