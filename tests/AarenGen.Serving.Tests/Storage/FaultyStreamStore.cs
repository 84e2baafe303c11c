namespace AarenGen.Serving.Tests;

internal enum StoreOperation
{
    Read,
    Write,
    Append,
    Flush,
    Truncate,
}

internal enum StoreFault
{
    None,

    /// <summary>It fails, and nothing is done.</summary>
    Before,

    /// <summary>It fails, though all is done.</summary>
    After,

    /// <summary>It fails, and of several streams half are written; nothing is done otherwise.</summary>
    Half,
}

/// <summary>A store that fails or waits where a test says so.</summary>
internal sealed class FaultyStreamStore(IStreamStore inner) : IStreamStore
{
    public const string Message = "The disk is broken.";

    private int failures;
    private long lastPosition;

    /// <summary>Whether an operation fails; the log is −1 where it has none.</summary>
    public Func<StoreOperation, int, StoreFault> Fails { get; set; } = static (_, _) => StoreFault.None;

    /// <summary>What an operation waits for.</summary>
    public Func<StoreOperation, int, Task> Waits { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>How often it has failed.</summary>
    public int Failures => Volatile.Read(ref failures);

    /// <summary>The position of the last entry that was appended though that failed.</summary>
    public long LastHalfDone { get; private set; }

    public async ValueTask ReadAsync(IReadOnlyList<string> ids, SavedStreamReceiver receive, CancellationToken cancellationToken)
    {
        StoreFault fault = await BeginAsync(StoreOperation.Read, -1);
        await inner.ReadAsync(ids, receive, cancellationToken);
        End(fault);
    }

    public async ValueTask WriteAsync(IReadOnlyList<SavedStreamData> streams, CancellationToken cancellationToken)
    {
        StoreFault fault = await BeginAsync(StoreOperation.Write, -1);
        await inner.WriteAsync(fault == StoreFault.Half ? [.. streams.Take(streams.Count / 2)] : streams, cancellationToken);
        End(fault);
    }

    public IAsyncEnumerable<SavedStreamData> ReadAllAsync(CancellationToken cancellationToken) => inner.ReadAllAsync(cancellationToken);

    public async ValueTask<long> AppendAsync(int log, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        StoreFault fault = await BeginAsync(StoreOperation.Append, log);
        long position = lastPosition = await inner.AppendAsync(log, entry, cancellationToken);
        if (fault == StoreFault.After)
        {
            LastHalfDone = position;
        }
        End(fault);
        return position;
    }

    /// <summary>Where it fails, the entry is there nevertheless.</summary>
    public async ValueTask FlushLogAsync(int log, CancellationToken cancellationToken)
    {
        long before = LastHalfDone;
        LastHalfDone = lastPosition;
        StoreFault fault = await BeginAsync(StoreOperation.Flush, log);
        await inner.FlushLogAsync(log, cancellationToken);
        End(fault);
        LastHalfDone = before;
    }

    public IAsyncEnumerable<StoredLogEntry> ReadLogAsync(CancellationToken cancellationToken) => inner.ReadLogAsync(cancellationToken);

    public async ValueTask TruncateAsync(int log, long last, CancellationToken cancellationToken)
    {
        StoreFault fault = await BeginAsync(StoreOperation.Truncate, log);
        await inner.TruncateAsync(log, last, cancellationToken);
        End(fault);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async ValueTask<StoreFault> BeginAsync(StoreOperation operation, int log)
    {
        await Waits(operation, log);
        StoreFault fault = Fails(operation, log);
        if (fault == StoreFault.Before || (fault == StoreFault.Half && operation != StoreOperation.Write))
        {
            Interlocked.Increment(ref failures);
            throw new IOException(Message);
        }
        return fault;
    }

    private void End(StoreFault fault)
    {
        if (fault != StoreFault.None)
        {
            Interlocked.Increment(ref failures);
            throw new IOException(Message);
        }
    }
}
