using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace AarenGen.Serving.Sqlite;

/// <summary>A store of streams in a folder, by SQLite: a database file of the saved streams, and one of each log.</summary>
/// <remarks>
/// <para>Durability: what <see cref="SqliteStreamStoreOptions.Durability"/> says. Entries carry checksums: one that was damaged is an
/// <see cref="IOException"/> and never other bytes. Saved streams have checksums of their own, so that one that was damaged is
/// no matter of the others.</para>
/// <para>Calls complete before they return, so they take the caller's thread while the disk works. Appending to one log waits neither for
/// another log nor for the writing of streams, and reading streams waits for none of them.</para>
/// <para>Files keep the largest size that they once had; what was removed is room for what comes.</para>
/// <para>Thread safety: all members but <see cref="DisposeAsync"/> may be called at the same time, also for one log.</para>
/// </remarks>
public sealed class SqliteStreamStore : IStreamStore
{
    private const string StreamsName = "records.db", LogPrefix = "log-", Extension = ".db", LockName = "lock";

    private readonly string folder;
    private readonly StoreDurability durability;
    private readonly FileStream processLock;
    private readonly Lock opening = new();
    private readonly ConcurrentDictionary<int, LogFile> logs = [];
    private readonly BlockingCollection<DatabaseFile> waiting = [];
    private readonly Thread maintainer;
    private readonly SavedStreamFile streams;
    private bool isDisposed;

    private SqliteStreamStore(string folder, StoreDurability durability, FileStream processLock)
    {
        this.folder = folder;
        this.durability = durability;
        this.processLock = processLock;
        try
        {
            streams = new(Path.Combine(folder, StreamsName), durability, waiting.Add);
            foreach (string file in Directory.EnumerateFiles(folder, LogPrefix + "*" + Extension))
            {
                if (int.TryParse(
                    Path.GetFileNameWithoutExtension(file.AsSpan())[LogPrefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture,
                    out int number))
                {
                    OpenLog(number);
                }
            }
        }
        catch
        {
            Close();
            throw;
        }
        maintainer = new(Maintain) { IsBackground = true, Name = nameof(SqliteStreamStore) };
        maintainer.Start();
    }

    /// <summary>Opens the store in a folder, which is created where it is missing.</summary>
    /// <param name="folder">The folder; on a disk of this machine, not of a network.</param>
    /// <param name="options">How it works; null: the defaults.</param>
    /// <param name="cancellationToken">Ends the opening before it began.</param>
    /// <exception cref="IOException">
    /// Another process, or another store of this process, has the folder open; or it is a file, or cannot be written; or it is damaged.
    /// </exception>
    /// <exception cref="InvalidDataException">The store has the format of another version, or its files are another program's.</exception>
    public static Task<SqliteStreamStore> OpenAsync(
        string folder, SqliteStreamStoreOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        StoreDurability durability = (options ?? new()).Durability;
        if (!Enum.IsDefined(durability))
        {
            throw new ArgumentOutOfRangeException(nameof(options), durability, "There is no such durability.");
        }
        // What an earlier process left in the write-ahead logs is read here.
        return Task.Run(() => Open(Path.GetFullPath(folder), durability), cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">An id has more than 255 bytes of UTF-8, or half a character.</exception>
    public ValueTask ReadAsync(IReadOnlyList<string> ids, SavedStreamReceiver receive, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(receive);
        cancellationToken.ThrowIfCancellationRequested();
        streams.Read(ids, receive, cancellationToken);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">An id has more than 255 bytes of UTF-8, or half a character.</exception>
    public ValueTask WriteAsync(IReadOnlyList<SavedStreamData> streams, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(streams);
        cancellationToken.ThrowIfCancellationRequested();
        this.streams.Write(streams);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SavedStreamData> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Between two reads nothing is kept open, so that a slow caller does not let the write-ahead log grow.
        var some = new List<SavedStreamData>();
        for (long after = long.MinValue; streams.ReadSome(ref after, some); some.Clear())
        {
            foreach (SavedStreamData saved in some)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return saved;
            }
        }
        await ValueTask.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The entry is empty, or the number of the log is negative.</exception>
    public ValueTask<long> AppendAsync(int log, ReadOnlyMemory<byte> entry, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(log);
        if (entry.IsEmpty)
        {
            throw new ArgumentException("An entry has at least a byte.", nameof(entry));
        }
        cancellationToken.ThrowIfCancellationRequested();
        return new((logs.TryGetValue(log, out LogFile? file) ? file : OpenLog(log)).Append(entry.Span));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">The number of the log is negative.</exception>
    public ValueTask FlushLogAsync(int log, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(log);
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (logs.TryGetValue(log, out LogFile? file))
        {
            file.Flush();
        }
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredLogEntry> ReadLogAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isDisposed, this);
        var some = new List<StoredLogEntry>();
        foreach (LogFile log in logs.Values.OrderBy(static l => l.Number))
        {
            for (long after = 0; log.ReadSome(ref after, some); some.Clear())
            {
                foreach (StoredLogEntry entry in some)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return entry;
                }
            }
        }
        await ValueTask.CompletedTask.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The streams are flushed to the disk first, with either durability: a loss of power takes no entry back whose effect on a stream it
    /// takes back, too.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The number of the log is negative.</exception>
    public ValueTask TruncateAsync(int log, long last, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(log);
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(isDisposed, this);
        if (logs.TryGetValue(log, out LogFile? file))
        {
            streams.Flush();
            file.Truncate(last);
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>Closes the store; what was acknowledged is in it. No other member may be running.</summary>
    public ValueTask DisposeAsync()
    {
        if (!isDisposed)
        {
            isDisposed = true;
            waiting.CompleteAdding();
            maintainer.Join();
            Close();
        }
        return ValueTask.CompletedTask;
    }

    private static SqliteStreamStore Open(string folder, StoreDurability durability)
    {
        if (File.Exists(folder))
        {
            throw new IOException($"{folder} is a file; a store needs a folder.");
        }
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The folder {folder} of the store cannot be created: {e.Message}", e);
        }
        FileStream processLock;
        try
        {
            // The operating system lets go of it when the process ends, however it ends.
            processLock = new(
                Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (IOException e) when (IsSharingViolation(e))
        {
            throw new IOException($"The store in {folder} is open already, in this process or another one.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"The folder {folder} of the store cannot be written: {e.Message}", e);
        }
        return new(folder, durability, processLock);
    }

    /// <summary>Elsewhere than on Windows a lock that another holds is EAGAIN, which has two numbers.</summary>
    private static bool IsSharingViolation(IOException error) => OperatingSystem.IsWindows()
        ? (error.HResult & 0xffff) is 32 or 33
        : error.HResult == (OperatingSystem.IsLinux() ? 11 : 35);

    private LogFile OpenLog(int number)
    {
        lock (opening)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            if (!logs.TryGetValue(number, out LogFile? file))
            {
                string name = string.Create(CultureInfo.InvariantCulture, $"{LogPrefix}{number}{Extension}");
                logs[number] = file = new(number, Path.Combine(folder, name), durability, waiting.Add);
            }
            return file;
        }
    }

    private void Maintain()
    {
        foreach (DatabaseFile file in waiting.GetConsumingEnumerable())
        {
            try
            {
                file.Maintain();
            }
            catch (IOException)
            {
                // For instance the disk is full. Nothing is lost, the next change asks for it again, and writers see the error themselves.
            }
        }
    }

    private void Close()
    {
        foreach (LogFile log in logs.Values)
        {
            log.Dispose();
        }
        streams?.Dispose();
        processLock.Dispose();
        waiting.Dispose();
    }
}
