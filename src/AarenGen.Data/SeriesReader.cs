using System.Globalization;
using System.Text;

namespace AarenGen.Data;

/// <summary>
/// Reads tables of series. One column, or a date and a time of day in two, may hold the times; every other column is a series. Nothing is
/// omitted without a notice, and ambiguous cells are rejected.
/// </summary>
internal sealed class SeriesReader(string path, SeriesOptions options)
{
    private readonly string? asked = options.TimeColumn;
    private readonly MissingWords words = new(options.MissingWords);
    private readonly List<string> notices = [];
    private readonly List<int> lines = [];
    private string[] names = [];
    private CellColumn?[] cells = [];
    private List<double>?[] numbers = [];
    private List<DateTime>?[] moments = [];
    private bool[] areUtc = [];
    private TableException?[] failures = [];
    private bool hasHeader = true, isText = true;
    private int keyColumn = -1;

    /// <summary>Cells that may be passed over; null: none may.</summary>
    private MissingWords? Passed => options.AllowMissing ? words : null;

    /// <summary>Reads the file.</summary>
    /// <returns>A table for each key, in the order of their first rows; one table where there is no key.</returns>
    public IReadOnlyList<SeriesTable> Run()
    {
        ReadColumns();
        var columns = new List<int>(Enumerable.Range(0, names.Length));
        TakeKey(columns);
        LeaveOut(columns);
        LeaveOutEmpty(columns);
        TimeColumn? times = TakeTexts(columns);
        RefuseSpaces(columns);
        double[]?[] values = ParseNumbers(columns);
        double[]? order = TakeIndex(columns, values);
        times = TakeNumbers(columns, values, times, ref order);
        if (columns.Count == 0)
        {
            throw new TableException(path, null, null, "there is no column of numbers beside the times; add one.");
        }
        times = ToUtc(times);
        string[] series = [.. columns.Select(c => names[c])];
        return [.. Groups().Select(group =>
        {
            var own = new List<string>(notices);
            int[] rows = Order(group.Rows, times, order, own);
            return new SeriesTable(path, series, [.. columns.Select(c => Take(values[c]!, rows))], Take(lines, rows),
                times is null ? null : times with { Instants = Take(times.Instants, rows) }, own)
            {
                Key = group.Key,
                HasLines = isText,
            };
        })];
    }

    private static T[] Take<T>(IReadOnlyList<T> values, int[] rows) => [.. rows.Select(row => values[row])];

    private TableException Bad(int row, int column, string problem) => At(row, names[column], problem);

    private TableException At(int row, string? column, string problem) =>
        isText ? new(path, lines[row], column, problem) : TableException.AtRow(path, lines[row], column, problem);

    /// <summary>A row of the table, as the user finds it in the file.</summary>
    private string Place(int row) => string.Create(CultureInfo.InvariantCulture, $"{(isText ? "line" : "row")} {lines[row]}");

    private void ReadColumns()
    {
        using FileSource source = FileSource.Open(path);
        if (TableFormats.Find(source) != TableFormat.Delimited)
        {
            source.Dispose();
            ReadTyped();
            return;
        }
        try
        {
            ReadCells(source, options);
        }
        catch (TableException e) when (e.InnerException is DecoderFallbackException && options.Encoding is null)
        {
            // The beginning was valid UTF-8, what follows is not. A mark, where there is one, said UTF-8.
            using FileSource again = FileSource.Open(path);
            if (again.Head.Span is [0xEF, 0xBB, 0xBF, ..])
            {
                throw;
            }
            ReadCells(again, options with { Encoding = TextFile.Windows1252 });
        }
    }

