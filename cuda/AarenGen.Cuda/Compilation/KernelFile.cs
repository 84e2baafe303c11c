using System.Buffers.Binary;
using System.Security.Cryptography;

namespace AarenGen.Cuda.Compilation;

/// <summary>
/// A file of the cache: magic, version, length, key, hash of all that follows; what the code was compiled for, the compiler's version, the
/// code. Whatever is not whole is not read.
/// </summary>
internal static class KernelFile
{
    private const int KeyStart = 16, HashStart = KeyStart + SHA256.HashSizeInBytes, BodyStart = HashStart + SHA256.HashSizeInBytes;

    /// <summary>In the body: architecture, whether it is PTX, major and minor version of the compiler, then the code.</summary>
    private const int CodeStart = 4 * sizeof(int);
    private const int Version = 2;

    private static ReadOnlySpan<byte> Magic => "AGKC"u8;

    public static byte[] Encode(DeviceCode code, byte[] key)
    {
        byte[] file = new byte[BodyStart + CodeStart + code.Image.Length];
        Magic.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), Version);
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(8), file.Length - BodyStart);
        key.CopyTo(file, KeyStart);
        Span<byte> body = file.AsSpan(BodyStart);
        int[] facts = [code.Target.Architecture, code.Target.IsPtx ? 1 : 0, code.Compiler.Major, code.Compiler.Minor];
        for (int i = 0; i < facts.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(body[(i * sizeof(int))..], facts[i]);
        }
        code.Image.CopyTo(body[CodeStart..]);
        SHA256.HashData(body, file.AsSpan(HashStart));
        return file;
    }

    /// <summary>
    /// The code of a file; null where the file is damaged, cut short, of another version or of another key. The length in its header is
    /// checked against the file's own before memory is allocated.
    /// </summary>
    public static DeviceCode? Decode(Stream file, ReadOnlySpan<byte> key, string name)
    {
        Span<byte> header = stackalloc byte[BodyStart];
        if (file.ReadAtLeast(header, BodyStart, throwOnEndOfStream: false) < BodyStart || !header.StartsWith(Magic)
            || BinaryPrimitives.ReadInt32LittleEndian(header[4..]) != Version || !header[KeyStart..HashStart].SequenceEqual(key))
        {
            return null;
        }
        long length = BinaryPrimitives.ReadInt64LittleEndian(header[8..]);
        if (length != file.Length - BodyStart || length is < CodeStart || length > Array.MaxLength)
        {
            return null;
        }
        var body = new byte[length];
        file.ReadExactly(body);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        if (!hash.SequenceEqual(header[HashStart..BodyStart]))
        {
            return null;
        }
        int Fact(int i) => BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(i * sizeof(int)));
        return new(name, new(Fact(0), Fact(1) != 0), new(Fact(2), Fact(3)), body[CodeStart..]);
    }
}
