namespace AarenGen.Serving;

/// <summary>
/// Where a service keeps its streams beyond memory: each stream as it was saved last, and logs of what happened to streams since then. A
/// service that starts reads the logs and applies them to the saved streams, so that nothing that a log holds is lost.
/// </summary>
/// <remarks>
/// <para>Durability: when a task of <see cref="WriteAsync"/>, <see cref="AppendAsync"/> or <see cref="TruncateAsync"/> completes, what it
/// did survives the end of the process, however it ends. Whether it also survives the loss of power is the store's to say.</para>
/// <para>A call that fails throws <see cref="IOException"/>. It may have been done nevertheless: an entry is there whole or not at all, and
/// so is each stream of <see cref="WriteAsync"/>, of which some may be written.</para>
/// <para>Damage: an entry is read as it was written or not at all. Saved streams carry checksums of their own: a store should hand out one
/// that may be damaged as it is, and not fail, so that the others are read.</para>
/// <para>Thread safety: all members may be called at the same time, but <see cref="AppendAsync"/> of one log by one caller at a time.
/// Entries are appended to a log while others of it are removed.</para>
/// </remarks>
public interface IStreamStore : IAsyncDisposable
{
    /// <summary>Reads some saved streams.</summary>
    /// <param name="ids">Their ids.</param>
    /// <param name="receive">
    /// Called for each that is there, with the place of its id among <paramref name="ids"/>, in any order, by one thread at a time;
    /// the bytes are valid during the call.
    /// </param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="IOException">The store cannot be read.</exception>
    ValueTask ReadAsync(IReadOnlyList<string> ids, SavedStreamReceiver receive, CancellationToken cancellationToken);

    /// <summary>
    /// Saves streams, each in place of what there was of it, whole or not at all; where it fails, some may be written.
    /// </summary>
    /// <param name="streams">
    /// The streams, whose bytes are valid until the task completes; one without bytes is removed.
    /// </param>
    /// <param name="cancellationToken">Ends the writing before it began.</param>
    /// <exception cref="IOException">The store cannot be written, for instance because the disk is full.</exception>
    ValueTask WriteAsync(IReadOnlyList<SavedStreamData> streams, CancellationToken cancellationToken);

    /// <summary>Reads all saved streams, in any order; those that are written meanwhile as they were or as they are.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="IOException">The store cannot be read.</exception>
    IAsyncEnumerable<SavedStreamData> ReadAllAsync(CancellationToken cancellationToken);

    /// <summary>Appends an entry to a log.</summary>
    /// <param name="log">The number of the log, from 0; one that is new is empty.</param>
    /// <param name="entry">The entry, at least a byte; valid until the task completes.</param>
    /// <param name="cancellationToken">Ends the writing before it began.</param>
    /// <returns>Its position, above those of all earlier entries of the log, also those of earlier processes.</returns>
    /// <exception cref="IOException">The store cannot be written.</exception>
    ValueTask<long> AppendAsync(int log, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken);

    /// <summary>
    /// Waits until entries that were appended to a log survive whatever the streams survive that are saved from now on, such as the loss
    /// of power. A store whose entries already do when <see cref="AppendAsync"/> completes has nothing to wait for; a store that wraps
    /// another one passes the call on.
    /// </summary>
    /// <param name="log">The number of the log.</param>
    /// <param name="cancellationToken">Ends the waiting before it began.</param>
    /// <exception cref="IOException">The store cannot be written.</exception>
    ValueTask FlushLogAsync(int log, CancellationToken cancellationToken);

    /// <summary>Reads the entries of all logs: those of one log in the order in which they were appended.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="IOException">The store cannot be read.</exception>
    IAsyncEnumerable<StoredLogEntry> ReadLogAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Removes entries of a log, which are not needed any more. No loss of power may take a stream back that was saved before, and leave
    /// the entries removed.
    /// </summary>
    /// <param name="log">The number of the log.</param>
    /// <param name="last">
    /// The entries up to this position, inclusive, are removed; it may be above all of them. Positions go on as if nothing had been
    /// removed.
    /// </param>
    /// <param name="cancellationToken">Ends the writing before it began.</param>
    /// <exception cref="IOException">The store cannot be written.</exception>
    ValueTask TruncateAsync(int log, long last, CancellationToken cancellationToken);
}

/// <summary>Receives a saved stream that was read.</summary>
/// <param name="index">The place of its id among those that were asked for.</param>
/// <param name="data">Its bytes, valid during the call.</param>
public delegate void SavedStreamReceiver(int index, ReadOnlySpan<byte> data);

/// <summary>A stream as a store keeps it.</summary>
/// <param name="Id">The stream's id: 1 to 255 bytes of UTF-8; empty for what a service keeps of itself.</param>
/// <param name="Data">Its bytes; none: there is no such stream.</param>
public readonly record struct SavedStreamData(string Id, ReadOnlyMemory<byte> Data);

/// <summary>An entry of a log.</summary>
/// <param name="Log">The number of the log.</param>
/// <param name="Position">Its position, ascending in a log.</param>
/// <param name="Data">Its bytes, which stay as they are.</param>
public readonly record struct StoredLogEntry(int Log, long Position, ReadOnlyMemory<byte> Data);