    /// <summary>Reads all cells of a text file.</summary>
    private void ReadCells(FileSource source, TableOptions chosen)
    {
        lines.Clear();
        TextLayout layout = FindLayout(source, chosen);
        using StreamReader reader = TextFile.Open(source, chosen.Encoding);
        var rows = new DelimitedRows(path, reader, layout, chosen);
        (names, hasHeader) = (rows.Names, rows.HasHeader);
        cells = [.. names.Select(static _ => new CellColumn())];
        (numbers, moments) = (new List<double>?[names.Length], new List<DateTime>?[names.Length]);
        failures = new TableException?[names.Length];
        (int width, bool hasZero, bool mayBeDecimals) = (-1, false, true);
        while (rows.Read())
        {
            for (int c = 0; c < cells.Length; c++)
            {
                cells[c]!.Add(rows[c]);
            }
            lines.Add(checked((int)rows.Line));
            mayBeDecimals = mayBeDecimals && names.Length == 2 && DecimalsRule.Allows(rows[0], rows[1], ref width);
            hasZero |= mayBeDecimals && rows[1] is ['0', ..];
        }
        if (lines.Count == 0)
        {
            throw new TableException(path, null, null, "there are no rows below the header; add rows of numbers.");
        }
        if (!hasHeader && options.HasHeader is null && rows.Separator == ',' && names.Length == 2 && mayBeDecimals && hasZero)
        {
            throw new TableException(path, lines[0], null,
                $"'{cells[0]![0]},{cells[1]![0]}' may be two whole numbers or one with a decimal comma; add a header, and write decimal "
                + "points or quote the numbers.");
        }
        notices.AddRange(rows.Notices);
    }

    private static TextLayout FindLayout(FileSource source, TableOptions chosen)
    {
        const int LongestSample = 1 << 20;
        while (!source.IsWhole && source.Head.Length < LongestSample)
        {
            source.Extend();
        }
        Encoding encoding = chosen.Encoding ?? TextFile.FindEncoding(source.Path, source.Head.Span, source.IsWhole);
        var lenient = (Encoding)encoding.Clone();
        lenient.DecoderFallback = DecoderFallback.ReplacementFallback;
        using var sample = new StreamReader(new MemoryStream(source.Head.ToArray()), lenient);
        return Separator.Find(sample, chosen.Separator);
    }

    /// <summary>Reads all values of a file whose columns have types.</summary>
    private void ReadTyped()
    {
        isText = false;
        using TableFile table = TableFile.Open(path, options);
        names = [.. table.Columns.Select(static c => c.Name)];
        notices.AddRange(table.Notices);
        cells = [.. table.Columns.Select(static c => c.Type == ColumnType.Text ? new CellColumn() : null)];
        moments = [.. table.Columns.Select(static c => c.Type == ColumnType.Time ? new List<DateTime>() : null)];
        numbers = [.. table.Columns.Select(static c => c.Type is ColumnType.Text or ColumnType.Time ? null : new List<double>())];
        (areUtc, failures) = (new bool[names.Length], new TableException?[names.Length]);
        bool[] isWanted = [.. names.Select(name => options.Columns is null || options.Columns.Contains(name, StringComparer.Ordinal)
            || name == options.SeriesKey || name == asked)];
        bool[] mayFail = [.. isWanted.Select((wanted, c) => names[c] != options.SeriesKey && names[c] != asked
            && (!wanted || moments[c] is not null))];
        for (int c = 0; c < names.Length; c++)
        {
            // A time column may be recognised among them. Columns of times that are not asked for are no series.
            isWanted[c] = names[c] == asked || names[c] == options.SeriesKey
                || (moments[c] is null ? isWanted[c] || (asked is null && numbers[c] is null) : asked is null);
        }
        while (table.Read())
        {
            lines.Add(checked((int)table.Line));
            for (int c = 0; c < names.Length; c++)
            {
                if (!isWanted[c])
                {
                    continue;
                }
                try
                {
                    ReadValue(table, c);
                }
                catch (TableException e) when (mayFail[c])
                {
                    // It matters only if the column turns out to hold the times.
                    (failures[c], isWanted[c]) = (e, false);
                }
            }
        }
        if (lines.Count == 0)
        {
            throw new TableException(path, null, null, "the table has no rows; add rows of numbers.");
        }
    }

