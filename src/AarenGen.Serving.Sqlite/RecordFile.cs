using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Text;

namespace AarenGen.Serving.Sqlite;

/// <summary>The database file of the records of streams. Readers do not wait for the writer.</summary>
internal sealed class RecordFile : DatabaseFile
{
    private const string Tables =
        "CREATE TABLE record (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, checksum INTEGER NOT NULL, data BLOB NOT NULL); "
        + "CREATE TABLE flush (number INTEGER PRIMARY KEY)";

    private const int MaxIdBytes = 256, RowsAtOnce = 1024, WriterCache = 8 << 20, ReaderCache = 2 << 20;

    /// <summary>Refuses what has no UTF-8, so that two ids are never the same bytes.</summary>
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ConcurrentBag<Reader> readers = [];
    private readonly Statement write, remove, flush;
    private bool isFlushed;

    public RecordFile(string path, StoreDurability durability, Action<DatabaseFile> maintain)
        : base(path, Tables, durability, WriterCache, maintain)
    {
        try
        {
            write = Writer.Prepare(
                "INSERT INTO record (id, checksum, data) VALUES (?1, ?2, ?3) "
                + "ON CONFLICT (id) DO UPDATE SET checksum = excluded.checksum, data = excluded.data");
            remove = Writer.Prepare("DELETE FROM record WHERE id = ?1");
            flush = Writer.Prepare("REPLACE INTO flush (number) VALUES (1)");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Write(IReadOnlyList<StoredRecord> records)
    {
        Span<byte> id = stackalloc byte[MaxIdBytes];
        lock (Gate)
        {
            ThrowIfDisposed();
            Writer.Execute("BEGIN IMMEDIATE");
            isFlushed = false;
            long bytes = 0;
            try
            {
                for (int i = 0; i < records.Count; i++)
                {
                    (string name, ReadOnlyMemory<byte> data) = records[i];
                    ReadOnlySpan<byte> key = id[..Encode(name, id)];
                    if (data.IsEmpty)
                    {
                        remove.Bind(1, key).Run();
                    }
                    else
                    {
                        write.Bind(1, key).Bind(2, Checksum(key, data.Span)).Bind(3, data.Span).Run();
                        bytes += data.Length;
                    }
                }
                Writer.Execute("COMMIT");
            }
            catch
            {
                Writer.Rollback();
                throw;
            }
            Wrote(bytes, records.Count);
        }
    }

    /// <summary>Flushes all changes so far to the disk.</summary>
    public void Flush()
    {
        lock (Gate)
        {
            ThrowIfDisposed();
            if (isFlushed || Durability == StoreDurability.PowerLoss)
            {
                return;
            }
            // A change that is flushed takes all that stand before it in the write-ahead log along.
            Writer.SetDurability(StoreDurability.PowerLoss);
            try
            {
                flush.Run();
                isFlushed = true;
            }
            finally
            {
                Writer.SetDurability(Durability);
            }
        }
    }

    public void Read(IReadOnlyList<string> ids, StoredRecordReceiver receive, CancellationToken cancellationToken)
    {
        Span<byte> id = stackalloc byte[MaxIdBytes];
        Reader reader = Rent();
        try
        {
            for (int i = 0; i < ids.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ReadOnlySpan<byte> key = id[..Encode(ids[i], id)];
                Statement one = reader.One.Bind(1, key);
                try
                {
                    if (one.Step())
                    {
                        receive(i, Verified(key, one.Int64(0), one.Bytes(1)));
                    }
                }
                finally
                {
                    one.Reset();
                }
            }
        }
        finally
        {
            Return(reader);
        }
    }

    /// <summary>Reads records after a number, in the order of their numbers; false where there is none.</summary>
    /// <param name="after">The number; then that of the last record that was read.</param>
    /// <param name="records">Where they go.</param>
    public bool ReadSome(ref long after, List<StoredRecord> records)
    {
        Reader reader = Rent();
        try
        {
            Statement some = reader.Some.Bind(1, after).Bind(2, RowsAtOnce);
            try
            {
                int count = records.Count;
                while (some.Step())
                {
                    ReadOnlySpan<byte> key = some.Bytes(1);
                    byte[] data = Verified(key, some.Int64(2), some.Bytes(3)).ToArray();
                    records.Add(new(Utf8.GetString(key), data));
                    after = some.Int64(0);
                }
                return records.Count > count;
            }
            finally
            {
                some.Reset();
            }
        }
        finally
        {
            Return(reader);
        }
    }

    public override void Dispose()
    {
        while (readers.TryTake(out Reader? reader))
        {
            reader.Dispose();
        }
        base.Dispose();
    }

    private static int Encode(string id, Span<byte> bytes) => Utf8.TryGetBytes(id, bytes, out int count)
        ? count
        : throw new ArgumentException($"The id of a stream has {MaxIdBytes} bytes of UTF-8 at most; this one has {Utf8.GetByteCount(id)}.");

    /// <summary>Of the id, too: a record in another's place is found.</summary>
    private static long Checksum(ReadOnlySpan<byte> id, ReadOnlySpan<byte> data) =>
        unchecked((long)XxHash3.HashToUInt64(data, (long)XxHash3.HashToUInt64(id)));

    private ReadOnlySpan<byte> Verified(ReadOnlySpan<byte> id, long checksum, ReadOnlySpan<byte> data) => Checksum(id, data) == checksum
        ? data
        : throw new IOException($"The file is damaged: {Writer.Path}: the record of the stream {Encoding.UTF8.GetString(id)} has another "
            + "checksum than its bytes.");

    private Reader Rent()
    {
        ThrowIfDisposed();
        return readers.TryTake(out Reader? reader) ? reader : new(new(Writer.Path, Durability, ReaderCache));
    }

    private void Return(Reader reader) => readers.Add(reader);

    /// <summary>A connection that reads, used by one thread at a time.</summary>
    private sealed class Reader(Connection connection) : IDisposable
    {
        public Statement One { get; } = connection.Prepare("SELECT checksum, data FROM record WHERE id = ?1");

        public Statement Some { get; } =
            connection.Prepare("SELECT number, id, checksum, data FROM record WHERE number > ?1 ORDER BY number LIMIT ?2");

        public void Dispose() => connection.Dispose();
    }
}
