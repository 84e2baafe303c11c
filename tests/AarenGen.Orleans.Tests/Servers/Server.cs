namespace AarenGen.Orleans.Tests;

/// <summary>Servers that keep states, which tests are told of in the environment.</summary>
internal static class Server
{
    /// <summary>The address of a Redis, such as <c>localhost:6379</c>.</summary>
    public const string Redis = "AARENGEN_REDIS";

    /// <summary>The program <c>redis-server</c>, which tests start, kill and start again.</summary>
    public const string RedisProgram = "AARENGEN_REDIS_SERVER";

    /// <summary>A connection string of Npgsql, of a database in which tests make tables.</summary>
    public const string PostgreSql = "AARENGEN_POSTGRESQL";

    /// <exception cref="InvalidOperationException">It is not set.</exception>
    public static string Get(string variable) => Environment.GetEnvironmentVariable(variable)
        ?? throw new InvalidOperationException($"The environment has no {variable}.");
}