    private void ReadValue(TableFile table, int column)
    {
        if (names[column] == options.SeriesKey)
        {
            (cells[column] ??= new()).Add(table.GetText(column));
        }
        else if (moments[column] is { } times)
        {
            times.Add(table.GetTime(column).UtcDateTime);
            areUtc[column] = table.IsInUtc(column);
        }
        else if (numbers[column] is { } values)
        {
            double value = table.GetDouble(column);
            values.Add(!double.IsNaN(value) || options.AllowMissing ? value
                : throw table.ErrorAt(column, "the value is missing; fill it or remove the row."));
        }
        else
        {
            cells[column]!.Add(table.GetText(column));
        }
    }

    private void TakeKey(List<int> columns)
    {
        if (options.SeriesKey is not { } key)
        {
            return;
        }
        keyColumn = Array.IndexOf(names, key);
        columns.Remove(keyColumn >= 0 ? keyColumn : throw NoColumn(key, "the series' keys"));
    }

    private void LeaveOut(List<int> columns)
    {
        if (options.Columns is not { } wanted)
        {
            return;
        }
        foreach (string name in wanted)
        {
            if (!names.Contains(name, StringComparer.Ordinal))
            {
                throw NoColumn(name, "a series");
            }
        }
        foreach (int c in columns.Where(c => failures[c] is not null && moments[c] is null).ToArray())
        {
            columns.Remove(c);
            notices.Add($"Column {Name(c)} cannot be read and is skipped.");
        }
        columns.RemoveAll(c => !wanted.Contains(names[c], StringComparer.Ordinal) && names[c] != asked
            && !(asked is null && (moments[c] is not null || (cells[c] is { Count: > 0 } texts && TimeRecognition.LooksLikeTimes(texts)))));
    }

    /// <summary>Whether the user calls a column a series, so that nothing else is recognised in it.</summary>
    private bool IsNamed(int column) => options.Columns is { } wanted && wanted.Contains(names[column], StringComparer.Ordinal);

    private TableException NoColumn(string name, string purpose)
    {
        string given = string.Join(", ", names.Take(20).Select(static n => TableException.Quote(n)));
        return new(path, null, null, $"there is no column {TableException.Quote(name)} for {purpose}; the columns are {given}.");
    }

    /// <summary>The rows of each key, in the order of their first rows; all rows where there is no key.</summary>
    private IEnumerable<(string Key, int[] Rows)> Groups()
    {
        if (keyColumn < 0)
        {
            return [("", [.. Enumerable.Range(0, lines.Count)])];
        }
        CellColumn keys = cells[keyColumn]!;
        var groups = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        var lookup = groups.GetAlternateLookup<ReadOnlySpan<char>>();
        var order = new List<(string Key, List<int> Rows)>();
        for (int row = 0; row < keys.Count; row++)
        {
            if (!lookup.TryGetValue(keys.Span(row), out List<int>? rows))
            {
                rows = [];
                lookup[keys.Span(row)] = rows;
                order.Add((keys[row], rows));
            }
            rows.Add(row);
        }
        return order.Select(static group => (group.Key, group.Rows.ToArray()));
    }

    /// <summary>Times that name no zone are those of the zone in the options, if there is one. Each series has its own clock.</summary>
    private TimeColumn? ToUtc(TimeColumn? times)
    {
        if (times is not { IsUtc: false, IsAbsolute: true } || options.TimeZone is not { } zone)
        {
            return times;
        }
        var instants = new DateTime[times.Instants.Length];
        (long ambiguous, long skipped) = (0, 0);
        foreach ((_, int[] rows) in Groups())
        {
            var clock = new LocalClock(zone, options.AmbiguousTimes, options.SkippedTimes);
            foreach (int row in rows)
            {
                instants[row] = clock.TryToUtc(times.Instants[row], out DateTimeOffset utc, out string? problem) ? utc.UtcDateTime
                    : throw At(row, times.Name, $"{problem}.");
            }
            (ambiguous, skipped) = (ambiguous + clock.AmbiguousCount, skipped + clock.SkippedCount);
        }
        if (ambiguous + skipped > 0)
        {
            notices.Add(string.Create(CultureInfo.InvariantCulture,
                $"Times that the clock of {zone.Id} shows twice: {ambiguous}; that it never shows: {skipped}."));
        }
        return times with { Instants = instants, Form = $"{times.Form}, in UTC", IsUtc = true };
    }

