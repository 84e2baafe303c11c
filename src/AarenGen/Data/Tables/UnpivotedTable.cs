namespace AarenGen;

/// <summary>
/// A wide table read as a long one: each of its rows becomes a row for each of the columns that are not kept, with the column's name in one
/// column and the cell in another.
/// </summary>
internal sealed class UnpivotedTable : ITableReader, ISeriesClocks
{
    private readonly ITableReader wide;
    private readonly int[] kept, unpivoted;
    private int current;

    public UnpivotedTable(ITableReader wide, string key, string value, IReadOnlyList<string> keep)
    {
        this.wide = wide;
        kept = [.. keep.Select(wide.GetColumn)];
        unpivoted = [.. Enumerable.Range(0, wide.Columns.Count).Except(kept)];
        if (unpivoted.Length == 0)
        {
            throw new TableException(wide.Path, null, null, "all columns are kept, so that none is left to be a series; keep fewer.");
        }
        var types = unpivoted.Select(c => wide.Columns[c].Type).Distinct().ToArray();
        Columns =
        [
            .. kept.Select(c => wide.Columns[c]),
            new(key, ColumnType.Text),
            new(value, types.Length == 1 ? types[0] : types.All(IsNumber) ? ColumnType.Number : ColumnType.Text),
        ];
        if (Columns.Select(static c => c.Name).Distinct(StringComparer.Ordinal).Count() < Columns.Count)
        {
            throw new TableException(wide.Path, null, null,
                $"the names {TableException.Quote(key)} and {TableException.Quote(value)} must differ from each other and from those of "
                + $"kept columns, which are {string.Join(", ", keep.Select(static k => TableException.Quote(k)))}.");
        }
        current = unpivoted.Length - 1;
    }

    public string Path => wide.Path;

    public IReadOnlyList<ColumnDescription> Columns { get; }

    public long Line => wide.Line;

    private int Key => kept.Length;

    public bool Read()
    {
        if (current < unpivoted.Length - 1)
        {
            current++;
            return true;
        }
        bool isRead = wide.Read();
        current = isRead ? 0 : unpivoted.Length - 1;
        return isRead;
    }

    public bool IsMissing(int column) => column != Key && wide.IsMissing(Source(column));

    public double GetDouble(int column) => column == Key ? throw NoValue("a number") : wide.GetDouble(Source(column));

    public long GetInt64(int column) => column == Key ? throw NoValue("a number") : wide.GetInt64(Source(column));

    public bool GetBoolean(int column) => column == Key ? throw NoValue("a truth value") : wide.GetBoolean(Source(column));

    public ReadOnlySpan<char> GetText(int column) => column == Key ? wide.Columns[unpivoted[current]].Name : wide.GetText(Source(column));

    public DateTimeOffset GetTime(int column) => column == Key ? throw NoValue("a time") : wide.GetTime(Source(column));

    public TableException ErrorAt(int? column, string problem, Exception? cause = null) =>
        wide.ErrorAt(column is null ? null : Source(column.Value), problem, cause);

    /// <summary>Rows of the same line have one time, so that the series of one kept key share its clock.</summary>
    public void UseSeriesKey(int column)
    {
        if (column < kept.Length && wide is ISeriesClocks clocks)
        {
            clocks.UseSeriesKey(kept[column]);
        }
    }

    public void Dispose() => wide.Dispose();

    private static bool IsNumber(ColumnType type) => type is ColumnType.Number or ColumnType.WholeNumber;

    /// <summary>The column of the wide table that has the cell; of the key the one that it names.</summary>
    private int Source(int column) => column < kept.Length ? kept[column]
        : column <= kept.Length + 1 ? unpivoted[current]
        : throw new ArgumentOutOfRangeException(nameof(column), column, $"The table has {Columns.Count} columns.");

    private TableException NoValue(string expected) =>
        wide.ErrorAt(null, $"the column {TableException.Quote(Columns[Key].Name)} holds names of columns, and not {expected}.");
}
