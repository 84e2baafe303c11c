using System.Buffers.Binary;
using System.Text;

namespace AarenGen.Orleans;

/// <summary>
/// Some saved streams as one state: version (u8), the epoch of its writer (i64), whether streams may be added (u8), the number of
/// streams (i32), then of each bytes of the id (u8), the id, the number of its bytes (i32) and its bytes; little-endian.
/// </summary>
internal static class StoredPage
{
    /// <summary>Bytes of a page before its streams.</summary>
    public const int HeaderBytes = OpenAt + 1 + sizeof(int);

    private const byte Version = 2;
    private const int OpenAt = 1 + sizeof(long);

    /// <summary>The epoch of its writer; 0: there is no page.</summary>
    /// <exception cref="IOException">It is one of another version, or damaged.</exception>
    public static long EpochOf(string name, byte[] page)
    {
        if (page.Length == 0)
        {
            return 0;
        }
        CheckVersion(name, page);
        return BinaryPrimitives.ReadInt64LittleEndian(page.AsSpan(1));
    }

    /// <summary>Whether the writer of a page of this version may have added streams to it since.</summary>
    public static bool IsOpen(byte[] page) => page[OpenAt] != 0;

    /// <summary>The same page of another writer, where it is of this version.</summary>
    public static byte[] Claim(byte[] page, long epoch)
    {
        byte[] claimed = [.. page];
        BinaryPrimitives.WriteInt64LittleEndian(claimed.AsSpan(1), epoch);
        return claimed;
    }

    public static byte[] Write(long epoch, bool isOpen, IReadOnlyList<(string Id, ReadOnlyMemory<byte> Saved)> streams)
    {
        var page = new byte[HeaderBytes + streams.Sum(static r => BytesOf(r.Id, r.Saved.Length))];
        page[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(page.AsSpan(1), epoch);
        page[OpenAt] = isOpen ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(OpenAt + 1), streams.Count);
        int at = HeaderBytes;
        foreach ((string id, ReadOnlyMemory<byte> saved) in streams)
        {
            int bytes = Encoding.UTF8.GetBytes(id, page.AsSpan(at + 1));
            page[at] = (byte)bytes;
            at += 1 + bytes;
            BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(at), saved.Length);
            saved.CopyTo(page.AsMemory(at + sizeof(int)));
            at += sizeof(int) + saved.Length;
        }
        return page;
    }

    /// <summary>Bytes of a stream on a page.</summary>
    public static int BytesOf(string id, int saved) => 1 + Encoding.UTF8.GetByteCount(id) + sizeof(int) + saved;

    /// <summary>Bytes of a page with one stream at most.</summary>
    public static int MaxBytesOf(int saved) => HeaderBytes + 1 + byte.MaxValue + sizeof(int) + saved;

    /// <exception cref="IOException">It is no page, or one of another version.</exception>
    public static List<(string Id, ReadOnlyMemory<byte> Saved)> Read(string name, byte[] page)
    {
        var streams = new List<(string, ReadOnlyMemory<byte>)>();
        if (page.Length == 0)
        {
            return streams;
        }
        CheckVersion(name, page);
        try
        {
            int count = BinaryPrimitives.ReadInt32LittleEndian(page.AsSpan(OpenAt + 1)), at = HeaderBytes;
            for (int i = 0; i < count; i++)
            {
                string id = Encoding.UTF8.GetString(page, at + 1, page[at]);
                at += 1 + page[at];
                int bytes = BinaryPrimitives.ReadInt32LittleEndian(page.AsSpan(at));
                streams.Add((id, page.AsMemory(at + sizeof(int), bytes)));
                at += sizeof(int) + bytes;
            }
            return at == page.Length ? streams : throw Damaged(name, null);
        }
        catch (Exception error) when (error is ArgumentException or IndexOutOfRangeException)
        {
            throw Damaged(name, error);
        }
    }

    private static void CheckVersion(string name, byte[] page)
    {
        if (page[0] != Version)
        {
            throw new IOException($"State '{name}' was written by another version of AarenGen; use that one, or another ServiceId.");
        }
        if (page.Length < HeaderBytes)
        {
            throw Damaged(name, null);
        }
    }

    private static IOException Damaged(string name, Exception? error) =>
        new($"State '{name}' is damaged: its lengths do not fit; restore a backup.", error);
}
