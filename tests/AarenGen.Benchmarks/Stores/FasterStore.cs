using System.Collections.Concurrent;
using System.Text;
using AarenGen.Serving;
using FASTER.core;

namespace AarenGen.Benchmarks;

/// <summary>
/// FASTER: a log file of each log, and a key-value store of the streams, of which a checkpoint is taken after each batch, because nothing
/// else makes a batch durable.
/// </summary>
internal sealed class FasterStore : IStreamStore
{
    private const int PageBits = 22, MemoryBits = 26;

    private readonly string folder;
    private readonly ConcurrentDictionary<int, (FasterLog Log, IDevice Device)> logs = [];
    private readonly SemaphoreSlim writing = new(1);
    private readonly IDevice device;
    private readonly FasterKV<SpanByte, SpanByte> streams;
    private readonly SpanByteFunctions<Empty> functions = new();

    public FasterStore(string folder)
    {
        this.folder = folder;
        device = Devices.CreateLogDevice(Path.Combine(folder, "streams"));
        streams = new(new FasterKVSettings<SpanByte, SpanByte>
        {
            IndexSize = 1L << 22, LogDevice = device, PageSize = 1L << PageBits, MemorySize = 1L << MemoryBits,
            CheckpointDir = Path.Combine(folder, "checkpoints"), RemoveOutdatedCheckpoints = true, TryRecoverLatest = true,
        });
        foreach (string log in Directory.GetDirectories(folder, "log*"))
        {
            Log(int.Parse(Path.GetFileName(log).AsSpan(3), System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    public unsafe ValueTask ReadAsync(IReadOnlyList<string> ids, SavedStreamReceiver receive, CancellationToken cancellationToken)
    {
        using var session = streams.NewSession(functions);
        for (int i = 0; i < ids.Count; i++)
        {
            byte[] id = Encoding.UTF8.GetBytes(ids[i]);
            fixed (byte* p = id)
            {
                SpanByte key = SpanByte.FromPointer(p, id.Length);
                SpanByteAndMemory output = default;
                Status status = session.Read(ref key, ref output);
                if (status.IsPending)
                {
                    session.CompletePendingWithOutputs(out var completed, wait: true);
                    completed.Next();
                    (status, output) = (completed.Current.Status, completed.Current.Output);
                    completed.Dispose();
                }
                if (status.Found)
                {
                    receive(i, output.Memory.Memory.Span[..output.Length]);
                    output.Memory.Dispose();
                }
            }
        }
        return ValueTask.CompletedTask;
    }

    public async ValueTask WriteAsync(IReadOnlyList<SavedStreamData> streams, CancellationToken cancellationToken)
    {
        await writing.WaitAsync(cancellationToken);
        try
        {
            Upsert(streams);
            await this.streams.TakeHybridLogCheckpointAsync(CheckpointType.FoldOver, cancellationToken: cancellationToken);
        }
        finally
        {
            writing.Release();
        }
    }

    public async IAsyncEnumerable<SavedStreamData> ReadAllAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // All that was ever written; the last of an id counts. Iterating over a session gives ids with other bytes, at times.
        var all = new Dictionary<string, byte[]>();
        using (IFasterScanIterator<SpanByte, SpanByte> iterator = streams.Log.Scan(streams.Log.BeginAddress, streams.Log.TailAddress))
        {
            while (iterator.GetNext(out RecordInfo info))
            {
                string id = Encoding.UTF8.GetString(iterator.GetKey().AsReadOnlySpan());
                if (info.Tombstone)
                {
                    all.Remove(id);
                }
                else
                {
                    all[id] = iterator.GetValue().ToByteArray();
                }
            }
        }
        foreach ((string id, byte[] data) in all)
        {
            yield return new(id, data);
        }
        await Task.CompletedTask;
    }

    public async ValueTask<long> AppendAsync(int log, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        FasterLog file = Log(log);
        long position = file.Enqueue(entry.Span);
        await file.CommitAsync(cancellationToken);
        return position;
    }

    /// <summary>Nothing is left to do: an append waits for its commit.</summary>
    public ValueTask FlushLogAsync(int log, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public async IAsyncEnumerable<StoredLogEntry> ReadLogAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach ((int number, (FasterLog log, _)) in logs)
        {
            using FasterLogScanIterator iterator = log.Scan(log.BeginAddress, log.CommittedUntilAddress);
            while (true)
            {
                while (iterator.GetNext(out byte[] entry, out int length, out long address))
                {
                    yield return new(number, address, entry.AsMemory(0, length));
                }
                if (iterator.NextAddress >= log.CommittedUntilAddress)
                {
                    break;
                }
                await iterator.WaitAsync(cancellationToken);
            }
        }
    }

    public async ValueTask TruncateAsync(int log, long last, CancellationToken cancellationToken)
    {
        FasterLog file = Log(log);
        using (FasterLogScanIterator iterator = file.Scan(last, file.CommittedUntilAddress))
        {
            file.TruncateUntil(iterator.GetNext(out _, out _, out _, out long next) ? next : last);
        }
        await file.CommitAsync(cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        foreach ((FasterLog log, IDevice file) in logs.Values)
        {
            log.Dispose();
            file.Dispose();
        }
        streams.Dispose();
        device.Dispose();
        return ValueTask.CompletedTask;
    }

    private unsafe void Upsert(IReadOnlyList<SavedStreamData> batch)
    {
        using var session = streams.NewSession(functions);
        foreach ((string name, ReadOnlyMemory<byte> data) in batch)
        {
            byte[] id = Encoding.UTF8.GetBytes(name);
            fixed (byte* p = id, q = data.Span)
            {
                SpanByte key = SpanByte.FromPointer(p, id.Length);
                if (data.IsEmpty)
                {
                    session.Delete(ref key);
                }
                else
                {
                    SpanByte value = SpanByte.FromPointer(q, data.Length);
                    session.Upsert(ref key, ref value);
                }
            }
        }
        session.CompletePending(wait: true);
    }

    private FasterLog Log(int number)
    {
        if (logs.TryGetValue(number, out (FasterLog Log, IDevice) log))
        {
            return log.Log;
        }
        lock (logs)
        {
            return logs.GetOrAdd(number, n =>
            {
                string own = Directory.CreateDirectory(Path.Combine(folder, $"log{n}")).FullName;
                IDevice file = Devices.CreateLogDevice(Path.Combine(own, "log"));
                return (new FasterLog(new FasterLogSettings
                {
                    LogDevice = file, PageSizeBits = PageBits, MemorySizeBits = PageBits + 2, SegmentSizeBits = MemoryBits,
                    LogChecksum = LogChecksumType.PerEntry, FastCommitMode = true,
                }), file);
            }).Log;
        }
    }
}