    /// <summary>A separator at the end of every line makes a column without a name and without cells.</summary>
    private void LeaveOutEmpty(List<int> columns)
    {
        foreach (int c in columns.Where(c => (names[c].Length == 0 || !hasHeader)
            && cells[c] is { } texts && texts.All(static cell => cell.IsEmpty)).ToArray())
        {
            columns.Remove(c);
            notices.Add(string.Create(CultureInfo.InvariantCulture,
                $"Column {c + 1} has neither a name nor cells and is skipped."));
        }
    }

    /// <summary>Removes the columns that are written as times; the first of them, or the requested one, gives the moments.</summary>
    private TimeColumn? TakeTexts(List<int> columns)
    {
        if (asked is not null && asked != SeriesOptions.NoTime && !names.Contains(asked, StringComparer.Ordinal))
        {
            throw NoColumn(asked, "the times");
        }
        int[] written = [.. columns.Where(c => moments[c] is not null
            || (cells[c] is { } texts && TimeRecognition.LooksLikeTimes(texts) && MayBeTimes(c, texts)))];
        columns.RemoveAll(written.Contains);
        // Days come before times of day, even if the file has them in the other order. Where the series are named, a column of times that
        // cannot be read is passed over if there is another one.
        int? chosen = asked is null
            ? written.OrderBy(c => options.Columns is not null && failures[c] is not null)
                .ThenBy(c => cells[c] is { } texts && TimeRecognition.IsOfDay(texts))
                .Select(static c => (int?)c).FirstOrDefault()
            : written.Where(c => names[c] == asked).Select(static c => (int?)c).FirstOrDefault();
        TimeColumn? found = null;
        if (chosen is { } failed && failures[failed] is { } failure)
        {
            throw failure;
        }
        if (chosen is { } stamps && moments[stamps] is { } instants)
        {
            // A file that names no zone, read without one, has its local times as they are.
            found = new(names[stamps], areUtc[stamps] ? "timestamps, in UTC" : "timestamps", [.. instants], true, areUtc[stamps]);
        }
        else if (chosen is { } time && TimeRecognition.Read(names[time], cells[time]!, out found, options.DateOrder) is { } bad)
        {
            throw Bad(bad.Row, time, bad.Problem);
        }
        foreach (int c in written.Where(c => c != chosen))
        {
            if (asked is not null || found is not { IsAbsolute: true } || cells[c] is null || !AddTimesOfDay(ref found, c, cells[c]!))
            {
                notices.Add($"Column {Name(c)} holds times and is skipped.");
            }
        }
        return found;
    }

    /// <summary>
    /// Cells of digits alone, such as 20200101, are dates in a column named for time, or if evenly spaced in the first column; meter
    /// readings look the same.
    /// </summary>
    private bool MayBeTimes(int column, CellColumn texts) =>
        names[column] == asked || TimeNames.SpeakOfTime(names[column])
        || !texts.All(static cell => !cell.ContainsAnyExceptInRange('0', '9'))
        || (column == 0 && TimeRecognition.Read(names[column], texts, out TimeColumn? times) is null
            && TimeStep.Find([.. times!.Instants.Order()]) is not null);

    /// <summary>Days in one column and times of day in another are moments together.</summary>
    private bool AddTimesOfDay(ref TimeColumn moments, int column, CellColumn texts)
    {
        if (!Array.TrueForAll(moments.Instants, static t => t.TimeOfDay == TimeSpan.Zero)
            || texts.Any(static cell => !TimeText.TryParse(cell, out TimeText text)
                || text is not { Form: TimeForm.TimeOfDay, Zone: null }))
        {
            return false;
        }
        DateTime[] days = moments.Instants;
        moments = new($"{moments.Name} {names[column]}", $"{moments.Form} and times of day", [.. texts.Select((cell, row) =>
        {
            _ = TimeText.TryParse(cell, out TimeText text);
            return days[row] + text.OfDay!.Value;
        })]);
        return true;
    }

