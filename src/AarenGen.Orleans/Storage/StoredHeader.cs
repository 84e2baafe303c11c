using System.Buffers.Binary;

namespace AarenGen.Orleans;

/// <summary>
/// What a shard keeps of itself: version (u8), epoch (i64), floor (i64), pages (i32), entries of the ring (i32) and the version of its
/// weights (i64), little-endian.
/// </summary>
/// <param name="Epoch">How often the shard was activated: who has a lower one has been followed by another.</param>
/// <param name="Floor">Entries of the log up to this position are not needed any more.</param>
/// <param name="Pages">How many pages there are.</param>
/// <param name="Ring">In how many states the log goes round.</param>
/// <param name="Weights">The version of the weights that step; 0: none has been said.</param>
internal readonly record struct StoredHeader(long Epoch, long Floor, int Pages, int Ring, long Weights)
{
    public const string Name = "header";

    private const byte Version = 1;
    private const int Bytes = 1 + 3 * sizeof(long) + 2 * sizeof(int);

    public byte[] Write()
    {
        var header = new byte[Bytes];
        header[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(1), Epoch);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(9), Floor);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(17), Pages);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(21), Ring);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(25), Weights);
        return header;
    }

    /// <exception cref="IOException">It is none, or one of another version.</exception>
    public static StoredHeader Read(byte[] header) => header.Length == Bytes && header[0] == Version
        ? new(
            BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(1)), BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(9)),
            BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(17)), BinaryPrimitives.ReadInt32LittleEndian(header.AsSpan(21)),
            BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(25)))
        : throw new IOException("The header of a shard was written by another version of AarenGen, or is damaged; restore a backup.");
}
