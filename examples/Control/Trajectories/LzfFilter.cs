using PureHDF.Filters;

namespace Control;

/// <summary>Reads chunks that h5py's filter lzf compressed.</summary>
/// <remarks>
/// Format: LibLZF by Marc Lehmann; the filter's parameters as in h5py's lzf_filter.c: its revision, LZF's version, bytes of a chunk.
/// </remarks>
internal sealed class LzfFilter : IH5Filter
{
    /// <summary>The filter's number in HDF5's registry.</summary>
    public const ushort Id = 32000;

    private const int LiteralRuns = 32, LongLength = 7;

    /// <summary>
    /// Bytes of a number where the data set's bytes were shuffled before they were compressed, else 1. A chunk that did not get smaller is
    /// stored as it was, and the reading library then leaves out the step before this one, so it is done here.
    /// </summary>
    [ThreadStatic]
    private static int shuffledBytes;

    /// <inheritdoc/>
    public ushort FilterId => Id;

    /// <inheritdoc/>
    public string Name => "lzf";

    /// <summary>
    /// Sets, for this thread, the bytes of each number if the bytes were shuffled, otherwise 1.
    /// </summary>
    public static void ExpectShuffled(int bytes) => shuffledBytes = bytes;

    /// <inheritdoc/>
    public Memory<byte> Filter(FilterInfo info)
    {
        int length = info.Parameters is [_, _, > 0, ..] ? (int)Math.Min(info.Parameters[2], int.MaxValue) : info.ChunkSize;
        if (length > BoundedDeflateFilter.MostBytes(info))
        {
            throw Damaged();
        }
        return info.Buffer.Length == length ? Unshuffle(info.Buffer.Span, shuffledBytes) : Decompress(info.Buffer.Span, length);
    }

    /// <inheritdoc/>
    public uint[] GetParameters(uint[] chunkDimensions, uint typeSize, Dictionary<string, object>? options) =>
        throw new NotSupportedException("This filter only reads.");

    /// <summary>Decompresses a chunk: literal runs of bytes, and copies of earlier bytes.</summary>
    /// <param name="source">The compressed bytes.</param>
    /// <param name="length">Bytes of the chunk.</param>
    /// <exception cref="InvalidDataException">The bytes are not such a chunk.</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> source, int length)
    {
        var chunk = new byte[length];
        int from = 0, to = 0;
        while (from < source.Length)
        {
            int control = source[from++];
            if (control < LiteralRuns)
            {
                int count = control + 1;
                if (count > source.Length - from || count > length - to)
                {
                    throw Damaged();
                }
                source.Slice(from, count).CopyTo(chunk.AsSpan(to));
                from += count;
                to += count;
                continue;
            }
            int copied = control >> 5;
            if (copied == LongLength)
            {
                copied += Next(source, ref from);
            }
            copied += 2;
            int distance = ((control & 0x1F) << 8) + Next(source, ref from) + 1;
            if (distance > to || copied > length - to)
            {
                throw Damaged();
            }
            // Byte by byte: source and target of a copy may overlap.
            for (int i = 0; i < copied; i++, to++)
            {
                chunk[to] = chunk[to - distance];
            }
        }
        return to == length ? chunk : throw Damaged();
    }

    private static byte Next(ReadOnlySpan<byte> source, ref int from) => from < source.Length ? source[from++] : throw Damaged();

    private static byte[] Unshuffle(ReadOnlySpan<byte> shuffled, int bytes)
    {
        var chunk = shuffled.ToArray();
        int count = bytes > 1 ? shuffled.Length / bytes : 0;
        for (int i = 0; i < count; i++)
        {
            for (int b = 0; b < bytes; b++)
            {
                chunk[i * bytes + b] = shuffled[b * count + i];
            }
        }
        return chunk;
    }

    private static InvalidDataException Damaged() => new("a chunk compressed by lzf is damaged");
}
