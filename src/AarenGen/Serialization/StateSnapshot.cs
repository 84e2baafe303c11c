using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace AarenGen.Serialization;

/// <summary>
/// A saved state: magic, fingerprint (64 letters), token count and number of doubles (i64 each), the doubles, and the SHA-256 of all
/// that; little-endian. Several may follow each other in one stream.
/// </summary>
internal static class StateSnapshot
{
    private const int FingerprintBytes = 64;

    /// <summary>2^53: to there, doubles count.</summary>
    private const long MostTokens = 1L << 53;
    private static readonly byte[] Magic = "AARENST1"u8.ToArray();

    /// <exception cref="InvalidOperationException">The state is not finite. Nothing was written.</exception>
    public static void Write(Stream stream, string fingerprint, long tokenCount, ReadOnlySpan<double> memory)
    {
        if (!IsFinite(memory))
        {
            throw new InvalidOperationException(
                "The state holds NaN or infinity, as the model's weights overflowed, and is not saved: "
                + "Reset it or Load an earlier one, and check the weights.");
        }
        byte[] bytes = new byte[BodyBytes(memory.Length) + SHA256.HashSizeInBytes];
        Span<byte> at = bytes;
        Magic.CopyTo(at);
        Encoding.ASCII.GetBytes(fingerprint, at[Magic.Length..]);
        BinaryPrimitives.WriteInt64LittleEndian(at[(Magic.Length + FingerprintBytes)..], tokenCount);
        BinaryPrimitives.WriteInt64LittleEndian(at[(Magic.Length + FingerprintBytes + 8)..], memory.Length);
        MemoryMarshal.AsBytes(memory).CopyTo(at[(Magic.Length + FingerprintBytes + 16)..]);
        SHA256.HashData(bytes.AsSpan(0, BodyBytes(memory.Length)), bytes.AsSpan(BodyBytes(memory.Length)));
        stream.Write(bytes);
    }

    /// <summary>Checks everything, then overwrites the memory; returns the token count.</summary>
    public static long Read(Stream stream, string fingerprint, Span<double> memory)
    {
        byte[] bytes = new byte[BodyBytes(memory.Length) + SHA256.HashSizeInBytes];
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        ReadOnlySpan<byte> body = bytes.AsSpan(0, BodyBytes(memory.Length));
        if (read < Magic.Length + FingerprintBytes || !body.StartsWith(Magic))
        {
            string format = FileFormat.Describe(bytes.AsSpan(0, Math.Min(read, FileFormat.StartBytes)), isState: true);
            throw new ModelFileException($"This is no saved state of a stream, but {format}.");
        }
        string owner = Encoding.ASCII.GetString(body.Slice(Magic.Length, FingerprintBytes));
        if (owner != fingerprint)
        {
            // What is no fingerprint may hold control characters, which do not belong into a message.
            string found = owner.All(char.IsAsciiHexDigitLower) ? $"{owner[..8]}…" : "none of ours";
            throw new ModelFileException(
                $"The state belongs to another declaration ({found}, this model's is {fingerprint[..8]}…); save it again from a model declared like this one.");
        }
        if (read < bytes.Length)
        {
            throw new ModelFileException($"The saved state is cut short: {read} of {bytes.Length} bytes are there.");
        }
        if (!SHA256.HashData(body).AsSpan().SequenceEqual(bytes.AsSpan(body.Length)))
        {
            throw new ModelFileException("The saved state is damaged: its checksum does not fit.");
        }
        long tokens = BinaryPrimitives.ReadInt64LittleEndian(body[(Magic.Length + FingerprintBytes)..]);
        long count = BinaryPrimitives.ReadInt64LittleEndian(body[(Magic.Length + FingerprintBytes + 8)..]);
        ReadOnlySpan<double> numbers = MemoryMarshal.Cast<byte, double>(body[(Magic.Length + FingerprintBytes + 16)..]);
        if (tokens is < 0 or > MostTokens || count != memory.Length)
        {
            throw new ModelFileException($"The saved state holds {count} numbers after {tokens} tokens, which cannot be.");
        }
        if (!IsFinite(numbers))
        {
            throw new ModelFileException("The saved state holds NaN or infinity; use an older copy.");
        }
        numbers.CopyTo(memory);
        return tokens;
    }

    /// <summary>
    /// Whether all numbers are finite. Some layers keep floats, two to a double: the exponent of the later one lies in the upper bits of
    /// the double's, so that a double from 2^1017 on, which no state reaches, counts as infinite. Layers whose floats are not finite see to it
    /// that neighbours are neither.
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

    private static int BodyBytes(int doubles) => Magic.Length + FingerprintBytes + 16 + sizeof(double) * doubles;
}