    /// <summary>
    /// A file of one column whose cells hold several words with digits may have spaces between its cells; read as one number, 1 100
    /// would be 1100.
    /// </summary>
    private void RefuseSpaces(List<int> columns)
    {
        if (isText && names.Length == 1 && columns.Count == 1 && cells[0]!.Index().Where(static cell =>
            cell.Item.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is { Length: > 1 } words
                && words.All(static word => word.Any(char.IsAsciiDigit)))
                .Select(static cell => (int?)cell.Index).FirstOrDefault() is { } row)
        {
            throw Bad(
                row, 0, $"{TableException.Quote(cells[0]!.Span(row))} may be several cells separated by spaces; separate cells by commas "
                + "or tabs, and write numbers without spaces.");
        }
    }

    /// <summary>Parses all columns as numbers, with the decimal marks that they show together.</summary>
    private double[]?[] ParseNumbers(List<int> columns)
    {
        var scans = new NumberColumn?[names.Length];
        foreach (int c in columns.Where(c => cells[c] is not null))
        {
            if (NumberColumn.Scan(cells[c]!, Passed, out scans[c]) is { } bad)
            {
                ReadOnlySpan<char> cell = cells[c]!.Span(bad.Row);
                throw Bad(bad.Row, c, names[c] == asked || (TimeNames.SpeakOfTime(names[c]) && !cell.IsEmpty)
                    ? $"{TableException.Quote(cell)} is neither a number nor a time that can be read; write times as "
                        + "2020-01-31 13:00, or remove the column."
                    : bad.Problem);
            }
            if (options.DecimalMark is { } given && scans[c] is { Mark: { } other, MarkRow: { } contrary } && other != given)
            {
                throw Bad(contrary, c, $"{TableException.Quote(cells[c]!.Span(contrary))} has a decimal "
                    + $"{(other == DecimalMark.Point ? "point" : "comma")}, but the option names the other mark; set "
                    + "TableOptions.DecimalMark.");
            }
        }
        DecimalMark[] shown = options.DecimalMark is { } mark ? [mark]
            : [.. scans.Where(static s => s?.Mark is not null).Select(static s => s!.Mark!.Value).Distinct()];
        var read = new double[]?[names.Length];
        foreach (int c in columns)
        {
            read[c] = scans[c] is { } scan ? Parse(c, scan, shown) : [.. numbers[c]!];
        }
        return read;
    }

    private double[] Parse(int column, NumberColumn scan, DecimalMark[] shown)
    {
        CellColumn texts = cells[column]!;
        DecimalMark mark = scan.Mark ?? (shown.Length == 1 ? shown[0] : DecimalMark.Point);
        int? point = shown.Length == 2 || (shown.Length == 0 && scan.MayBeGrouped) ? scan.AmbiguousPoint : null;
        if (options.DecimalMark is null && scan.Mark is null && (scan.AmbiguousComma ?? point) is { } row
            && (shown.Length != 1 || scan.AmbiguousPoint is not null))
        {
            string cell = texts[row];
            string both = cell.Replace(".", "", StringComparison.Ordinal).Replace(",", "", StringComparison.Ordinal);
            throw Bad(row, column, $"{TableException.Quote(cell)} may be {both} or {cell.Replace(',', '.')}, and the file does not "
                + "tell; write it without a separator, or with a decimal point.");
        }
        double[] values = scan.Parse(mark);
        return Array.FindIndex(values, double.IsInfinity) is >= 0 and var large
            ? throw Bad(large, column,
                $"{TableException.Quote(texts.Span(large))} is not a finite number: it is too large; correct it.")
            : values;
    }

