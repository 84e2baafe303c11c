using AarenGen.Serving;

namespace AarenGen.Soak;

/// <summary>A store on a disk that serves one call after the other, each of them slowly, as a disk that flushes does.</summary>
/// <param name="inner">The store.</param>
/// <param name="milliseconds">How long a call of it takes at least.</param>
/// <param name="longEvery">Each so-manieth takes a second; 0: none.</param>
internal sealed class SlowStore(IStreamStore inner, int milliseconds, int longEvery) : IStreamStore
{
    private const int LongMilliseconds = 1000;

    private readonly Lock disk = new();
    private int calls;

    public ValueTask ReadAsync(IReadOnlyList<string> ids, SavedStreamReceiver receive, CancellationToken cancellationToken)
    {
        Wait();
        return inner.ReadAsync(ids, receive, cancellationToken);
    }

    public ValueTask WriteAsync(IReadOnlyList<SavedStreamData> streams, CancellationToken cancellationToken)
    {
        Wait();
        return inner.WriteAsync(streams, cancellationToken);
    }

    public IAsyncEnumerable<SavedStreamData> ReadAllAsync(CancellationToken cancellationToken) => inner.ReadAllAsync(cancellationToken);

    public ValueTask<long> AppendAsync(int log, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        Wait();
        return inner.AppendAsync(log, entry, cancellationToken);
    }

    public ValueTask FlushLogAsync(int log, CancellationToken cancellationToken)
    {
        Wait();
        return inner.FlushLogAsync(log, cancellationToken);
    }

    public IAsyncEnumerable<StoredLogEntry> ReadLogAsync(CancellationToken cancellationToken) => inner.ReadLogAsync(cancellationToken);

    public ValueTask TruncateAsync(int log, long last, CancellationToken cancellationToken)
    {
        Wait();
        return inner.TruncateAsync(log, last, cancellationToken);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    /// <summary>Blocks, as a call of the system does that waits for a disk.</summary>
    private void Wait()
    {
        lock (disk)
        {
            Thread.Sleep(longEvery > 0 && ++calls % longEvery == 0 ? LongMilliseconds : milliseconds);
        }
    }
}
