using System.Globalization;

namespace AarenGen;

/// <summary>
/// A series on a regular grid of time: one row for each interval from the first to the last that has a row, NaN where nothing is known.
/// Immutable and thread-safe as long as the values are not written to.
/// </summary>
public sealed class RegularSeries
{
    private readonly double[][] columns;
    private readonly long firstIndex;

    internal RegularSeries(
        string key, TimeGrid grid, long firstIndex, IReadOnlyList<string> names, double[][] columns, IReadOnlyList<TimeGap> gaps, long read,
        long duplicates)
    {
        (Key, Grid, this.firstIndex, Names, this.columns, Gaps, RowsRead, DuplicateRows) =
            (key, grid, firstIndex, names, columns, gaps, read, duplicates);
        foreach (TimeGap gap in gaps)
        {
            EmptyRows += gap.Rows;
            LongestGap = LongestGap is { } longest && longest.Rows >= gap.Rows ? longest : gap;
        }
    }

    /// <summary>The series' key; empty where there is only one series.</summary>
    public string Key { get; }

    /// <summary>The grid.</summary>
    public TimeGrid Grid { get; }

    /// <summary>The columns' names.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>How many intervals there are, at least one.</summary>
    public int Rows => columns[0].Length;

    /// <summary>The rows that were aggregated, duplicates among them.</summary>
    public long RowsRead { get; }

    /// <summary>The rows that had the same time as the one before them.</summary>
    public long DuplicateRows { get; }

    /// <summary>Intervals without any row, in the order of time; neighbours are one gap.</summary>
    public IReadOnlyList<TimeGap> Gaps { get; }

    /// <summary>The intervals in all gaps.</summary>
    public int EmptyRows { get; }

    /// <summary>The longest gap, the first of these; null: there is none.</summary>
    public TimeGap? LongestGap { get; }

    /// <summary>What was found, in one line.</summary>
    public string Summary
    {
        get
        {
            string gaps = LongestGap is not { } longest ? "no gaps" : string.Create(CultureInfo.InvariantCulture,
                $"gaps: {Gaps.Count} ({EmptyRows} rows), the longest of {longest.Rows} from {longest.Start:yyyy-MM-dd HH:mm:ss}Z");
            return string.Create(CultureInfo.InvariantCulture,
                $"{(Key.Length == 0 ? "" : $"{TableException.Quote(Key)}: ")}{Rows} rows of {Grid} from {TimeOf(0):yyyy-MM-dd HH:mm:ss}Z, "
                + $"of {RowsRead} rows; {gaps}{(DuplicateRows == 0 ? "" : $"; rows with the time of the row before: {DuplicateRows}")}");
        }
    }

    /// <summary>The number of the first row's interval in the grid.</summary>
    internal long FirstIndex => firstIndex;

    /// <summary>The values of a column, for those who made the series and have not yet handed it on.</summary>
    internal double[] Values(int column) => columns[column];

    /// <summary>The values of a column.</summary>
    /// <param name="column">The column's index.</param>
    /// <returns>A value for each row; NaN: none is known.</returns>
    public ReadOnlySpan<double> Column(int column) => columns[column];

    /// <summary>The beginning of a row's interval, in UTC.</summary>
    /// <param name="row">The row, from 0.</param>
    public DateTimeOffset TimeOf(int row) => Grid.StartOf(firstIndex + row);
}