    /// <summary>Removes a first column that numbers the rows.</summary>
    private double[]? TakeIndex(List<int> columns, double[]?[] numbers)
    {
        if (asked == SeriesOptions.NoTime || columns.Count < 2 || names[columns[0]] == asked || IsNamed(columns[0]))
        {
            return null;
        }
        (string name, double[] index) = (Name(columns[0]), numbers[columns[0]]!);
        if (!NumericTimes.IsIndex(names[columns[0]], index, columns[0] == 0))
        {
            return null;
        }
        notices.Add($"Column {name} numbers the rows and is skipped.");
        columns.RemoveAt(0);
        // Numbers that restart, as in concatenated tables, give no order.
        return index.Distinct().Count() == index.Length ? index : null;
    }

    /// <summary>
    /// Removes columns of numbers that count time; the first of them, or the requested one, gives the moments if no text does. A
    /// time column without moments may still be the key that orders the rows.
    /// </summary>
    private TimeColumn? TakeNumbers(List<int> columns, double[]?[] numbers, TimeColumn? moments, ref double[]? key)
    {
        if (asked == SeriesOptions.NoTime)
        {
            return null;
        }
        if (asked is null)
        {
            moments = moments is null ? TakeDateParts(columns, numbers) : AddClock(moments, columns, numbers);
        }
        foreach (int c in columns.Where(c => moments is null
            && (asked is null ? columns.Count > 1 && !IsNamed(c) : names[c] == asked)).ToArray())
        {
            moments ??= NumericTimes.Read(names[c], numbers[c]!, c == columns[0], names[c] == asked);
            if (moments is not null)
            {
                columns.Remove(c);
                break;
            }
        }
        int? unreadable = null;
        foreach (int c in columns.Where(c => !IsNamed(c) || names[c] == asked).ToArray())
        {
            bool isAsked = names[c] == asked;
            if (columns.Count == 1 && !isAsked)
            {
                break;
            }
            if (!isAsked && (moments is not null || asked is not null))
            {
                if (NumericTimes.Read(names[c], numbers[c]!, isFirst: false, isAsked: false) is { Form: not "years" } other
                    && (moments is null || NumericTimes.Repeats(other, moments)))
                {
                    notices.Add($"Column {Name(c)} holds times ({other.Form}) and is skipped.");
                    columns.Remove(c);
                }
            }
            else if ((isAsked || TimeNames.SpeakOfTime(names[c])) && NumericTimes.AreOrder(numbers[c]!, isAsked))
            {
                notices.Add($"Column {Name(c)} orders the rows; its numbers name no moments, and it is no series.");
                key = numbers[c];
                columns.Remove(c);
            }
            else if (isAsked)
            {
                throw Bad(
                    0, c, "the numbers are no unix times, Excel days or years, and some repeat, so that they order no rows; write "
                    + "times as 2020-01-31 13:00.");
            }
            else if (TimeNames.IsTimeWord(names[c]))
            {
                unreadable ??= c;
            }
        }
        return unreadable is { } word && moments is null && key is null
            ? throw Bad(
                0, word, $"the name is a word for time, but {TableException.Quote(names[word])} holds no times that can be read; "
                + "write them as 2020-01-31 13:00, rename the column if it is a series, or take it as one by naming no time column (none).")
            : moments;
    }

    /// <summary>Columns year, month, day … that make one moment together.</summary>
    private TimeColumn? TakeDateParts(List<int> columns, double[]?[] numbers)
    {
        Dictionary<DatePart, int> part = PartsOf(columns);
        DatePart[][] days = [[DatePart.Month, DatePart.Day], [DatePart.DayOfYear], [DatePart.Month], [DatePart.Quarter],
            [DatePart.Week]];
        if (!part.ContainsKey(DatePart.Year) || Array.Find(days, set => set.All(part.ContainsKey)) is not { } day)
        {
            return null;
        }
        var parts = new List<DatePart> { DatePart.Year };
        parts.AddRange(day);
        if (day[^1] is DatePart.Day or DatePart.DayOfYear)
        {
            parts.AddRange(Clock(part));
        }
        if (parts.Count == columns.Count)
        {
            return null;
        }
        var instants = new DateTime[lines.Count];
        for (int row = 0; row < instants.Length; row++)
        {
            if (Moment(parts.ToDictionary(static p => p, p => numbers[part[p]]![row])) is not { } instant)
            {
                return null;
            }
            instants[row] = instant;
        }
        int[] taken = [.. parts.Select(p => part[p])];
        columns.RemoveAll(taken.Contains);
        return new(string.Join(" ", taken.Select(c => names[c])), "dates in several columns", instants);
    }

