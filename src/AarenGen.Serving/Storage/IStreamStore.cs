namespace AarenGen.Serving;

/// <summary>
/// Where a service keeps its streams beyond memory: a record for each stream, and logs of what happened to streams since their records were
/// written. A service that starts reads the logs and applies them to the records, so that nothing that a log holds is lost.
/// </summary>
/// <remarks>
/// <para>Durability: when a task of <see cref="WriteAsync"/>, <see cref="AppendAsync"/> or <see cref="TruncateAsync"/> completes, what it
/// did survives the end of the process, however it ends. Whether it also survives the loss of power is the store's to say.</para>
/// <para>A call that fails throws <see cref="IOException"/>. It may have been done nevertheless: an entry is there whole or not at all, and
/// so is each record of <see cref="WriteAsync"/>, of which some may be written.</para>
/// <para>Damage: an entry is read as it was written or not at all. Records carry checksums of their own: a store should hand out one that
/// may be damaged as it is, and not fail, so that the others are read.</para>
/// <para>Thread safety: all members may be called at the same time, but <see cref="AppendAsync"/> of one log by one caller at a time.
/// Entries are appended to a log while others of it are removed.</para>
/// </remarks>
public interface IStreamStore : IAsyncDisposable
{
    /// <summary>Reads the records of some streams.</summary>
    /// <param name="ids">Their ids.</param>
    /// <param name="receive">
    /// Called for each record that is there, with the place of its id among <paramref name="ids"/>, in any order, by one thread at a time;
    /// the bytes are valid during the call.
    /// </param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="IOException">The store cannot be read.</exception>
    ValueTask ReadAsync(IReadOnlyList<string> ids, StoredRecordReceiver receive, CancellationToken cancellationToken);

    /// <summary>
    /// Writes records, each in place of the one that its stream had, whole or not at all; where it fails, some may be written.
    /// </summary>
    /// <param name="records">
    /// The records, whose bytes are valid until the task completes; one without bytes removes that of its stream.
    /// </param>
    /// <param name="cancellationToken">Ends the writing before it began.</param>
    /// <exception cref="IOException">The store cannot be written, for instance because the disk is full.</exception>
    ValueTask WriteAsync(IReadOnlyList<StoredRecord> records, CancellationToken cancellationToken);

    /// <summary>Reads all records, in any order; those that are written meanwhile as they were or as they are.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="IOException">The store cannot be read.</exception>
    IAsyncEnumerable<StoredRecord> ReadAllAsync(CancellationToken cancellationToken);

    /// <summary>Appends an entry to a log.</summary>
    /// <param name="log">The number of the log, from 0; one that is new is empty.</param>
    /// <param name="entry">The entry, at least a byte; valid until the task completes.</param>
    /// <param name="cancellationToken">Ends the writing before it began.</param>
    /// <returns>Its position, above those of all earlier entries of the log, also those of earlier processes.</returns>
    /// <exception cref="IOException">The store cannot be written.</exception>
    ValueTask<long> AppendAsync(int log, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken);

    /// <summary>
    /// Waits until entries that were appended to a log survive whatever the records survive that are written from now on, such as the loss
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
    /// Removes entries of a log, which are not needed any more. No loss of power may take a record back that was written before, and leave
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

/// <summary>Receives a record that was read.</summary>
/// <param name="index">The place of its id among those that were asked for.</param>
/// <param name="data">Its bytes, valid during the call.</param>
public delegate void StoredRecordReceiver(int index, ReadOnlySpan<byte> data);

/// <summary>The record of a stream.</summary>
/// <param name="Id">The stream's id: 1 to 255 bytes of UTF-8; empty for what a service keeps of itself.</param>
/// <param name="Data">Its bytes; none: there is no record.</param>
public readonly record struct StoredRecord(string Id, ReadOnlyMemory<byte> Data);

/// <summary>An entry of a log.</summary>
/// <param name="Log">The number of the log.</param>
/// <param name="Position">Its position, ascending in a log.</param>
/// <param name="Data">Its bytes, which stay as they are.</param>
public readonly record struct StoredLogEntry(int Log, long Position, ReadOnlyMemory<byte> Data);
