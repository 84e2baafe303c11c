using System.Diagnostics;

namespace AarenGen.Serving;

/// <summary>The store of a pool and its log there; notices which calls fail. <see cref="PoolLocks"/> says who may call.</summary>
internal sealed class PoolStore
{
    private readonly IStreamStore store;
    private readonly PoolMetrics metrics;
    private readonly Func<ValueTask> append, appendFlushed;

    /// <summary>Why the last call of each kind failed: one that succeeds tells nothing of the others.</summary>
    private readonly Exception?[] failures = new Exception?[Enum.GetValues<Call>().Length];

    public PoolStore(IStreamStore store, StreamLog log, PoolMetrics metrics)
    {
        (this.store, Log, this.metrics) = (store, log, metrics);
        (append, appendFlushed) = (log.AppendAsync, log.AppendFlushedAsync);
    }

    /// <summary>Kinds of calls, those first whose failure matters most.</summary>
    private enum Call
    {
        Append,
        Write,
        Truncate,
        Read,
    }

    public StreamLog Log { get; }

    /// <summary>What the store said when a call failed; null: the last calls of each kind succeeded.</summary>
    public Exception? Failure => Array.Find(failures, static f => f is not null);

    /// <exception cref="IOException">The store cannot be read.</exception>
    public ValueTask ReadAsync(IReadOnlyList<string> ids, SavedStreamReceiver receive) =>
        CallAsync(Call.Read, () => store.ReadAsync(ids, receive, CancellationToken.None));

    /// <exception cref="IOException">The store cannot be written.</exception>
    public ValueTask WriteAsync(IReadOnlyList<SavedStreamData> streams) => 
        CallAsync(Call.Write, () => store.WriteAsync(streams, CancellationToken.None));

    /// <summary>Appends what was added to the log.</summary>
    /// <exception cref="IOException">The store cannot be written.</exception>
    public ValueTask AppendAsync() => AppendAsync(append);

    /// <summary>Appends what was added so that no saved stream survives what the entry does not survive.</summary>
    /// <exception cref="IOException">The store cannot be written.</exception>
    public ValueTask AppendFlushedAsync() => AppendAsync(appendFlushed);

    private async ValueTask AppendAsync(Func<ValueTask> append)
    {
        long begin = Stopwatch.GetTimestamp();
        await CallAsync(Call.Append, append).ConfigureAwait(false);
        metrics.AppendDuration.Record(Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }

    /// <exception cref="IOException">The store cannot be written.</exception>
    public ValueTask TruncateAsync(long last) => 
        last > 0 ? CallAsync(Call.Truncate, () => Log.TruncateAsync(last)) : ValueTask.CompletedTask;

    /// <exception cref="IOException">The store cannot be written.</exception>
    public ValueTask ClearLogAsync() => CallAsync(Call.Truncate, Log.ClearAsync);

    /// <exception cref="IOException">The call failed, whatever the store threw.</exception>
    private async ValueTask CallAsync(Call kind, Func<ValueTask> call)
    {
        try
        {
            await call().ConfigureAwait(false);
            failures[(int)kind] = null;
        }
        catch (Exception error)
        {
            // A store over a network may let through what its client throws. It has failed: that is all there is to know.
            failures[(int)kind] = error as IOException ?? new IOException("The store failed: " + error.Message, error);
            metrics.StoreFailures.Add(1);
            if (error is IOException)
            {
                throw;
            }
            throw failures[(int)kind]!;
        }
    }
}
