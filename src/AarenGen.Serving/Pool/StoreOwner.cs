using System.Buffers.Binary;
using System.IO.Hashing;

namespace AarenGen.Serving;

/// <summary>
/// What a service keeps of itself in its store: version (u8), declaration (the first eight bytes of its fingerprint), and an XxHash3 of
/// them, little-endian, as the saved stream of the empty id. Without it, a model of another declaration would begin a second set of streams
/// beside the first.
/// </summary>
internal static class StoreOwner
{
    private const byte Version = 1;
    private const int Bytes = 1 + 2 * sizeof(ulong);

    private static readonly string[] Id = [""];

    /// <summary>Makes a store that of a declaration, where it is nobody's yet.</summary>
    /// <exception cref="IOException">The store cannot be read or written.</exception>
    /// <exception cref="ModelFileException">It is that of another declaration, or of another version.</exception>
    public static async Task ClaimAsync(IStreamStore store, ulong declaration, CancellationToken cancellationToken)
    {
        byte[]? found = null;
        await store.ReadAsync(Id, (_, data) => found = data.ToArray(), cancellationToken).ConfigureAwait(false);
        if (found is null)
        {
            var saved = new byte[Bytes];
            saved[0] = Version;
            BinaryPrimitives.WriteUInt64LittleEndian(saved.AsSpan(1), declaration);
            BinaryPrimitives.WriteUInt64LittleEndian(saved.AsSpan(1 + sizeof(ulong)), Checksum(saved));
            await store.WriteAsync([new("", saved)], cancellationToken).ConfigureAwait(false);
        }
        else if (found.Length == Bytes && BinaryPrimitives.ReadUInt64LittleEndian(found.AsSpan(1 + sizeof(ulong))) != Checksum(found))
        {
            throw new ModelFileException("What says whose the store is, is damaged; restore a backup.");
        }
        else if (found.Length != Bytes || found[0] != Version)
        {
            throw new ModelFileException("The store was written by another version of AarenGen; use that one, or an empty store.");
        }
        else if (BinaryPrimitives.ReadUInt64LittleEndian(found.AsSpan(1)) != declaration)
        {
            throw new ModelFileException(
                "The store belongs to another declaration; use a model declared like the one that wrote it, or an empty store.");
        }
    }

    private static ulong Checksum(byte[] saved) => XxHash3.HashToUInt64(saved.AsSpan(0, 1 + sizeof(ulong)));
}