    /// <summary>Days that repeat, beside a column of hours, are moments together with it.</summary>
    private TimeColumn AddClock(TimeColumn moments, List<int> columns, double[]?[] numbers)
    {
        Dictionary<DatePart, int> part = PartsOf(columns);
        DatePart[] parts = [.. Clock(part)];
        if (parts.Length == 0 || parts.Length == columns.Count || !moments.IsAbsolute
            || moments.Instants.Any(static t => t.TimeOfDay != TimeSpan.Zero)
            || moments.Instants.Distinct().Count() == moments.Instants.Length)
        {
            return moments;
        }
        var instants = new DateTime[lines.Count];
        for (int row = 0; row < instants.Length; row++)
        {
            if (OfDay(parts.ToDictionary(static p => p, p => numbers[part[p]]![row])) is not { } ofDay)
            {
                return moments;
            }
            instants[row] = moments.Instants[row] + ofDay;
        }
        int[] taken = [.. parts.Select(p => part[p])];
        columns.RemoveAll(taken.Contains);
        return new($"{moments.Name} {string.Join(" ", taken.Select(c => names[c]))}", $"{moments.Form} and hours", instants);
    }

    /// <summary>The first column of each part of a date.</summary>
    private Dictionary<DatePart, int> PartsOf(List<int> columns) =>
        columns.Where(c => TimeNames.PartOf(names[c]) is not null && !IsNamed(c))
            .GroupBy(c => TimeNames.PartOf(names[c])!.Value).ToDictionary(static g => g.Key, static g => g.First());

    private static IEnumerable<DatePart> Clock(Dictionary<DatePart, int> part) =>
        ((DatePart[])[DatePart.Hour, DatePart.Minute, DatePart.Second]).TakeWhile(part.ContainsKey);

    /// <summary>The moment of given numbers of year, day and clock; null: none.</summary>
    private static DateTime? Moment(Dictionary<DatePart, double> values)
    {
        int At(DatePart part) => values.TryGetValue(part, out double value) ? (int)value : 1;
        int year = At(DatePart.Year), quarter = At(DatePart.Quarter), week = At(DatePart.Week), ofYear = At(DatePart.DayOfYear);
        int month = values.ContainsKey(DatePart.Quarter) ? 3 * quarter - 2 : At(DatePart.Month);
        if (values.Values.Any(static v => v != Math.Floor(v) || v is < 0 or > 2999) || year < 1000 || month is < 1 or > 12
            || At(DatePart.Day) < 1 || At(DatePart.Day) > DateTime.DaysInMonth(year, month) || week < 1
            || week > ISOWeek.GetWeeksInYear(year) || ofYear < 1 || ofYear > (DateTime.IsLeapYear(year) ? 366 : 365)
            || OfDay(values) is not { } ofDay)
        {
            return null;
        }
        return values.ContainsKey(DatePart.Week) ? ISOWeek.ToDateTime(year, week, DayOfWeek.Monday)
            : new DateTime(year, month, At(DatePart.Day)).AddDays(ofYear - 1) + ofDay;
    }

    /// <summary>
    /// The time since midnight; hours may count from 0 or, as the end of the hour, from 1 to 24. Null: there is none.
    /// </summary>
    private static TimeSpan? OfDay(Dictionary<DatePart, double> values)
    {
        double At(DatePart part) => values.GetValueOrDefault(part);
        double hour = At(DatePart.Hour), minute = At(DatePart.Minute), second = At(DatePart.Second);
        return hour is >= 0 and <= 24 && hour == Math.Floor(hour) && minute is >= 0 and < 60 && minute == Math.Floor(minute)
            && second is >= 0 and < 60 ? TimeSpan.FromHours(hour) + TimeSpan.FromMinutes(minute) + TimeSpan.FromSeconds(second) : null;
    }

