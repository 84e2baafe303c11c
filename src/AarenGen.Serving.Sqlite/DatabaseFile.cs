namespace AarenGen.Serving.Sqlite;

/// <summary>
/// A database file of the store: its writer, which one thread at a time uses, and what moves its write-ahead log to the database beside the
/// writer, so that no writer waits for the disk to take many pages.
/// </summary>
internal abstract class DatabaseFile : IDisposable
{
    // 4 MiB are moved at once, beside the writer. The write-ahead log begins again when all is moved, which a busy writer keeps from
    // happening; at 64 MiB it moves the rest itself, which is little then.
    private const int PagesToMove = 1024, MaxPages = 16 * PagesToMove;

    /// <summary>A table of which a row is written to flush the file.</summary>
    protected const string FlushTable = "CREATE TABLE flush (number INTEGER PRIMARY KEY)";

    private readonly Action<DatabaseFile> maintain;
    private readonly Statement flush;
    private readonly Connection mover;
    // Taken after the gate, where both are taken.
    private readonly Lock moving = new();
    // About how many pages were written since the maintenance, and how many the write-ahead log has.
    private int pagesWritten, pagesAhead, isWaiting;
    private bool isDisposed, isFlushed;

    /// <param name="path">The file; created where it is missing.</param>
    /// <param name="tables">Its tables, <see cref="FlushTable"/> among them.</param>
    /// <param name="durability">What a change survives.</param>
    /// <param name="cacheBytes">How much of the file the writer keeps in memory at most.</param>
    /// <param name="maintain">Lets <see cref="Maintain"/> be called soon, by another thread.</param>
    protected DatabaseFile(string path, string tables, StoreDurability durability, int cacheBytes, Action<DatabaseFile> maintain)
    {
        this.maintain = maintain;
        Durability = durability;
        try
        {
            Writer = new(path, durability, cacheBytes);
            Writer.Create(tables);
            flush = Writer.Prepare("REPLACE INTO flush (number) VALUES (1)");
            mover = new(path, durability, cacheBytes: 1 << 16);
        }
        catch (Exception e)
        {
            Writer?.Dispose();
            if (e is NoDatabaseException)
            {
                throw new InvalidDataException(e.Message, e);
            }
            throw;
        }
    }

    protected Connection Writer { get; }

    /// <summary>Held while the writer is used.</summary>
    protected Lock Gate { get; } = new();

    protected StoreDurability Durability { get; }

    protected void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(isDisposed, typeof(SqliteStreamStore));

    /// <summary>Flushes all changes so far to the disk.</summary>
    public void Flush()
    {
        lock (Gate)
        {
            ThrowIfDisposed();
            if (isFlushed || Durability == StoreDurability.PowerLoss)
            {
                return;
            }
            // A change that is flushed takes all that stand before it in the write-ahead log along.
            Writer.SetDurability(StoreDurability.PowerLoss);
            try
            {
                flush.Run();
                isFlushed = true;
            }
            finally
            {
                Writer.SetDurability(Durability);
            }
        }
    }

    /// <summary>Says that a change begins; called with the gate held.</summary>
    protected void BeginChange() => isFlushed = false;

    /// <summary>Counts what was written, about; called with the gate held.</summary>
    protected void Wrote(long bytes, int rows)
    {
        int pages = (int)(bytes >> 12) + rows;
        pagesWritten += pages;
        if (Interlocked.Add(ref pagesAhead, pages) >= MaxPages)
        {
            try
            {
                if (Move() is var (ahead, moved) && moved == ahead)
                {
                    // Nobody writes now, so that the write-ahead log begins again with the next change.
                    Volatile.Write(ref pagesAhead, 0);
                }
            }
            catch (IOException)
            {
                // The change itself is done. If the disk is full, a later one says so.
            }
        }
        if (pagesWritten >= PagesToMove)
        {
            pagesWritten = 0;
            NeedMaintenance();
        }
    }

    protected void NeedMaintenance()
    {
        if (Interlocked.Exchange(ref isWaiting, 1) == 0)
        {
            maintain(this);
        }
    }

    /// <summary>Moves the write-ahead log to the database, and what else need not be done at once.</summary>
    /// <exception cref="IOException">It failed; nothing is lost, and it may be tried again.</exception>
    public virtual void Maintain()
    {
        Volatile.Write(ref isWaiting, 0);
        Move();
    }

    /// <summary>Closes the file; no other thread may be in <see cref="Maintain"/>.</summary>
    public virtual void Dispose()
    {
        lock (Gate)
        {
            if (!isDisposed)
            {
                isDisposed = true;
                mover.Dispose();
                Writer.Dispose();
            }
        }
    }

    private (int Pages, int Moved) Move()
    {
        lock (moving)
        {
            (int Pages, int Moved) result = mover.Checkpoint();
            Volatile.Write(ref pagesAhead, result.Pages);
            return result;
        }
    }
}
