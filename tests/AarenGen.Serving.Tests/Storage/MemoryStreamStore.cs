using System.Runtime.CompilerServices;
using System.Text;

namespace AarenGen.Serving.Tests;

/// <summary>A store in memory, for tests. What it keeps lives as long as its <see cref="Contents"/>, which a later store may take over.
/// </summary>
internal sealed class MemoryStreamStore(MemoryStreamStore.Contents contents) : IStreamStore
{
    public ValueTask ReadAsync(IReadOnlyList<string> ids, SavedStreamReceiver receive, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        for (int i = 0; i < ids.Count; i++)
        {
            byte[]? data;
            lock (contents)
            {
                contents.Saved.TryGetValue(ids[i], out data);
            }
            if (data is not null)
            {
                receive(i, data);
            }
        }
        return ValueTask.CompletedTask;
    }

    public ValueTask WriteAsync(IReadOnlyList<SavedStreamData> streams, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (streams.Any(static r => Encoding.UTF8.GetByteCount(r.Id) > 255))
        {
            throw new ArgumentException("An id is too long.", nameof(streams));
        }
        lock (contents)
        {
            foreach ((string id, ReadOnlyMemory<byte> data) in streams)
            {
                if (data.IsEmpty)
                {
                    contents.Saved.Remove(id);
                }
                else
                {
                    contents.Saved[id] = data.ToArray();
                }
            }
        }
        return ValueTask.CompletedTask;
    }

    public async IAsyncEnumerable<SavedStreamData> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        SavedStreamData[] all;
        lock (contents)
        {
            all = [.. contents.Saved.Select(static r => new SavedStreamData(r.Key, r.Value))];
        }
        foreach (SavedStreamData saved in all)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return saved;
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
        // Entries and streams survive the same: they are in one memory.
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
        public Dictionary<string, byte[]> Saved { get; } = [];

        /// <summary>The ids of saved streams; the empty one is no stream's.</summary>
        public IReadOnlyCollection<string> Streams => [.. Saved.Keys.Where(static id => id.Length > 0)];

        public List<StoredLogEntry> Entries { get; } = [];

        public long Position { get; set; }
    }
}
