namespace AarenGen;

/// <summary>Brings the rows of a table to a regular grid while they are read.</summary>
public static class TableResampling
{
    /// <summary>
    /// Reads a table to its end. The rows of a series must come in the order of time; those of different series may come mixed.
    /// </summary>
    /// <param name="reader">The table.</param>
    /// <param name="grid">The grid.</param>
    /// <param name="time">The column of the times.</param>
    /// <param name="columns">The columns of numbers, at least one, found by <see cref="TableReaderExtensions.GetColumn"/>.</param>
    /// <param name="key">
    /// The column of the series' keys; null: there is one series. Local times of a file are converted by a clock for each key; another
    /// reader must convert them so by itself.
    /// </param>
    /// <param name="duplicates">What happens to rows of a series that have the same time.</param>
    /// <param name="maxRows">The largest number of intervals of a series.</param>
    /// <param name="maxValues">The largest number of values: the intervals of all series together times the columns.</param>
    /// <returns>The series, in the order in which their first rows came; none where the table has no rows.</returns>
    /// <exception cref="TableException">
    /// The table is damaged, a cell is wrong, a column is missing, or times of a series fall or repeat.
    /// </exception>
    /// <exception cref="ArgumentException">The table has local times, and its options name another column of keys.</exception>
    public static IReadOnlyList<RegularSeries> Resample(
        this ITableReader reader, TimeGrid grid, string time, IReadOnlyList<ResampledColumn> columns, string? key = null,
        DuplicateTimes duplicates = DuplicateTimes.Refuse, int maxRows = Resampler.DefaultMaxRows,
        long maxValues = Resampler.DefaultMaxValues)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var resampler = new Resampler(grid, columns, duplicates, maxRows, maxValues);
        int timeColumn = reader.GetColumn(time), keyColumn = key is null ? -1 : reader.GetColumn(key);
        int[] indices = [.. columns.Select(column => reader.GetColumn(column.Name))];
        if (keyColumn >= 0 && reader is ISeriesClocks clocks)
        {
            clocks.UseSeriesKey(keyColumn);
        }
        var values = new double[indices.Length];
        while (reader.Read())
        {
            if (reader.IsMissing(timeColumn))
            {
                throw reader.ErrorAt(timeColumn, "the time is empty; fill it or remove the row.");
            }
            for (int c = 0; c < values.Length; c++)
            {
                values[c] = reader.GetDouble(indices[c]);
            }
            if (resampler.TryAdd(keyColumn < 0 ? default : reader.GetText(keyColumn), reader.GetTime(timeColumn), values) is { } problem)
            {
                throw reader.ErrorAt(timeColumn, problem);
            }
        }
        return resampler.Finish();
    }
}
