using System.Collections.Concurrent;
using System.Text;

namespace AarenGen.Serving.Sqlite;

/// <summary>The database file of the saved streams. Readers do not wait for the writer.</summary>
internal sealed class SavedStreamFile : DatabaseFile
{
    private const string Tables =
        "CREATE TABLE record (number INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, data BLOB NOT NULL); "
        + FlushTable;

    private const int MaxIdBytes = 255, RowsAtOnce = 1024, WriterCache = 8 << 20, ReaderCache = 2 << 20;

    /// <summary>Refuses what has no UTF-8, so that two ids are never the same bytes.</summary>
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ConcurrentBag<Reader> readers = [];
    private readonly Statement write, remove;

    public SavedStreamFile(string path, StoreDurability durability, Action<DatabaseFile> maintain)
        : base(path, Tables, durability, WriterCache, maintain)
    {
        try
        {
            write = Writer.Prepare(
                "INSERT INTO record (id, data) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET data = excluded.data");
            remove = Writer.Prepare("DELETE FROM record WHERE id = ?1");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public void Write(IReadOnlyList<SavedStreamData> streams)
    {
        Span<byte> id = stackalloc byte[MaxIdBytes];
        lock (Gate)
        {
            ThrowIfDisposed();
            BeginChange();
            Writer.Execute("BEGIN IMMEDIATE");
            long bytes = 0;
            try
            {
                for (int i = 0; i < streams.Count; i++)
                {
                    (string name, ReadOnlyMemory<byte> data) = streams[i];
                    ReadOnlySpan<byte> key = id[..Encode(name, id)];
                    if (data.IsEmpty)
                    {
                        remove.Bind(1, key).Run();
                    }
                    else
                    {
                        write.Bind(1, key).Bind(2, data.Span).Run();
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
            Wrote(bytes, streams.Count);
        }
    }

    public void Read(IReadOnlyList<string> ids, SavedStreamReceiver receive, CancellationToken cancellationToken)
    {
        Span<byte> id = stackalloc byte[MaxIdBytes];
        Reader reader = Rent();
        try
        {
            for (int i = 0; i < ids.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Statement one = reader.One.Bind(1, id[..Encode(ids[i], id)]);
                try
                {
                    if (one.Step())
                    {
                        receive(i, one.Bytes(0));
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

    /// <summary>Reads saved streams after a number, in the order of their numbers; false where there is none.</summary>
    /// <param name="after">The number; then that of the last one that was read.</param>
    /// <param name="streams">Where they go.</param>
    public bool ReadSome(ref long after, List<SavedStreamData> streams)
    {
        Reader reader = Rent();
        try
        {
            Statement some = reader.Some.Bind(1, after).Bind(2, RowsAtOnce);
            try
            {
                bool hasRead = false;
                while (some.Step())
                {
                    hasRead = true;
                    after = some.Int64(0);
                    if (TryDecode(some.Bytes(1)) is { } id)
                    {
                        streams.Add(new(id, some.Bytes(2).ToArray()));
                    }
                }
                return hasRead;
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

    /// <summary>The id of a saved stream; null where damage has left none, so that nobody can ask for it.</summary>
    private static string? TryDecode(ReadOnlySpan<byte> id)
    {
        try
        {
            return Utf8.GetString(id);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private Reader Rent()
    {
        ThrowIfDisposed();
        return readers.TryTake(out Reader? reader) ? reader : new(new(Writer.Path, Durability, ReaderCache));
    }

    private void Return(Reader reader) => readers.Add(reader);

    /// <summary>A connection that reads, used by one thread at a time.</summary>
    private sealed class Reader(Connection connection) : IDisposable
    {
        public Statement One { get; } = connection.Prepare("SELECT data FROM record WHERE id = ?1");

        public Statement Some { get; } =
            connection.Prepare("SELECT number, id, data FROM record WHERE number > ?1 ORDER BY number LIMIT ?2");

        public void Dispose() => connection.Dispose();
    }
}
