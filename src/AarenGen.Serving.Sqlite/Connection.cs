using System.Globalization;
using SQLitePCL;
using static SQLitePCL.raw;

namespace AarenGen.Serving.Sqlite;

/// <summary>A connection to a database file, used by one thread at a time; what SQLite says becomes an <see cref="IOException"/>.</summary>
internal sealed class Connection : IDisposable
{
    // "AARS" and the version of the tables.
    private const long ApplicationId = 0x41415253;
    private const long Format = 2;
    // As long as the write-ahead log gets: to shorten it each time it begins again takes a writer ten milliseconds.
    private const int MaxIdleLogBytes = 64 << 20;

    private readonly sqlite3 handle;
    private readonly List<Statement> statements = [];

    static Connection() => Batteries_V2.Init();

    /// <param name="path">The file; created where it is missing.</param>
    /// <param name="durability">What a transaction of this connection survives.</param>
    /// <param name="cacheBytes">How much of the file the connection keeps in memory at most.</param>
    public Connection(string path, StoreDurability durability, int cacheBytes)
    {
        Path = path;
        // No mutex: the store lets one thread at a time use a connection.
        int result = sqlite3_open_v2(path, out handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, null);
        try
        {
            Check(result);
            sqlite3_extended_result_codes(handle, 1);
            sqlite3_busy_timeout(handle, 10_000);
            Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA cache_size = {-(cacheBytes >> 10)}"));
            SetDurability(durability);
            // The store moves what is in the write-ahead log to the database itself, beside the writers.
            Execute("PRAGMA wal_autocheckpoint = 0");
            Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA journal_size_limit = {MaxIdleLogBytes}"));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public string Path { get; }

    /// <summary>Creates the tables of a new file; refuses a file that is not of this format.</summary>
    /// <exception cref="InvalidDataException">The file is another program's, or of another version.</exception>
    public void Create(string tables)
    {
        long application = Read("PRAGMA application_id") ?? 0, version = Read("PRAGMA user_version") ?? 0,
            schema = Read("SELECT COUNT(*) FROM sqlite_schema") ?? 0;
        if ((application, version, schema) == (0, 0, 0))
        {
            if (!Prepare("PRAGMA journal_mode = WAL").ReadsText("wal"u8))
            {
                throw new IOException($"{Path} lies on a file system without shared memory, such as a network's; SQLite needs it.");
            }
            Execute(string.Create(
                CultureInfo.InvariantCulture,
                $"BEGIN; {tables}; PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Format}; COMMIT"));
        }
        else if (application != ApplicationId)
        {
            throw new InvalidDataException($"{Path} is no database of streams but another program's.");
        }
        else if (version != Format)
        {
            throw new InvalidDataException(
                $"{Path} has format {version}; this version of AarenGen.Serving.Sqlite reads and writes format {Format}.");
        }
    }

    public void SetDurability(StoreDurability durability)
    {
        Execute(durability == StoreDurability.PowerLoss ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
        // macOS leaves data in the disk's own memory otherwise.
        Execute("PRAGMA fullfsync = " + (durability == StoreDurability.PowerLoss ? "ON" : "OFF"));
        Execute("PRAGMA checkpoint_fullfsync = ON");
    }

    /// <summary>Compiles a statement, which lives as long as the connection.</summary>
    public Statement Prepare(string sql)
    {
        Check(sqlite3_prepare_v3(handle, sql, SQLITE_PREPARE_PERSISTENT, out sqlite3_stmt statement));
        var prepared = new Statement(this, statement);
        statements.Add(prepared);
        return prepared;
    }

    /// <summary>The first number that a statement reads; null where there is no row, or nothing in it.</summary>
    public long? Read(string sql)
    {
        Check(sqlite3_prepare_v2(handle, sql, out sqlite3_stmt compiled));
        using var statement = new Statement(this, compiled);
        return statement.Step() && statement.HasValue(0) ? statement.Int64(0) : null;
    }

    public void Execute(string sql) => Check(sqlite3_exec(handle, sql));

    /// <summary>Takes back a transaction that did not complete; SQLite has done so itself after some failures.</summary>
    public void Rollback()
    {
        if (sqlite3_get_autocommit(handle) == 0)
        {
            sqlite3_exec(handle, "ROLLBACK");
        }
    }

    /// <summary>
    /// Moves pages from the write-ahead log to the database, as far as readers let it; how many the write-ahead log had when this began,
    /// and how many of these are moved now.
    /// </summary>
    public (int Pages, int Moved) Checkpoint()
    {
        Check(sqlite3_wal_checkpoint_v2(handle, null, SQLITE_CHECKPOINT_PASSIVE, out int pages, out int moved));
        return (pages, moved);
    }

    public void Check(int result)
    {
        if (result != SQLITE_OK)
        {
            throw Error(result);
        }
    }

    public IOException Error(int result)
    {
        if ((result & 0xff) == SQLITE_NOTADB)
        {
            return new NoDatabaseException($"{Path} is no database of streams, or its beginning is damaged.");
        }
        string what = (result & 0xff) switch
        {
            SQLITE_FULL => "The disk is full",
            SQLITE_CORRUPT => "The file is damaged",
            SQLITE_READONLY or SQLITE_CANTOPEN or SQLITE_PERM => "The file cannot be opened for writing",
            _ => "The store failed",
        };
        return new(
            $"{what}: {Path} ({sqlite3_errmsg(handle).utf8_to_string()}; SQLite error {result}).");
    }

    public void Dispose()
    {
        foreach (Statement statement in statements)
        {
            statement.Dispose();
        }
        handle.Dispose();
    }
}
