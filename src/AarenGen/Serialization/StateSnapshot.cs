using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace AarenGen.Serialization;

/// <summary>
/// A saved state: magic, version of the format (a digit), fingerprints of the declaration (64 letters) and of the weights (u64, 0 before
/// the first token), token count and number of doubles (i64 each), the doubles, the length of the series's name in bytes (i32, -1 for
/// none), the name in UTF-8, and the SHA-256 of all that; little-endian. Several may follow each other in one stream.
/// </summary>
internal static class StateSnapshot
{
    public const byte Version = (byte)'3';

    /// <summary>The length of the name of a state that has none.</summary>
    public const int NoSeries = -1;
    public const int FingerprintBytes = 64;

    /// <summary>2^53: up to there doubles hold every whole number.</summary>
    public const long MaxTokens = 1L << 53;

    /// <summary>What the file of every version starts with.</summary>
    public static ReadOnlySpan<byte> Magic => "AARENST"u8;

    /// <summary>Bytes before the doubles.</summary>
    public static int HeaderBytes => StartBytes + FingerprintBytes + 3 * sizeof(long);

    private static int StartBytes => Magic.Length + 1;

    /// <exception cref="InvalidOperationException">The state is not finite. Nothing was written.</exception>
    public static void Write(
        Stream stream, string fingerprint, ulong weights, long tokenCount, ReadOnlySpan<double> memory, string? series = null)
    {
        if (!IsFinite(memory))
        {
            throw new InvalidOperationException(
                "The state holds NaN or infinity, as the model's weights overflowed, and is not saved: "
                + "Reset it or Load an earlier one, and check the weights.");
        }
        byte[] name = series is null ? [] : SeriesName.Encoding.GetBytes(series);
        int nameStart = NameStart(memory.Length), body = nameStart + sizeof(int) + name.Length;
        byte[] bytes = new byte[body + SHA256.HashSizeInBytes];
        Span<byte> at = bytes;
        Magic.CopyTo(at);
        at[Magic.Length] = Version;
        Encoding.ASCII.GetBytes(fingerprint, at[StartBytes..]);
        BinaryPrimitives.WriteUInt64LittleEndian(at[(StartBytes + FingerprintBytes)..], weights);
        BinaryPrimitives.WriteInt64LittleEndian(at[(StartBytes + FingerprintBytes + 8)..], tokenCount);
        BinaryPrimitives.WriteInt64LittleEndian(at[(StartBytes + FingerprintBytes + 16)..], memory.Length);
        MemoryMarshal.AsBytes(memory).CopyTo(at[HeaderBytes..]);
        BinaryPrimitives.WriteInt32LittleEndian(at[nameStart..], series is null ? NoSeries : name.Length);
        name.CopyTo(at[(nameStart + sizeof(int))..]);
        SHA256.HashData(bytes.AsSpan(0, body), bytes.AsSpan(body));
        stream.Write(bytes);
    }

