namespace AarenGen.Tool.Tables;

/// <summary>Finds columns by the names that users write.</summary>
internal static class ColumnNames
{
    private const int MaxShown = 20;

    /// <summary>The index of a column.</summary>
    /// <param name="table">The table.</param>
    /// <param name="name">Its name; case, spaces, underscores and hyphens do not count.</param>
    /// <param name="option">The option that names it.</param>
    /// <exception cref="UserException">There is none; the message says which may be meant.</exception>
    public static int Find(ITableReader table, string name, string option)
    {
        int found = table.FindColumn(name);
        if (found >= 0)
        {
            return found;
        }
        string? near = table.Columns.Select(static c => c.Name)
            .MinBy(c => Distance(c.ToUpperInvariant(), name.ToUpperInvariant()));
        bool isNear = near is not null && Distance(near.ToUpperInvariant(), name.ToUpperInvariant()) <= Math.Max(2, name.Length / 3);
        throw new UserException($"{table.Path}: there is no column {TableException.Quote(name)} ({option}); "
            + (isNear ? $"did you mean {TableException.Quote(near)}? " : "") + $"The columns are {List(table)}.");
    }

    /// <summary>The columns, as a message shows them.</summary>
    public static string List(ITableReader table) =>
        string.Join(", ", table.Columns.Take(MaxShown).Select(static c => TableException.Quote(c.Name)))
            + (table.Columns.Count > MaxShown ? ", …" : "");

    /// <summary>How many characters must be inserted, removed or replaced.</summary>
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            (int diagonal, row[0]) = (row[0], i);
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }
}
