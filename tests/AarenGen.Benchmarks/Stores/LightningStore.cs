using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using AarenGen.Serving;
using LightningDB;

namespace AarenGen.Benchmarks;

/// <summary>LMDB: a table of the streams and one of the logs. Checksums are kept behind the bytes.</summary>
internal sealed class LightningStore : IStreamStore
{
    private const int KeyBytes = sizeof(int) + sizeof(long);

    static LightningStore() => NativeLibrary.SetDllImportResolver(
        typeof(LightningEnvironment).Assembly,
        // The package's own library needs glibc 2.38; where that is missing, the system's is taken.
        static (name, assembly, path) =>
            NativeLibrary.TryLoad(name, assembly, path, out nint own) ? own
            : NativeLibrary.TryLoad("liblmdb.so.0", out nint other) ? other : 0);

    private readonly LightningEnvironment environment;
    private readonly LightningDatabase streams, logs;
    private readonly ConcurrentDictionary<int, long> last = [];

    public LightningStore(string folder, bool isFlushed)
    {
        environment = new(folder, new EnvironmentConfiguration { MapSize = 16L << 30, MaxDatabases = 2 });
        environment.Open(
            EnvironmentOpenFlags.NoThreadLocalStorage | (isFlushed ? EnvironmentOpenFlags.None : EnvironmentOpenFlags.NoSync),
            (UnixAccessMode)0b110_100_100);
        using LightningTransaction transaction = environment.BeginTransaction();
        var create = new DatabaseConfiguration { Flags = DatabaseOpenFlags.Create };
        streams = transaction.OpenDatabase("streams", create);
        logs = transaction.OpenDatabase("logs", create);
        transaction.Commit().ThrowOnError();
        foreach (StoredLogEntry entry in Entries())
        {
            last[entry.Log] = entry.Position;
        }
    }

    public ValueTask ReadAsync(IReadOnlyList<string> ids, SavedStreamReceiver receive, CancellationToken cancellationToken)
    {
        using LightningTransaction transaction = environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
        for (int i = 0; i < ids.Count; i++)
        {
            (MDBResultCode result, _, MDBValue value) = transaction.Get(streams, Encoding.UTF8.GetBytes(ids[i]));
            if (result == MDBResultCode.Success)
            {
                receive(i, Verified(value.AsSpan()));
            }
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(IReadOnlyList<SavedStreamData> streams, CancellationToken cancellationToken)
    {
        using LightningTransaction transaction = environment.BeginTransaction();
        byte[] value = [];
        foreach ((string id, ReadOnlyMemory<byte> data) in streams)
        {
            byte[] key = Encoding.UTF8.GetBytes(id);
            if (data.IsEmpty)
            {
                transaction.Delete(this.streams, key);
            }
            else
            {
                transaction.Put(this.streams, key, WithChecksum(data.Span, ref value)).ThrowOnError();
            }
        }
        transaction.Commit().ThrowOnError();
        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<SavedStreamData> ReadAllAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using LightningTransaction transaction = environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
        using LightningCursor cursor = transaction.CreateCursor(streams);
        foreach ((MDBValue key, MDBValue value) in cursor.AsEnumerable())
        {
            yield return new(Encoding.UTF8.GetString(key.AsSpan()), Verified(value.AsSpan()).ToArray());
        }
        await Task.CompletedTask;
    }

    public ValueTask<long> AppendAsync(int log, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        using LightningTransaction transaction = environment.BeginTransaction();
        long position = last.AddOrUpdate(log, 1, static (_, p) => p + 1);
        Span<byte> key = stackalloc byte[KeyBytes];
        WriteKey(key, log, position);
        byte[] value = [];
        transaction.Put(logs, key, WithChecksum(entry.Span, ref value)).ThrowOnError();
        transaction.Commit().ThrowOnError();
        return new(position);
    }

    public ValueTask FlushLogAsync(int log, CancellationToken cancellationToken)
    {
        environment.Flush(force: true).ThrowOnError();
        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<StoredLogEntry> ReadLogAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (StoredLogEntry entry in Entries())
        {
            yield return entry;
        }
        await Task.CompletedTask;
    }

    public ValueTask TruncateAsync(int log, long last, CancellationToken cancellationToken)
    {
        using LightningTransaction transaction = environment.BeginTransaction();
        using LightningCursor cursor = transaction.CreateCursor(logs);
        Span<byte> key = stackalloc byte[KeyBytes];
        WriteKey(key, log, 0);
        while (cursor.SetRange(key) == MDBResultCode.Success)
        {
            (_, MDBValue at, _) = cursor.GetCurrent();
            if (Log(at.AsSpan()) != log || Position(at.AsSpan()) > last)
            {
                break;
            }
            cursor.Delete().ThrowOnError();
        }
        transaction.Commit().ThrowOnError();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        environment.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void WriteKey(Span<byte> key, int log, long position)
    {
        BinaryPrimitives.WriteInt32BigEndian(key, log);
        BinaryPrimitives.WriteInt64BigEndian(key[sizeof(int)..], position);
    }

    private static int Log(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadInt32BigEndian(key);

    private static long Position(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadInt64BigEndian(key[sizeof(int)..]);

    private static Span<byte> WithChecksum(ReadOnlySpan<byte> data, ref byte[] value)
    {
        Array.Resize(ref value, data.Length + sizeof(long));
        data.CopyTo(value);
        BinaryPrimitives.WriteUInt64LittleEndian(value.AsSpan(data.Length), XxHash3.HashToUInt64(data));
        return value;
    }

    private static ReadOnlySpan<byte> Verified(ReadOnlySpan<byte> value)
    {
        ReadOnlySpan<byte> data = value[..^sizeof(long)];
        return XxHash3.HashToUInt64(data) == BinaryPrimitives.ReadUInt64LittleEndian(value[data.Length..])
            ? data : throw new IOException("A saved stream has another checksum than its bytes.");
    }

    private List<StoredLogEntry> Entries()
    {
        using LightningTransaction transaction = environment.BeginTransaction(TransactionBeginFlags.ReadOnly);
        using LightningCursor cursor = transaction.CreateCursor(logs);
        var entries = new List<StoredLogEntry>();
        foreach ((MDBValue key, MDBValue value) in cursor.AsEnumerable())
        {
            entries.Add(new(Log(key.AsSpan()), Position(key.AsSpan()), Verified(value.AsSpan()).ToArray()));
        }
        return entries;
    }
}
