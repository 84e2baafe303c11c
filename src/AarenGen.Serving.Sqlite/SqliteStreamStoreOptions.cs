namespace AarenGen.Serving.Sqlite;

/// <summary>How a <see cref="SqliteStreamStore"/> works.</summary>
public sealed class SqliteStreamStoreOptions
{
    /// <summary>What a completed change survives; the end of the process by default.</summary>
    public StoreDurability Durability { get; init; } = StoreDurability.ProcessEnd;
}
