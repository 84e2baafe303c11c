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

    /// <summary>The code of a file; null where the file is damaged, cut short, of another version or of another key.</summary>
    public static byte[]? Decode(ReadOnlySpan<byte> file, ReadOnlySpan<byte> key)
    {
        if (file.Length < CodeStart || !file.StartsWith(Magic) || BinaryPrimitives.ReadInt32LittleEndian(file[4..]) != Version
            || BinaryPrimitives.ReadInt64LittleEndian(file[8..]) != file.Length - CodeStart || !file[KeyStart..HashStart].SequenceEqual(key))
        {
            return null;
        }
        ReadOnlySpan<byte> code = file[CodeStart..];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(code, hash);
        return hash.SequenceEqual(file[HashStart..CodeStart]) ? code.ToArray() : null;
    }
}
