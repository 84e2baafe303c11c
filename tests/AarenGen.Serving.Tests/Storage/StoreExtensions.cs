namespace AarenGen.Serving.Tests;

/// <summary>A store's contents as collections, for assertions.</summary>
internal static class StoreExtensions
{
    public static async Task<Dictionary<string, byte[]>> Read(this IStreamStore store, params string[] ids)
    {
        var result = new Dictionary<string, byte[]>();
        await store.ReadAsync(ids, (index, data) => result.Add(ids[index], data.ToArray()), default);
        return result;
    }

    /// <summary>All saved streams; fails where one comes twice.</summary>
    public static async Task<Dictionary<string, byte[]>> ReadAll(this IStreamStore store)
    {
        var result = new Dictionary<string, byte[]>();
        await foreach ((string id, ReadOnlyMemory<byte> data) in store.ReadAllAsync(default))
        {
            result.Add(id, data.ToArray());
        }
        return result;
    }

    /// <summary>The entries of each log; fails where positions do not ascend.</summary>
    public static async Task<Dictionary<int, List<StoredLogEntry>>> ReadLogs(this IStreamStore store)
    {
        var result = new Dictionary<int, List<StoredLogEntry>>();
        await foreach (StoredLogEntry entry in store.ReadLogAsync(default))
        {
            if (!result.TryGetValue(entry.Log, out List<StoredLogEntry>? log))
            {
                result.Add(entry.Log, log = []);
            }
            Assert.True(log.Count == 0 || log[^1].Position < entry.Position, "Positions do not ascend.");
            log.Add(entry with { Data = entry.Data.ToArray() });
        }
        return result;
    }

    public static Task Write(this IStreamStore store, params (string Id, byte[] Data)[] streams) =>
        store.WriteAsync([.. streams.Select(static r => new SavedStreamData(r.Id, r.Data))], default).AsTask();
}
