namespace AarenGen.Serving.Sqlite;

/// <summary>A file is not SQLite's.</summary>
internal sealed class NoDatabaseException(string message) : IOException(message);
