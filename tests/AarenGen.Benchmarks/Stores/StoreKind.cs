using AarenGen.Serving;
using AarenGen.Serving.Sqlite;

namespace AarenGen.Benchmarks;

/// <summary>A library that can keep streams, behind the interface of a service's store.</summary>
/// <param name="Name">As tables show it.</param>
/// <param name="Open">Opens a store in a folder; whether each change is flushed to the disk.</param>
internal sealed record StoreKind(string Name, Func<string, bool, Task<IStreamStore>> Open)
{
    public static readonly IReadOnlyList<StoreKind> All =
    [
        new("SQLite", static async (folder, isFlushed) => await SqliteStreamStore.OpenAsync(folder, new()
        {
            Durability = isFlushed ? StoreDurability.PowerLoss : StoreDurability.ProcessEnd,
        })),
        new("RocksDB", static (folder, isFlushed) => Task.FromResult<IStreamStore>(new RocksStore(folder, isFlushed))),
        new("LMDB", static (folder, isFlushed) => Task.FromResult<IStreamStore>(new LightningStore(folder, isFlushed))),
        // It opens its files so that each write reaches the disk; there is no other way.
        new("FASTER", static (folder, _) => Task.FromResult<IStreamStore>(new FasterStore(folder))),
    ];
}
