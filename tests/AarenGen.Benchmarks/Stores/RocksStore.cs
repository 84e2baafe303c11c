using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using AarenGen.Serving;
using RocksDbSharp;

namespace AarenGen.Benchmarks;

/// <summary>RocksDB: a column family of the streams and one of the logs. It has checksums of its own.</summary>
internal sealed unsafe class RocksStore : IStreamStore
{
    private const string Logs = "logs";
    private const int KeyBytes = sizeof(int) + sizeof(long);

    private readonly RocksDb database;
    private readonly ColumnFamilyHandle streams, logs;
    private readonly WriteOptions write;
    private readonly ConcurrentDictionary<int, long> last = [];

    public RocksStore(string folder, bool isFlushed)
    {
        ColumnFamilyOptions Options() => new ColumnFamilyOptions().SetWriteBufferSize(16 << 20).SetCompression(Compression.No)
            .SetBlockBasedTableFactory(new BlockBasedTableOptions().SetBlockCache(Cache.CreateLru(8 << 20))
                .SetFilterPolicy(BloomFilterPolicy.Create(10, false)));
        var families = new ColumnFamilies(Options()) { { Logs, Options() } };
        database = RocksDb.Open(new DbOptions().SetCreateIfMissing().SetCreateMissingColumnFamilies(), folder, families);
        (streams, logs) = (database.GetDefaultColumnFamily(), database.GetColumnFamily(Logs));
        write = new WriteOptions().SetSync(isFlushed);
        foreach (StoredLogEntry entry in Entries())
        {
            last[entry.Log] = entry.Position;
        }
    }

    public ValueTask ReadAsync(IReadOnlyList<string> ids, SavedStreamReceiver receive, CancellationToken cancellationToken)
    {
        for (int i = 0; i < ids.Count; i++)
        {
            database.Get(Encoding.UTF8.GetBytes(ids[i]), new Receiver(receive, i), streams);
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(IReadOnlyList<SavedStreamData> streams, CancellationToken cancellationToken)
    {
        using var batch = new WriteBatch();
        foreach ((string id, ReadOnlyMemory<byte> data) in streams)
        {
            _ = data.IsEmpty
                ? batch.Delete(Encoding.UTF8.GetBytes(id), this.streams) : batch.Put(Encoding.UTF8.GetBytes(id), data.Span, this.streams);
        }
        database.Write(batch, write);
        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<SavedStreamData> ReadAllAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using Iterator iterator = database.NewIterator(streams);
        for (iterator.SeekToFirst(); iterator.Valid(); iterator.Next())
        {
            yield return new(Encoding.UTF8.GetString(iterator.GetKeySpan()), iterator.GetValueSpan().ToArray());
        }
        await Task.CompletedTask;
    }

    public ValueTask<long> AppendAsync(int log, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        long position = last.AddOrUpdate(log, 1, static (_, p) => p + 1);
        Span<byte> key = stackalloc byte[KeyBytes];
        WriteKey(key, log, position);
        database.Put(key, entry.Span, logs, write);
        return new(position);
    }

    public ValueTask FlushLogAsync(int log, CancellationToken cancellationToken)
    {
        Native.Instance.rocksdb_flush_wal(database.Handle, sync: 1);
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
        using var batch = new WriteBatch();
        byte* from = stackalloc byte[KeyBytes], to = stackalloc byte[KeyBytes];
        WriteKey(new(from, KeyBytes), log, 0);
        WriteKey(new(to, KeyBytes), log, last + 1);
        batch.DeleteRange(from, KeyBytes, to, KeyBytes, logs);
        database.Write(batch, write);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        database.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void WriteKey(Span<byte> key, int log, long position)
    {
        BinaryPrimitives.WriteInt32BigEndian(key, log);
        BinaryPrimitives.WriteInt64BigEndian(key[sizeof(int)..], position);
    }

    private IEnumerable<StoredLogEntry> Entries()
    {
        using Iterator iterator = database.NewIterator(logs);
        for (iterator.SeekToFirst(); iterator.Valid(); iterator.Next())
        {
            yield return new(
                BinaryPrimitives.ReadInt32BigEndian(iterator.GetKeySpan()),
                BinaryPrimitives.ReadInt64BigEndian(iterator.GetKeySpan()[sizeof(int)..]), iterator.GetValueSpan().ToArray());
        }
    }

    private sealed class Receiver(SavedStreamReceiver receive, int index) : ISpanDeserializer<bool>
    {
        public bool Deserialize(ReadOnlySpan<byte> data)
        {
            receive(index, data);
            return true;
        }
    }
}
