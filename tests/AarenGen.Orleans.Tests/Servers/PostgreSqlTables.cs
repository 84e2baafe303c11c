using Npgsql;

namespace AarenGen.Orleans.Tests;

/// <summary>
/// What Orleans' provider needs in a database: the states, each once, and the queries that it looks up by name. A write names the version
/// that it replaces, and answers none where there is another one.
/// </summary>
internal static class PostgreSqlTables
{
    private const string Key =
        """
        GrainIdHash = @GrainIdHash AND GrainTypeHash = @GrainTypeHash AND GrainIdN0 = @GrainIdN0 AND GrainIdN1 = @GrainIdN1
        AND GrainTypeString = @GrainTypeString AND ServiceId = @ServiceId
        AND GrainIdExtensionString IS NOT DISTINCT FROM @GrainIdExtensionString::varchar
        """;

    private const string Tables =
        """
        CREATE TABLE IF NOT EXISTS OrleansQuery (QueryKey varchar(64) PRIMARY KEY, QueryText varchar(8000) NOT NULL);
        CREATE TABLE IF NOT EXISTS OrleansStorage (
            GrainIdHash integer NOT NULL, GrainIdN0 bigint NOT NULL, GrainIdN1 bigint NOT NULL, GrainTypeHash integer NOT NULL,
            GrainTypeString varchar(512) NOT NULL, GrainIdExtensionString varchar(512), ServiceId varchar(150) NOT NULL,
            PayloadBinary bytea, Version integer NOT NULL,
            UNIQUE NULLS NOT DISTINCT
                (GrainIdHash, GrainTypeHash, GrainIdN0, GrainIdN1, GrainTypeString, GrainIdExtensionString, ServiceId));
        """;

    private const string Write =
        $"""
        WITH changed AS (
            UPDATE OrleansStorage SET PayloadBinary = @PayloadBinary, Version = Version + 1
            WHERE {Key} AND Version = @GrainStateVersion::int RETURNING Version),
        added AS (
            INSERT INTO OrleansStorage
            SELECT @GrainIdHash, @GrainIdN0, @GrainIdN1, @GrainTypeHash, @GrainTypeString, @GrainIdExtensionString, @ServiceId,
                @PayloadBinary, 1
            WHERE @GrainStateVersion::int IS NULL
            ON CONFLICT DO NOTHING RETURNING Version)
        SELECT Version AS NewGrainStateVersion FROM changed UNION ALL SELECT Version FROM added
        """;

    private const string Clear =
        $"""
        UPDATE OrleansStorage SET PayloadBinary = NULL, Version = Version + 1
        WHERE {Key} AND Version = @GrainStateVersion::int RETURNING Version AS NewGrainStateVersion
        """;

    private const string Delete =
        $"""
        DELETE FROM OrleansStorage WHERE {Key} AND Version = @GrainStateVersion::int RETURNING Version + 1 AS NewGrainStateVersion
        """;

    private const string Read = $"SELECT PayloadBinary, Version FROM OrleansStorage WHERE {Key}";

    public static async Task CreateAsync(string connection)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(connection);
        await using (NpgsqlCommand tables = source.CreateCommand(Tables))
        {
            await tables.ExecuteNonQueryAsync();
        }
        foreach ((string key, string text) in new[]
            { ("WriteToStorageKey", Write), ("ReadFromStorageKey", Read), ("ClearStorageKey", Clear), ("DeleteStorageKey", Delete) })
        {
            await using NpgsqlCommand query = source.CreateCommand(
                "INSERT INTO OrleansQuery VALUES ($1, $2) ON CONFLICT (QueryKey) DO UPDATE SET QueryText = $2");
            query.Parameters.Add(new() { Value = key });
            query.Parameters.Add(new() { Value = text });
            await query.ExecuteNonQueryAsync();
        }
    }
}