    /// <summary>The rows of a series in the order of time. Rows of equal times stay in the file's order.</summary>
    private int[] Order(int[] rows, TimeColumn? moments, double[]? key, List<string> notices)
    {
        int[] order = rows;
        if (moments is null ? key is null : !moments.IsAbsolute)
        {
            return order;
        }
        int Compare(int a, int b) => moments is null ? key![a].CompareTo(key[b]) : moments.Instants[a].CompareTo(moments.Instants[b]);
        int first = Enumerable.Range(1, rows.Length - 1).FirstOrDefault(i => Compare(rows[i], rows[i - 1]) < 0, -1);
        if (first >= 0 && moments is { IsUtc: false } && CountSetBack(Take(moments.Instants, rows)) is > 0 and var repeated)
        {
            notices.Add(string.Create(CultureInfo.InvariantCulture,
                $"The clock is set back, first in {Place(rows[first])}: rows whose times repeat earlier ones: {repeated}; they are "
                    + $"kept in the file's order."));
            return order;
        }
        if (first >= 0)
        {
            order = [.. rows.Order(Comparer<int>.Create((a, b) => Compare(a, b) is var c && c != 0 ? c : a.CompareTo(b)))];
            notices.Add(string.Create(CultureInfo.InvariantCulture,
                $"The rows were sorted by {(moments is null ? "their numbers" : "time")}: {Place(rows[first])} is the first that lies "
                    + $"before the one above it."));
        }
        int[] equal = [.. Enumerable.Range(1, order.Length - 1).Where(i => Compare(order[i], order[i - 1]) == 0)];
        if (equal.Length > 0)
        {
            int row = order[equal[0]], other = order[equal[0] - 1];
            // Clocks that are set back repeat some hours per year. With more repeats the rows belong to several series, or their
            // order is unknown.
            if (options.Duplicates == DuplicateTimes.Refuse
                && (first >= 0 || equal.Length > Math.Max(1, order.Length / 100) 
                    || (moments is { IsUtc: true } && options.TimeZone is not null)))
            {
                throw At(row, null, string.Create(
                    CultureInfo.InvariantCulture,
                    $"the row has the same time as {Place(other)}, and so have {equal.Length} rows in all; "
                    + $"give each time one row, name the column that tells series apart, or "
                    + $"take the rows as they are by naming no time column "
                    + $"(none)."));
            }
            notices.Add(string.Create(CultureInfo.InvariantCulture,
                $"Rows with the time of the row before: {equal.Length}, the first in {Place(row)}; they are kept in the file's "
                    + $"order."));
        }
        return order;
    }

    /// <summary>
    /// The rows that repeat times of earlier ones because a clock was set back by an hour or less, at most twice a year; 0 where the
    /// times fall for any other reason.
    /// </summary>
    private static int CountSetBack(DateTime[] instants)
    {
        var seen = new HashSet<DateTime> { instants[0] };
        DateTime latest = instants[0];
        (int steps, int repeated) = (0, 0);
        for (int row = 1; row < instants.Length; row++)
        {
            if (instants[row] < instants[row - 1])
            {
                steps++;
                if (instants[row - 1] < latest || instants[row - 1] - instants[row] > TimeSpan.FromHours(1))
                {
                    return 0;
                }
            }
            bool isNew = seen.Add(instants[row]);
            if (instants[row] <= latest && isNew)
            {
                return 0;
            }
            repeated += isNew ? 0 : 1;
            latest = instants[row] > latest ? instants[row] : latest;
        }
        return steps <= 1 + (latest - instants[0]).TotalDays / 180 ? repeated : 0;
    }

    private string Name(int column) => names[column].Length > 0 ? TableException.Quote(names[column])
        : string.Create(CultureInfo.InvariantCulture, $"{column + 1} (without a name)");
}
