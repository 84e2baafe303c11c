using SQLitePCL;
using static SQLitePCL.raw;

namespace AarenGen.Serving.Sqlite;

/// <summary>A compiled statement of a connection, used by one thread at a time.</summary>
internal sealed class Statement(Connection connection, sqlite3_stmt statement) : IDisposable
{
    public Statement Bind(int parameter, long value)
    {
        connection.Check(sqlite3_bind_int64(statement, parameter, value));
        return this;
    }

    /// <summary>Binds bytes, which are copied.</summary>
    public Statement Bind(int parameter, ReadOnlySpan<byte> value)
    {
        connection.Check(sqlite3_bind_blob(statement, parameter, value));
        return this;
    }

    /// <summary>Goes to the next row; false where there is none. Also after a failure the statement is ready for its next run.</summary>
    public bool Step()
    {
        int result = sqlite3_step(statement);
        if (result == SQLITE_ROW)
        {
            return true;
        }
        // The error is read before the reset, which may replace it.
        IOException? error = result == SQLITE_DONE ? null : connection.Error(result);
        sqlite3_reset(statement);
        return error is null ? false : throw error;
    }

    /// <summary>Runs a statement that has no rows.</summary>
    public void Run()
    {
        while (Step())
        {
        }
    }

    /// <summary>Runs the statement; whether the first column of its only row is this text.</summary>
    public bool ReadsText(ReadOnlySpan<byte> text)
    {
        bool result = Step() && Bytes(0).SequenceEqual(text);
        Reset();
        return result;
    }

    public bool HasValue(int column) => sqlite3_column_type(statement, column) != SQLITE_NULL;

    public long Int64(int column) => sqlite3_column_int64(statement, column);

    /// <summary>The bytes of a column of this row, valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => sqlite3_column_blob(statement, column);

    /// <summary>Ends the reading of rows, and with it what SQLite keeps for a reader.</summary>
    public void Reset() => sqlite3_reset(statement);

    public void Dispose() => statement.Dispose();
}