    /// <summary>
    /// Checks everything, then overwrites the memory; returns the fingerprint of the weights, the token count and the series, null where
    /// there is none.
    /// </summary>
    public static (ulong Weights, long TokenCount, string? Series) Read(
        Stream stream, string fingerprint, Span<double> memory, bool knowsSeries)
    {
        // A name's length comes before all that depends on it.
        byte[] bytes = new byte[NameStart(memory.Length) + sizeof(int)];
        int total = bytes.Length + SHA256.HashSizeInBytes, read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        ReadOnlySpan<byte> body = bytes;
        int compared = Math.Min(read, Magic.Length);
        if (read == 0 || !body[..compared].SequenceEqual(Magic[..compared]))
        {
            string format = FileFormat.Describe(bytes.AsSpan(0, Math.Min(read, FileFormat.StartBytes)), isState: true);
            throw new ModelFileException($"This is no saved state of a stream, but {format}");
        }
        if (read > Magic.Length && body[Magic.Length] != Version)
        {
            throw new ModelFileException("The state was saved by another version of AarenGen; save it again with this one.");
        }
        if (read < StartBytes + FingerprintBytes)
        {
            throw CutShort();
        }
        string owner = Encoding.ASCII.GetString(body.Slice(StartBytes, FingerprintBytes));
        if (owner != fingerprint)
        {
            // What is no fingerprint may hold control characters, which do not belong into a message.
            string found = owner.All(char.IsAsciiHexDigitLower) ? $"{owner[..8]}…" : "none of ours";
            throw new ModelFileException(
                $"The state belongs to another declaration ({found}, this model's is {fingerprint[..8]}…); "
                + "save it again from a model declared like this one.");
        }
        if (read < bytes.Length)
        {
            throw CutShort();
        }
        int nameBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(NameStart(memory.Length)));
        if (nameBytes < NoSeries || nameBytes > (knowsSeries ? SeriesName.MaxBytes : NoSeries))
        {
            throw Damaged();
        }
        int known = bytes.Length, hashed = known + Math.Max(0, nameBytes);
        total = hashed + SHA256.HashSizeInBytes;
        Array.Resize(ref bytes, total);
        read += stream.ReadAtLeast(bytes.AsSpan(known), total - known, throwOnEndOfStream: false);
        if (read < total)
        {
            throw CutShort();
        }
        body = bytes.AsSpan(0, hashed);
        if (!SHA256.HashData(body).AsSpan().SequenceEqual(bytes.AsSpan(body.Length)))
        {
            throw Damaged();
        }
        ulong weights = BinaryPrimitives.ReadUInt64LittleEndian(body[(StartBytes + FingerprintBytes)..]);
        long tokens = BinaryPrimitives.ReadInt64LittleEndian(body[(StartBytes + FingerprintBytes + 8)..]);
        long count = BinaryPrimitives.ReadInt64LittleEndian(body[(StartBytes + FingerprintBytes + 16)..]);
        ReadOnlySpan<double> numbers = MemoryMarshal.Cast<byte, double>(body.Slice(HeaderBytes, sizeof(double) * memory.Length));
        if (tokens is < 0 or > MaxTokens || count != memory.Length)
        {
            throw new ModelFileException($"The saved state holds {count} numbers after {tokens} tokens, which cannot be.");
        }
        if (!IsFinite(numbers))
        {
            throw new ModelFileException("The saved state holds NaN or infinity; use an older copy.");
        }
        string? series = nameBytes == NoSeries ? null : NameIn(body[^nameBytes..]);
        numbers.CopyTo(memory);
        return (weights, tokens, series);

        ModelFileException Damaged() => new("The saved state is damaged: its checksum does not fit; use an older copy.");

        ModelFileException CutShort() =>
            new($"The saved state is cut short: {read} of {total} bytes are there; use an older copy.");
    }

    /// <summary>
    /// Whether all numbers are finite. Some layers keep two floats in a double: the exponent of the second lies in the upper bits of the
    /// double's, so that a double from 2^1017 on, which no state reaches, counts as infinite. Where a float is not finite, these layers set
    /// neighbouring floats to NaN as well.
    /// </summary>
    private static bool IsFinite(ReadOnlySpan<double> memory)
    {
        const ulong exponent = 0x7F80_0000_0000_0000;
        foreach (double value in memory)
        {
            if ((BitConverter.DoubleToUInt64Bits(value) & exponent) == exponent)
            {
                return false;
            }
        }
        return true;
    }

    /// <exception cref="ModelFileException">It is no name.</exception>
    public static string NameIn(ReadOnlySpan<byte> bytes)
    {
        try
        {
            string name = SeriesName.Encoding.GetString(bytes);
            if (SeriesName.IsValid(name))
            {
                return name;
            }
        }
        catch (DecoderFallbackException)
        {
        }
        throw new ModelFileException("The saved state has a series whose name cannot be one; use an older copy.");
    }

    /// <summary>Where the length of the series's name begins.</summary>
    private static int NameStart(int doubles) => HeaderBytes + sizeof(double) * doubles;
}
