using System.Buffers.Binary;
using System.Text;

namespace AarenGen.Orleans;

/// <summary>
/// Records of some streams as one state: version (u8), the epoch of its writer (i64), whether streams may be added (u8), the number of
/// records (i32), then of each bytes of the id (u8), the id, bytes of the record (i32) and the record; little-endian.
/// </summary>
internal static class StoredPage
{
    /// <summary>Bytes of a page before its records.</summary>
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

    public static byte[] Write(long epoch, bool isOpen, IReadOnlyList<(string Id, ReadOnlyMemory<byte> Record)> records)
    {
        var page = new byte[HeaderBytes + records.Sum(static r => BytesOf(r.Id, r.Record.Length))];
        page[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(page.AsSpan(1), epoch);
        page[OpenAt] = isOpen ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(OpenAt + 1), records.Count);
        int at = HeaderBytes;
        foreach ((string id, ReadOnlyMemory<byte> record) in records)
        {
            int bytes = Encoding.UTF8.GetBytes(id, page.AsSpan(at + 1));
            page[at] = (byte)bytes;
            at += 1 + bytes;
            BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(at), record.Length);
            record.CopyTo(page.AsMemory(at + sizeof(int)));
            at += sizeof(int) + record.Length;
        }
        return page;
    }

    /// <summary>Bytes of a record on a page.</summary>
    public static int BytesOf(string id, int record) => 1 + Encoding.UTF8.GetByteCount(id) + sizeof(int) + record;

    /// <summary>Bytes of a page with one record at most.</summary>
    public static int MaxBytesOf(int record) => HeaderBytes + 1 + byte.MaxValue + sizeof(int) + record;

    /// <exception cref="IOException">It is no page, or one of another version.</exception>
    public static List<(string Id, ReadOnlyMemory<byte> Record)> Read(string name, byte[] page)
    {
        var records = new List<(string, ReadOnlyMemory<byte>)>();
        if (page.Length == 0)
        {
            return records;
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
                records.Add((id, page.AsMemory(at + sizeof(int), bytes)));
                at += sizeof(int) + bytes;
            }
            return at == page.Length ? records : throw Damaged(name, null);
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
