using System.Diagnostics.CodeAnalysis;

namespace AarenGen.Serving;

/// <summary>
/// The two locks of a pool, and whether it goes on. The gate belongs to whoever uses the rows; writing belongs to whoever saves streams
/// that stay in memory, so that one at a time does.
/// </summary>
/// <remarks>
/// <para>Order: writing before the gate. Nobody who holds the gate waits for writing. Of several pools each takes both of one before those
/// of the next.</para>
/// <para>Rows are read and changed with the gate held, and with it alone. What is appended to the log is appended with the gate held, so
/// that a position that is read there has all that rows know.</para>
/// <para>Rows never move: a number of a row that was taken with the gate held means the same stream later if that stream cannot leave
/// meanwhile. A stream cannot leave while <see cref="StreamRow.View"/> is not 0, which is only so within a batch and so with the gate
/// held, nor while it is <see cref="RowFlags.IsWriting"/>, which only who has set it takes back.</para>
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "Nobody asks the semaphores for a handle; they hold none.")]
internal sealed class PoolLocks
{
    private readonly SemaphoreSlim gate = new(1), writing = new(1);

    /// <summary>Why the pool cannot go on; null: it can. Set with the gate held.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Set with writing held.</summary>
    public bool IsDisposed { get; set; }

    /// <summary>Waits until no other saves streams that stay in memory.</summary>
    public Task EnterWritingAsync(CancellationToken cancellationToken) => writing.WaitAsync(cancellationToken);

    public void LeaveWriting() => writing.Release();

    /// <summary>Waits for the rows.</summary>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    /// <exception cref="IOException">An earlier batch broke the pool, whose rows must not reach the store.</exception>
    public async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        await gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        Check();
    }

    /// <summary>Waits for the rows, on the caller's thread.</summary>
    /// <exception cref="ObjectDisposedException">The pool is disposed.</exception>
    /// <exception cref="IOException">An earlier batch broke the pool, whose rows must not reach the store.</exception>
    public void Enter()
    {
        gate.Wait();
        Check();
    }

    /// <summary>Waits for the rows, also those of a pool that does not go on.</summary>
    public Task EnterAnywayAsync() => gate.WaitAsync(CancellationToken.None);

    public void Leave() => gate.Release();

    private void Check()
    {
        if (!IsDisposed && Fault is null)
        {
            return;
        }
        gate.Release();
        ObjectDisposedException.ThrowIf(IsDisposed, typeof(StreamPool<>));
        throw new IOException("An earlier batch broke the pool; open it again: " + Fault!.Message, Fault);
    }
}
