namespace AarenGen;

/// <summary>Finds columns of a table by name, and reads wide tables as long ones.</summary>
public static class TableReaderExtensions
{
    private const int MaxShown = 20;

    /// <summary>
    /// The column of a name. A column of exactly this name comes first; otherwise case, spaces, underscores and hyphens do not count, so
    /// that <c>OutdoorForecast</c> finds <c>outdoor_forecast</c>.
    /// </summary>
    /// <param name="reader">The table.</param>
    /// <param name="name">The name.</param>
    /// <returns>The index; -1 where there is no such column.</returns>
    /// <exception cref="TableException">Several columns have the name if case, spaces, underscores and hyphens do not count.</exception>
    public static int FindColumn(this ITableReader reader, string name)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(name);
        int found = -1;
        for (int c = 0; c < reader.Columns.Count; c++)
        {
            if (reader.Columns[c].Name == name)
            {
                return c;
            }
        }
        for (int c = 0; c < reader.Columns.Count; c++)
        {
            if (!AreAlike(reader.Columns[c].Name, name))
            {
                continue;
            }
            if (found >= 0)
            {
                throw new TableException(reader.Path, null, null,
                    $"{TableException.Quote(name)} may be the column {TableException.Quote(reader.Columns[found].Name)} or "
                    + $"{TableException.Quote(reader.Columns[c].Name)}; name it exactly.");
            }
            found = c;
        }
        return found;
    }

    /// <summary>The column of a name, as <see cref="FindColumn"/> finds it.</summary>
    /// <param name="reader">The table.</param>
    /// <param name="name">The name.</param>
    /// <returns>The index.</returns>
    /// <exception cref="TableException">There is no such column, or several.</exception>
    public static int GetColumn(this ITableReader reader, string name)
    {
        int column = reader.FindColumn(name);
        if (column >= 0)
        {
            return column;
        }
        string names = string.Join(", ", reader.Columns.Take(MaxShown).Select(static c => TableException.Quote(c.Name)));
        throw new TableException(reader.Path, null, null,
            $"there is no column {TableException.Quote(name)}; the columns are {names}"
            + $"{(reader.Columns.Count > MaxShown ? ", …" : "")}.");
    }

    /// <summary>
    /// Reads a wide table, in which each series is a column, as a long one, which names the series of each row: a row with 300 columns
    /// becomes 300 rows with the same time.
    /// </summary>
    /// <param name="reader">The wide table. The result reads from it, and disposes it.</param>
    /// <param name="key">The name of the new column that holds the names of the columns, such as "sensor".</param>
    /// <param name="value">The name of the new column that holds their cells, such as "load".</param>
    /// <param name="keep">The columns that every row keeps, such as the time. All others become rows.</param>
    /// <returns>The long table: the kept columns, then the key and the value.</returns>
    /// <exception cref="TableException">A kept column is missing, all are kept, or the new columns have names of kept ones.</exception>
    /// <exception cref="ArgumentException">A name is null or empty.</exception>
    public static ITableReader Unpivot(this ITableReader reader, string key, string value, params IReadOnlyList<string> keep)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentException.ThrowIfNullOrEmpty(value);
        ArgumentNullException.ThrowIfNull(keep);
        return new UnpivotedTable(reader, key, value, keep);
    }

    private static bool AreAlike(ReadOnlySpan<char> a, ReadOnlySpan<char> b)
    {
        (int i, int j) = (0, 0);
        bool isEmpty = true;
        while (true)
        {
            while (i < a.Length && IsDivider(a[i]))
            {
                i++;
            }
            while (j < b.Length && IsDivider(b[j]))
            {
                j++;
            }
            if (i == a.Length || j == b.Length)
            {
                return i == a.Length && j == b.Length && !isEmpty;
            }
            if (char.ToUpperInvariant(a[i++]) != char.ToUpperInvariant(b[j++]))
            {
                return false;
            }
            isEmpty = false;
        }
    }

    private static bool IsDivider(char c) => c is ' ' or '_' or '-';
}
