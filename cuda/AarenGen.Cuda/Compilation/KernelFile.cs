using System.Buffers.Binary;
using System.Security.Cryptography;

namespace AarenGen.Cuda.Compilation;

/// <summary>A file of the cache: magic, version, length, key, hash of the code, code. Whatever is not whole is not read.</summary>
internal static class KernelFile
{
    private const int KeyStart = 16, HashStart = KeyStart + SHA256.HashSizeInBytes, CodeStart = HashStart + SHA256.HashSizeInBytes;
    private const int Version = 1;

    private static ReadOnlySpan<byte> Magic => "AGKC"u8;

    public static byte[] Encode(byte[] code, byte[] key)
    {
        byte[] file = new byte[CodeStart + code.Length];
        Magic.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), Version);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(8), code.Length);
        key.CopyTo(file, KeyStart);
        SHA256.HashData(code, file.AsSpan(HashStart));
        code.CopyTo(file, CodeStart);
        return file;
    }

    /// <summary>
    /// The code of a file; null where the file is damaged, cut short, of another version or of another key. The length in its header is
    /// checked against the file's own before memory is allocated.
    /// </summary>
    public static byte[]? Decode(Stream file, ReadOnlySpan<byte> key)
    {
        Span<byte> header = stackalloc byte[CodeStart];
        if (file.ReadAtLeast(header, CodeStart, throwOnEndOfStream: false) < CodeStart || !header.StartsWith(Magic)
            || BinaryPrimitives.ReadInt32LittleEndian(header[4..]) != Version || !header[KeyStart..HashStart].SequenceEqual(key))
        {
            return null;
        }
        long length = BinaryPrimitives.ReadInt64LittleEndian(header[8..]);
        if (length != file.Length - CodeStart || length > Array.MaxLength)
        {
            return null;
        }
        var code = new byte[length];
        file.ReadExactly(code);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(code, hash);
        return hash.SequenceEqual(header[HashStart..CodeStart]) ? code : null;
    }
}
