using System.IO.Compression;
using System.Runtime.InteropServices;
using PureHDF.Filters;

namespace Control;

/// <summary>Deflate that stops when a chunk exceeds its size; the library's own filter continues as long as bytes come.</summary>
internal sealed class BoundedDeflateFilter : IH5Filter
{
    /// <summary>Filters before this one may have added to the chunk, as a checksum of 4 bytes.</summary>
    private const int Added = 64;

    private readonly DeflateFilter writer = new();

    /// <inheritdoc/>
    public ushort FilterId => DeflateFilter.Id;

    /// <inheritdoc/>
    public string Name => writer.Name;

    /// <summary>Maximum number of bytes that a filter may make of a chunk.</summary>
    public static long MostBytes(FilterInfo info) => (long)info.ChunkSize + Added;

    /// <inheritdoc/>
    public Memory<byte> Filter(FilterInfo info)
    {
        if (!info.Flags.HasFlag(H5FilterFlags.Decompress))
        {
            return writer.Filter(info);
        }
        byte[] bytes = MemoryMarshal.TryGetArray<byte>(info.Buffer, out ArraySegment<byte> held) ? held.Array! : info.Buffer.ToArray();
        using var source = new MemoryStream(bytes, held.Offset, info.Buffer.Length);
        using var stream = new ZLibStream(source, CompressionMode.Decompress);
        var chunk = new byte[Math.Min(MostBytes(info), Array.MaxLength)];
        int length = stream.ReadAtLeast(chunk, chunk.Length, throwOnEndOfStream: false);
        return length < chunk.Length ? chunk.AsMemory(0, length)
            : throw new InvalidDataException("a compressed chunk is longer than it says");
    }

    /// <inheritdoc/>
    public uint[] GetParameters(uint[] chunkDimensions, uint typeSize, Dictionary<string, object>? options) =>
        writer.GetParameters(chunkDimensions, typeSize, options);
}
