using System.Globalization;

namespace AarenGen.Data;

/// <summary>
/// A table in a file, read once from its first to its last row in bounded memory: text with separators (CSV, perhaps compressed with gzip),
/// Parquet, or Arrow (Feather version 2, IPC files and streams). The file's first bytes show which; its name does not matter. Not
/// thread-safe.
/// </summary>
public abstract class TableFile : ITableReader, ISeriesClocks
{
    private readonly Dictionary<string, LocalClock>.AlternateLookup<ReadOnlySpan<char>> clocks =
        new Dictionary<string, LocalClock>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    private readonly TableOptions options;
    private readonly List<string> notices = [];
    private (long Line, DateTimeOffset Time, bool IsUtc)[] times = [];
    private LocalClock?[] columnClocks = [];
    private int keyColumn = -1;

    private protected TableFile(string path, TableOptions options) => (Path, this.options) = (path, options);

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>The format, such as "CSV separated by ';'".</summary>
    public abstract string Format { get; }

    /// <inheritdoc/>
    public IReadOnlyList<ColumnDescription> Columns { get; private set; } = [];

    /// <summary>Sentences about what was found and the user has to know, such as comments that were skipped.</summary>
    public IReadOnlyList<string> Notices => notices;

    /// <inheritdoc/>
    public abstract long Line { get; }

    /// <summary>Local times so far that the zone's clock shows twice.</summary>
    public long AmbiguousTimeCount => AllClocks().Sum(static clock => clock.AmbiguousCount);

    /// <summary>Local times so far that the zone's clock never shows.</summary>
    public long SkippedTimeCount => AllClocks().Sum(static clock => clock.SkippedCount);

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How it is read; null: everything is found from the file.</param>
    /// <returns>The table before its first row.</returns>
    /// <exception cref="TableException">
    /// There is no such file, it is a folder, may not be read, is empty, damaged or no table; it has nested columns; there is no column of
    /// the series' key.
    /// </exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static TableFile Open(string path, TableOptions? options = null)
    {
        options ??= new();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxRowLength, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SampleRows, 1, nameof(options));
        FileSource source = FileSource.Open(path);
        TableFile? table = null;
        try
        {
            TableFormat format = TableFormats.Find(source);
            if (format == TableFormat.Parquet)
            {
                // By itself in a condition, so that the trimmer sees what is never reached.
                if (TableFeatures.Parquet)
                {
                    table = new ParquetTable(path, options, source);
                }
                else
                {
                    throw new TableException(path, null, null,
                        $"this program is without Parquet; remove its option {TableFeatures.ParquetSwitch}, or export the file as CSV.");
                }
            }
            else
            {
                table = format is TableFormat.ArrowFile or TableFormat.ArrowStream ? new ArrowTable(path, options, source, format)
                    : new DelimitedTable(path, options, source);
            }
            if (options.SeriesKey is { } key)
            {
                table.keyColumn = table.GetColumn(key);
            }
            return table;
        }
        catch
        {
            table?.Dispose();
            source.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public abstract bool Read();

    /// <inheritdoc/>
    public abstract bool IsMissing(int column);

    /// <inheritdoc/>
    public abstract double GetDouble(int column);

    /// <inheritdoc/>
    public abstract long GetInt64(int column);

    /// <inheritdoc/>
    public abstract bool GetBoolean(int column);

    /// <inheritdoc/>
    public abstract ReadOnlySpan<char> GetText(int column);

    /// <inheritdoc/>
    public DateTimeOffset GetTime(int column)
    {
        // The clock must see each time once, however often it is asked for.
        if (Line > 0 && times[column].Line == Line)
        {
            return times[column].Time;
        }
        (DateTime moment, bool isUtc) = GetMoment(column);
        DateTimeOffset time = isUtc || options.TimeZone is null ? new(moment.Ticks, TimeSpan.Zero) : ToUtc(column, moment);
        times[column] = (Line, time, isUtc || options.TimeZone is not null);
        return time;
    }

    /// <summary>Whether the last time of a column was in UTC because the file or the options name a zone.</summary>
    internal bool IsInUtc(int column) => times[column].IsUtc;

    /// <inheritdoc/>
    public abstract TableException ErrorAt(int? column, string problem, Exception? cause = null);

    void ISeriesClocks.UseSeriesKey(int key)
    {
        if (options.TimeZone is not null && keyColumn >= 0 && keyColumn != key)
        {
            throw new ArgumentException($"The series' key is {TableException.Quote(Columns[key].Name)}, but the clocks of local times "
                + $"follow {TableException.Quote(Columns[keyColumn].Name)}; set TableOptions.SeriesKey to the same column.");
        }
        keyColumn = key;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        Close();
        GC.SuppressFinalize(this);
    }

    /// <summary>The moment of a cell, and whether it is in UTC; otherwise it names no zone.</summary>
    private protected abstract (DateTime Moment, bool IsUtc) GetMoment(int column);

    private protected abstract void Close();

    private protected void SetColumns(IReadOnlyList<ColumnDescription> columns)
    {
        // In a text file names were made unique with its rows. The index of a data frame, for example, has no name.
        string[] names = UniqueNames.Complete(UniqueNames.Of([.. columns.Select(static c => c.Name)], notices), notices);
        Columns = [.. columns.Select((column, c) => column with { Name = names[c] })];
        times = new (long, DateTimeOffset, bool)[columns.Count];
        columnClocks = new LocalClock?[columns.Count];
    }

    private protected void AddNotices(IEnumerable<string> found) => notices.AddRange(found);

    private protected TableException NotWhole(int column, ReadOnlySpan<char> cell) =>
        ErrorAt(column, $"{TableException.Quote(cell)} is not a whole number of 64 bits; correct it, or read it as a number.");

    private protected TableException Missing(int column) => ErrorAt(column, "the cell is empty; fill it or remove the row.");

    private IEnumerable<LocalClock> AllClocks() =>
        columnClocks.Where(static clock => clock is not null).Select(static clock => clock!).Concat(clocks.Dictionary.Values);

    private DateTimeOffset ToUtc(int column, DateTime local)
    {
        LocalClock? clock;
        if (keyColumn < 0)
        {
            clock = columnClocks[column] ??= NewClock();
        }
        else
        {
            // Columns of times of the same series have clocks of their own.
            ReadOnlySpan<char> key = GetText(keyColumn);
            Span<char> place = stackalloc char[12 + Math.Min(key.Length, 200)];
            column.TryFormat(place, out int written, "", CultureInfo.InvariantCulture);
            place[written++] = ':';
            if (key.Length > 200)
            {
                throw ErrorAt(keyColumn, "the series' key has more than 200 characters; shorten it.");
            }
            key.CopyTo(place[written..]);
            ReadOnlySpan<char> name = place[..(written + key.Length)];
            if (!clocks.TryGetValue(name, out clock))
            {
                clocks[name] = clock = NewClock();
            }
        }
        return clock.TryToUtc(local, out DateTimeOffset utc, out string? problem) ? utc : throw ErrorAt(column, $"{problem}.");
    }

    private LocalClock NewClock() => new(options.TimeZone!, options.AmbiguousTimes, options.SkippedTimes);
}
