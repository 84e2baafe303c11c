using AarenGen.Serving.Sqlite;

namespace AarenGen.Serving.Tests;

/// <summary>The store for tests does what any store must.</summary>
public sealed class MemoryStreamStoreContractTests : StreamStoreContract
{
    private readonly MemoryStreamStore.Contents contents = new();

    internal override Task<IStreamStore> OpenAsync() => Task.FromResult<IStreamStore>(new MemoryStreamStore(contents));
}

/// <summary>The store by SQLite does what any store must.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit disposes of a test by DisposeAsync.")]
public class SqliteStreamStoreContractTests : StreamStoreContract
{
    private readonly StoreFolder folder = new();

    private protected virtual StoreDurability Durability => StoreDurability.ProcessEnd;

    internal override async Task<IStreamStore> OpenAsync() =>
        await SqliteStreamStore.OpenAsync(folder.At("store"), new() { Durability = Durability });

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        folder.Dispose();
    }
}

/// <summary>So it does when it flushes each change.</summary>
public sealed class FlushedSqliteStreamStoreContractTests : SqliteStreamStoreContractTests
{
    private protected override StoreDurability Durability => StoreDurability.PowerLoss;
}
