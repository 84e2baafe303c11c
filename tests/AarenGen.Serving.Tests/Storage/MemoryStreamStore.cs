using System.Runtime.CompilerServices;
using System.Text;

namespace AarenGen.Serving.Tests;

/// <summary>A store in memory, for tests. What it keeps lives as long as its <see cref="Contents"/>, which a later store may take over.
/// </summary>
internal sealed class MemoryStreamStore(MemoryStreamStore.Contents contents) : IStreamStore
{
    public ValueTask ReadAsync(IReadOnlyList<string> ids, StoredRecordReceiver receive, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        for (int i = 0; i < ids.Count; i++)
        {
            byte[]? data;
            lock (contents)
            {
                contents.Records.TryGetValue(ids[i], out data);
            }
            if (data is not null)
            {
                receive(i, data);
            }
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(IReadOnlyList<StoredRecord> records, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (records.Any(static r => Encoding.UTF8.GetByteCount(r.Id) > 255))
        {
            throw new ArgumentException("An id is too long.", nameof(records));
        }
        lock (contents)
        {
            foreach ((string id, ReadOnlyMemory<byte> data) in records)
            {
                if (data.IsEmpty)
                {
                    contents.Records.Remove(id);
                }
                else
                {
                    contents.Records[id] = data.ToArray();
                }
            }
        }
        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<StoredRecord> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StoredRecord[] all;
        lock (contents)
        {
            all = [.. contents.Records.Select(static r => new StoredRecord(r.Key, r.Value))];
        }
        foreach (StoredRecord record in all)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return record;
        }
        await Task.CompletedTask;
    }

    public ValueTask<long> AppendAsync(int log, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (contents)
        {
            long position = ++contents.Position;
            contents.Entries.Add(new(log, position, entry.ToArray()));
            return new(position);
        }
    }

    public ValueTask FlushLogAsync(int log, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        // Entries and records survive the same: they are in one memory.
        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<StoredLogEntry> ReadLogAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        StoredLogEntry[] all;
        lock (contents)
        {
            all = [.. contents.Entries];
        }
        foreach (StoredLogEntry entry in all)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return entry;
        }
        await Task.CompletedTask;
    }

    public ValueTask TruncateAsync(int log, long last, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (contents)
        {
            contents.Entries.RemoveAll(e => e.Log == log && e.Position <= last);
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>What a store keeps; locked while it is used.</summary>
    internal sealed class Contents
    {
        public Dictionary<string, byte[]> Records { get; } = [];

        /// <summary>The ids that have a record; the empty one is no stream's.</summary>
        public IReadOnlyCollection<string> Streams => [.. Records.Keys.Where(static id => id.Length > 0)];

        public List<StoredLogEntry> Entries { get; } = [];

        public long Position { get; set; }
    }
}
