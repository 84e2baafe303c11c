using System.IO.Hashing;

namespace AarenGen.Serving.Sqlite;

/// <summary>
/// The database file of a log. Entries have successive positions from 1 on. Truncating only moves the floor, above which entries are there;
/// what lies below is removed beside the writer.
/// </summary>
internal sealed class LogFile : DatabaseFile
{
    private const string Tables =
        "CREATE TABLE entry (position INTEGER PRIMARY KEY, checksum INTEGER NOT NULL, data BLOB NOT NULL); "
        + "CREATE TABLE floor (number INTEGER PRIMARY KEY, position INTEGER NOT NULL); INSERT INTO floor VALUES (1, 0); "
        + FlushTable;

    private const int Cache = 1 << 20, ReadAtOnce = 64, RemovedAtOnce = 32;

    private readonly Statement append, read, remove, truncate;
    // Entries are those above the floor; rows of the table are those above what is removed.
    private long removed, floor, last;

    public LogFile(int number, string path, StoreDurability durability, Action<DatabaseFile> maintain)
        : base(path, Tables, durability, Cache, maintain)
    {
        Number = number;
        try
        {
            append = Writer.Prepare("INSERT INTO entry (position, checksum, data) VALUES (?1, ?2, ?3)");
            read = Writer.Prepare("SELECT position, checksum, data FROM entry WHERE position > ?1 ORDER BY position LIMIT ?2");
            remove = Writer.Prepare("DELETE FROM entry WHERE position <= ?1");
            truncate = Writer.Prepare("UPDATE floor SET position = ?1 WHERE number = 1");
            floor = Writer.Read("SELECT position FROM floor WHERE number = 1") ?? throw new IOException(
                $"The file is damaged: {path}: it does not say where the log begins.");
            last = Math.Max(floor, Writer.Read("SELECT MAX(position) FROM entry") ?? 0);
            removed = Writer.Read("SELECT MIN(position) FROM entry") is { } first ? Math.Min(floor, first - 1) : floor;
        }
        catch
        {
            Dispose();
            throw;
        }
        if (removed < floor)
        {
            NeedMaintenance();
        }
    }

    public int Number { get; }

    public long Append(ReadOnlySpan<byte> entry)
    {
        lock (Gate)
        {
            ThrowIfDisposed();
            BeginChange();
            long position = last + 1;
            append.Bind(1, position).Bind(2, Checksum(position, entry)).Bind(3, entry).Run();
            last = position;
            Wrote(entry.Length, 3);
            return position;
        }
    }

    public void Truncate(long position)
    {
        lock (Gate)
        {
            ThrowIfDisposed();
            position = Math.Min(position, last);
            if (position > floor)
            {
                truncate.Bind(1, position).Run();
                floor = position;
                NeedMaintenance();
            }
        }
    }

    /// <summary>Reads entries above a position, and above the floor, in their order; false where there is none.</summary>
    /// <param name="after">The position; then that of the last entry that was read.</param>
    /// <param name="entries">Where they go.</param>
    public bool ReadSome(ref long after, List<StoredLogEntry> entries)
    {
        lock (Gate)
        {
            ThrowIfDisposed();
            after = Math.Max(after, floor);
            read.Bind(1, after).Bind(2, ReadAtOnce);
            try
            {
                int count = entries.Count;
                while (read.Step())
                {
                    long position = read.Int64(0);
                    ReadOnlySpan<byte> data = read.Bytes(2);
                    if (position != after + 1 || Checksum(position, data) != read.Int64(1))
                    {
                        throw new IOException($"The file is damaged: {Writer.Path}: entry {after + 1} is missing or has another checksum "
                            + "than its bytes.");
                    }
                    entries.Add(new(Number, position, data.ToArray()));
                    after = position;
                }
                return entries.Count > count;
            }
            finally
            {
                read.Reset();
            }
        }
    }

    public override void Maintain()
    {
        base.Maintain();
        // A few at a time, so that who appends hardly waits.
        while (RemoveSome())
        {
        }
    }

    private bool RemoveSome()
    {
        lock (Gate)
        {
            ThrowIfDisposed();
            if (removed < floor)
            {
                long position = Math.Min(floor, removed + RemovedAtOnce);
                remove.Bind(1, position).Run();
                removed = position;
            }
            return removed < floor;
        }
    }

    /// <summary>Of the position, too: an entry in another's place is found.</summary>
    private static long Checksum(long position, ReadOnlySpan<byte> data) => unchecked((long)XxHash3.HashToUInt64(data, position));
}
