namespace AarenGen.Tool.Tables;

/// <summary>A column whose values may tell series apart: within each of them times rise, or fall, as they do not over all rows.</summary>
/// <param name="column">The column's index.</param>
/// <param name="name">The header.</param>
internal sealed class KeyCandidate(int column, string name)
{
    private const int MaxSeries = 100_000;

    private static readonly string[] Words =
    [
        "id", "key", "series", "sensor", "device", "meter", "station", "store", "shop", "item", "product", "sku", "client", "customer",
        "household", "machine", "unit", "site", "symbol", "ticker", "node", "host", "name",
    ];

    private readonly Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> last =
        new Dictionary<string, long>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    private TimeOrder order;
    private long rows;

    /// <summary>The column's index.</summary>
    public int Column { get; } = column;

    /// <summary>The different values.</summary>
    public int Count => last.Dictionary.Count;

    /// <summary>Whether each value has a series: several of them, of more than one row, each with rising or falling times.</summary>
    /// <param name="isLocal">Whether a clock may have been set back, once in each series and a thousand rows.</param>
    public bool IsKey(bool isLocal) => Count >= 2 && rows >= 3L * Count && order.IsSorted(rows / 1000 + (isLocal ? Count : 0));

    /// <summary>Whether the header speaks of series.</summary>
    public bool IsNamed { get; } = Words.Any(word => name.Split([' ', '_', '-', '.']).Any(
        part => part.Equals(word, StringComparison.OrdinalIgnoreCase)) || name.EndsWith("Id", StringComparison.Ordinal));

    /// <summary>Takes the current row; false where the column can be no key.</summary>
    public bool Add(ITableReader table, DateTimeOffset time)
    {
        if (table.IsMissing(Column) || Count > MaxSeries)
        {
            return false;
        }
        rows++;
        ReadOnlySpan<char> key = table.GetText(Column);
        if (last.TryGetValue(key, out long before))
        {
            order.Add(time.UtcTicks - before);
        }
        last[key] = time.UtcTicks;
        return true;
    }
}
