using System.Buffers.Binary;

namespace AarenGen.Serving;

/// <summary>
/// The ids of streams as UTF-8, without an object for each: each has a run of granules of 4 bytes. Runs that are released are used again
/// for ids of as many granules; each holds where the next one begins.
/// </summary>
internal sealed class IdArena
{
    /// <summary>Maximum number of bytes of an id.</summary>
    public const int MaxBytes = 255;

    private const int GranuleBytes = 4, GranulesPerChunk = 1 << 14;
    private readonly List<byte[]> chunks = [];

    /// <summary>Of each number of granules, where the first released run begins; −1: there is none.</summary>
    private readonly int[] released = [.. Enumerable.Repeat(-1, GranulesOf(MaxBytes) + 1)];
    private int next = GranulesPerChunk;

    /// <summary>Bytes that are allocated for ids.</summary>
    public long MemoryBytes => (long)chunks.Count * GranulesPerChunk * GranuleBytes;

    /// <summary>Keeps a copy of an id; returns where it begins, in granules.</summary>
    public int Add(ReadOnlySpan<byte> id)
    {
        int granules = GranulesOf(id.Length);
        int start = released[granules];
        if (start >= 0)
        {
            released[granules] = BinaryPrimitives.ReadInt32LittleEndian(Bytes(start, sizeof(int)));
        }
        else
        {
            if (next + granules > GranulesPerChunk)
            {
                chunks.Add(GC.AllocateUninitializedArray<byte>(GranulesPerChunk * GranuleBytes));
                next = 0;
            }
            start = (chunks.Count - 1) * GranulesPerChunk + next;
            next += granules;
        }
        id.CopyTo(Bytes(start, id.Length));
        return start;
    }

    /// <summary>An id, by where it begins and how many bytes it has.</summary>
    public ReadOnlySpan<byte> Get(int start, int length) => Bytes(start, length);

    /// <summary>Gives back the memory of an id.</summary>
    public void Release(int start, int length)
    {
        ref int first = ref released[GranulesOf(length)];
        BinaryPrimitives.WriteInt32LittleEndian(Bytes(start, sizeof(int)), first);
        first = start;
    }

    private static int GranulesOf(int bytes) => (bytes + GranuleBytes - 1) / GranuleBytes;

    private Span<byte> Bytes(int start, int length) =>
        chunks[start / GranulesPerChunk].AsSpan(start % GranulesPerChunk * GranuleBytes, length);
}
