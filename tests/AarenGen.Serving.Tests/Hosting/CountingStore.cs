namespace AarenGen.Serving.Tests.Hosting;

/// <summary>A store in memory that counts how often it is disposed, and fails or waits where it is told to.</summary>
internal sealed class CountingStore : IStreamStore
{
    public const string Failure = "There is no room left.";

    private readonly MemoryStreamStore store = new(new());

    public int Disposals { get; private set; }

    public bool Fails { get; set; }

    /// <summary>What the saving of streams waits for; null: nothing.</summary>
    public Task? Hold { get; set; }

    private MemoryStreamStore Store => Fails ? throw new IOException(Failure) : store;

    public ValueTask ReadAsync(IReadOnlyList<string> ids, SavedStreamReceiver receive, CancellationToken cancellationToken) =>
        Store.ReadAsync(ids, receive, cancellationToken);

    public async ValueTask WriteAsync(IReadOnlyList<SavedStreamData> streams, CancellationToken cancellationToken)
    {
        if (Hold is not null)
        {
            await Hold;
        }
        await Store.WriteAsync(streams, cancellationToken);
    }

    public IAsyncEnumerable<SavedStreamData> ReadAllAsync(CancellationToken cancellationToken) => Store.ReadAllAsync(cancellationToken);

    public ValueTask<long> AppendAsync(int log, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken) =>
        Store.AppendAsync(log, entry, cancellationToken);

    public ValueTask FlushLogAsync(int log, CancellationToken cancellationToken) =>
        Store.FlushLogAsync(log, cancellationToken);

    public IAsyncEnumerable<StoredLogEntry> ReadLogAsync(CancellationToken cancellationToken) => Store.ReadLogAsync(cancellationToken);

    public ValueTask TruncateAsync(int log, long last, CancellationToken cancellationToken) =>
        Store.TruncateAsync(log, last, cancellationToken);

    public ValueTask DisposeAsync()
    {
        Disposals++;
        return store.DisposeAsync();
    }
}
