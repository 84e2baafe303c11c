using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace Tables;

/// <summary>
/// Reads tables of series: cells separated by comma, semicolon, tab or bar, with or without a header. One column, or a date and a time of
/// day in two, may hold the times; every other column is a series. Nothing is omitted without a notice, and ambiguous cells are rejected.
/// </summary>
internal static class TableReader
{
    /// <summary>The name that stands for no time column.</summary>
    public const string NoTime = "none";

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; perhaps compressed with gzip.</param>
    /// <param name="time">The time column's name; <see cref="NoTime"/>: rows are in the file's order; null: it is recognised.</param>
    /// <exception cref="TableException">
    /// The file is missing, empty or damaged; a row is ragged; a cell is missing, no finite number, or ambiguous; the time column is
    /// missing or cannot be read; many rows share a time.
    /// </exception>
    public static SeriesTable Read(string path, string? time = null) => new Reading(path, time).Run(TextFile.Read(path));

    /// <summary>The state of reading one file.</summary>
    private sealed class Reading(string path, string? asked)
    {
        private readonly List<string> notices = [];
        private readonly List<string[]> rows = [];
        private readonly List<int> lines = [];
        private string[] names = [];
        private bool hasHeader = true;

        public SeriesTable Run(TextFile text)
        {
            ReadCells(text);
            string[][] cells = [.. Enumerable.Range(0, names.Length).Select(c => rows.Select(row => row[c]).ToArray())];
            rows.Clear();
            var columns = new List<int>(Enumerable.Range(0, names.Length));
            LeaveOutEmpty(columns, cells);
            TimeColumn? moments = TakeTexts(columns, cells);
            RefuseSpaces(columns, cells);
            double[]?[] numbers = ParseNumbers(columns, cells);
            double[]? key = TakeIndex(columns, numbers);
            moments = TakeNumbers(columns, numbers, moments, ref key);
            if (columns.Count == 0)
            {
                throw new TableException(path, null, null, "there is no column of numbers beside the times; add one.");
            }
            int[] order = Order(moments, key);
            return new(
                path, [.. columns.Select(c => names[c])], [.. columns.Select(c => Take(numbers[c]!, order))], Take([.. lines], order),
                moments is null ? null : moments with { Instants = Take(moments.Instants, order) }, notices);
        }

        private static T[] Take<T>(T[] values, int[] order) => [.. order.Select(row => values[row])];

        private TableException Bad(int row, int column, string problem) => new(path, lines[row], names[column], problem);

        private void ReadCells(TextFile text)
        {
            char separator;
            bool isDeclared;
            int comments;
            using (StreamReader sample = text.Open())
            {
                (separator, isDeclared, comments) = Separator.Find(sample);
            }
            if (comments > 0)
            {
                notices.Add(string.Create(CultureInfo.InvariantCulture,
                    $"Comments above the table, beginning with '#', were skipped (lines: {comments})."));
            }
            // A blank line is a missing cell if there is one column, so blank lines are handled here. A stray quote is text, and text
            // is rejected later.
            var configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
            {
                Delimiter = separator.ToString(), IgnoreBlankLines = false, BadDataFound = null, TrimOptions = TrimOptions.Trim,
            };
            using StreamReader reader = text.Open();
            string[] commented = [];
            for (int line = 0; line < comments; line++)
            {
                commented = reader.ReadLine()!.TrimStart('#').Split(separator, StringSplitOptions.TrimEntries);
            }
            using var parser = new CsvParser(reader, configuration);
            bool began = false;
            int? blank = null;
            while (parser.Read())
            {
                string[] cells = [.. parser.Record!.Select(static cell => cell.Trim())];
                int line = comments + parser.RawRow;
                if (isDeclared)
                {
                    isDeclared = false;
                    continue;
                }
                if (cells.All(static cell => cell.Length == 0))
                {
                    blank ??= began ? line : null;
                    continue;
                }
                if (blank is not null)
                {
                    throw new TableException(path, blank, null, "the line is blank, but rows follow it; fill or remove it.");
                }
                if (!began)
                {
                    began = true;
                    RefuseOtherFormats(cells[0]);
                    if (IsHeader(cells))
                    {
                        if (cells[0] == "0")
                        {
                            notices.Add("The first row, 0, 1, 2 …, is taken for the columns' names.");
                        }
                        names = UniqueNames(cells);
                        continue;
                    }
                    if (cells.Length > 1 && commented.Length == cells.Length && IsHeader(commented))
                    {
                        names = UniqueNames(commented);
                        notices.Add("The last comment names the columns.");
                    }
                    else
                    {
                        hasHeader = false;
                        names = [.. Enumerable.Range(1, cells.Length).Select(static i => i.ToString(CultureInfo.InvariantCulture))];
                        notices.Add("The file has no header: its columns are called by their numbers.");
                    }
                }
                if (cells.Length != names.Length)
                {
                    throw new TableException(path, line, null, string.Create(
                        CultureInfo.InvariantCulture,
                        $"cells: {cells.Length}, but {(hasHeader ? "the header" : "the first row")} has {names.Length}; make "
                        + $"them as many."));
                }
                rows.Add(cells);
                lines.Add(line);
            }
            if (!hasHeader && separator == ',' && names.Length == 2 && MayBeDecimals())
            {
                throw new TableException(path, lines[0], null,
                    $"'{rows[0][0]},{rows[0][1]}' may be two whole numbers or one with a decimal comma; add a header, and write decimal "
                    + "points or quote the numbers.");
            }
            if (rows.Count == 0 && names.Any(static name => name.Contains('\n', StringComparison.Ordinal)))
            {
                throw new TableException(path, comments + 1, null, "a quotation mark in the header is not closed; close or remove it.");
            }
            if (rows.Count == 0)
            {
                throw new TableException(
                    path, null, null, began ? "there are no rows below the header; add rows of numbers."
                        : "the file is empty; a header and rows of numbers are needed.");
            }
        }

        private void RefuseOtherFormats(string first)
        {
            if (first is ['<', ..] or ['{', ..] or ['[', '{' or '[', ..] or "[")
            {
                throw new TableException(
                    path, 1, null, $"this looks like {(first[0] == '<' ? "HTML or XML" : "JSON")}, not a table; export it as CSV.");
            }
        }

        /// <summary>Two columns of digits, of which the second is always as wide and begins with 0 at times, as decimals do.</summary>
        private bool MayBeDecimals() => rows[0][1].Length > 1
            && rows.TrueForAll(row => row[1].Length == rows[0][1].Length && row[1].All(char.IsAsciiDigit)
                && row[0].AsSpan().TrimStart('-') is { IsEmpty: false } whole && !whole.ContainsAnyExceptInRange('0', '9'))
            && rows.Exists(static row => row[1][0] == '0');

        /// <summary>
        /// A first row of only numbers and times is data, even if values are missing in it. 0, 1, 2 … are names, as data frames
        /// without names write them, with an empty cell above their index.
        /// </summary>
        private static bool IsHeader(string[] cells)
        {
            string[] numbered = cells[0].Length == 0 ? cells[1..] : cells;
            if (cells.Length > (cells[0].Length == 0 ? 1 : 2)
                && numbered.Index().All(static pair => pair.Item == pair.Index.ToString(CultureInfo.InvariantCulture)))
            {
                return true;
            }
            string[] given = [.. cells.Where(static cell => !NumberColumn.IsMissing(cell))];
            return given.Length == 0
                || !given.All(static cell => TimeText.TryParse(cell, out _) || NumberColumn.Scan([cell], out _) is null);
        }

        private string[] UniqueNames(string[] cells)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            var unique = new string[cells.Length];
            for (int c = 0; c < cells.Length; c++)
            {
                unique[c] = cells[c];
                for (int copy = 2; unique[c].Length > 0 && !seen.Add(unique[c]); copy++)
                {
                    unique[c] = string.Create(CultureInfo.InvariantCulture, $"{cells[c]} ({copy})");
                }
                if (unique[c] != cells[c])
                {
                    notices.Add($"Two columns are called {TableException.Quote(cells[c])}: the later one is called "
                        + $"{TableException.Quote(unique[c])} here.");
                }
            }
            return unique;
        }

        /// <summary>A separator at the end of every line makes a column without a name and without cells.</summary>
        private void LeaveOutEmpty(List<int> columns, string[][] cells)
        {
            foreach (int c in columns.Where(c => (names[c].Length == 0 || !hasHeader)
                && Array.TrueForAll(cells[c], static cell => cell.Length == 0)).ToArray())
            {
                columns.Remove(c);
                notices.Add(string.Create(CultureInfo.InvariantCulture,
                    $"Column {c + 1} has neither a name nor cells and is skipped."));
            }
        }

        /// <summary>Removes the columns that are written as times; the first of them, or the requested one, gives the moments.</summary>
        private TimeColumn? TakeTexts(List<int> columns, string[][] cells)
        {
            if (asked is not null && asked != NoTime && !names.Contains(asked, StringComparer.Ordinal))
            {
                string given = string.Join(", ", names.Take(20).Select(static n => TableException.Quote(n)));
                throw new TableException(
                    path, null, null, $"there is no column {TableException.Quote(asked)} for the times; the columns are {given}.");
            }
            int[] written = [.. columns.Where(c => TimeRecognition.LooksLikeTimes(cells[c]) && MayBeTimes(c, cells[c]))];
            columns.RemoveAll(written.Contains);
            // Days come before times of day, even if the file has them in the other order.
            int? chosen = asked is null
                ? written.OrderBy(c => TimeRecognition.IsOfDay(cells[c])).Select(static c => (int?)c).FirstOrDefault()
                : written.Where(c => names[c] == asked).Select(static c => (int?)c).FirstOrDefault();
            TimeColumn? moments = null;
            if (chosen is { } time && TimeRecognition.Read(names[time], cells[time], out moments) is { } bad)
            {
                throw Bad(bad.Row, time, bad.Problem);
            }
            foreach (int c in written.Where(c => c != chosen))
            {
                if (asked is not null || moments is not { IsAbsolute: true } || !AddTimesOfDay(ref moments, c, cells[c]))
                {
                    notices.Add($"Column {Name(c)} holds times and is skipped.");
                }
            }
            return moments;
        }

        /// <summary>
        /// Cells of digits alone, such as 20200101, are dates in a column named for time, or if evenly spaced in the first column; meter
        /// readings look the same.
        /// </summary>
        private bool MayBeTimes(int column, string[] cells) =>
            names[column] == asked || TimeNames.SpeakOfTime(names[column])
            || !Array.TrueForAll(cells, static cell => cell.All(char.IsAsciiDigit))
            || (column == 0 && TimeRecognition.Read(names[column], cells, out TimeColumn? times) is null
                && TimeStep.Find([.. times!.Instants.Order()]) is not null);

        /// <summary>Days in one column and times of day in another are moments together.</summary>
        private bool AddTimesOfDay(ref TimeColumn moments, int column, string[] cells)
        {
            if (!Array.TrueForAll(moments.Instants, static t => t.TimeOfDay == TimeSpan.Zero)
                || Array.FindIndex(cells, static cell => !TimeText.TryParse(cell, out TimeText text)
                    || text is not { Form: TimeForm.TimeOfDay, Zone: null }) >= 0)
            {
                return false;
            }
            DateTime[] days = moments.Instants;
            moments = new($"{moments.Name} {names[column]}", $"{moments.Form} and times of day", [.. cells.Select((cell, row) =>
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
        private void RefuseSpaces(List<int> columns, string[][] cells)
        {
            if (names.Length == 1 && columns.Count == 1 && Array.FindIndex(cells[0], static cell =>
                cell.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is { Length: > 1 } words
                    && words.All(static word => word.Any(char.IsAsciiDigit))) is >= 0 and var row)
            {
                throw Bad(
                    row, 0, $"{TableException.Quote(cells[0][row])} may be several cells separated by spaces; separate cells by commas or "
                    + "tabs, and write numbers without spaces.");
            }
        }

        /// <summary>Parses all columns as numbers, with the decimal marks that they show together.</summary>
        private double[]?[] ParseNumbers(List<int> columns, string[][] cells)
        {
            var scans = new NumberColumn?[names.Length];
            foreach (int c in columns)
            {
                if (NumberColumn.Scan(cells[c], out scans[c]) is { } bad)
                {
                    throw Bad(bad.Row, c, names[c] == asked || (TimeNames.SpeakOfTime(names[c]) && cells[c][bad.Row].Length > 0)
                        ? $"{TableException.Quote(cells[c][bad.Row])} is neither a number nor a time that can be read; write times as "
                            + "2020-01-31 13:00, or remove the column."
                        : bad.Problem);
                }
            }
            DecimalMark[] shown =
                [.. scans.Select(static s => s?.Mark ?? DecimalMark.Unknown).Where(static m => m != DecimalMark.Unknown).Distinct()];
            var numbers = new double[]?[names.Length];
            foreach (int c in columns)
            {
                NumberColumn scan = scans[c]!;
                DecimalMark mark = scan.Mark != DecimalMark.Unknown ? scan.Mark : shown.Length == 1 ? shown[0] : DecimalMark.Point;
                int? point = shown.Length == 2 || (shown.Length == 0 && scan.MayBeGrouped) ? scan.AmbiguousPoint : null;
                if (scan.Mark == DecimalMark.Unknown && (scan.AmbiguousComma ?? point) is { } row
                    && (shown.Length != 1 || scan.AmbiguousPoint is not null))
                {
                    string cell = cells[c][row];
                    string both = cell.Replace(".", "", StringComparison.Ordinal).Replace(",", "", StringComparison.Ordinal);
                    throw Bad(row, c, $"{TableException.Quote(cell)} may be {both} or {cell.Replace(',', '.')}, and the file does not "
                        + "tell; write it without a separator, or with a decimal point.");
                }
                numbers[c] = scan.Parse(mark);
                if (Array.FindIndex(numbers[c]!, static v => !double.IsFinite(v)) is >= 0 and var large)
                {
                    throw Bad(large, c, $"{TableException.Quote(cells[c][large])} is not a finite number: it is too large; correct it.");
                }
            }
            return numbers;
        }

        /// <summary>Removes a first column that numbers the rows.</summary>
        private double[]? TakeIndex(List<int> columns, double[]?[] numbers)
        {
            if (asked == NoTime || columns.Count < 2 || names[columns[0]] == asked)
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
            if (asked == NoTime)
            {
                return null;
            }
            if (asked is null)
            {
                moments = moments is null ? TakeDateParts(columns, numbers) : AddClock(moments, columns, numbers);
            }
            foreach (int c in columns.Where(c => moments is null && (asked is null ? columns.Count > 1 : names[c] == asked)).ToArray())
            {
                moments ??= NumericTimes.Read(names[c], numbers[c]!, c == columns[0], names[c] == asked);
                if (moments is not null)
                {
                    columns.Remove(c);
                    break;
                }
            }
            int? unreadable = null;
            foreach (int c in columns.ToArray())
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
                    + "write them as 2020-01-31 13:00, rename the column if it is a series, or take it as one by --time none.")
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
        private Dictionary<DatePart, int> PartsOf(List<int> columns) => columns.Where(c => TimeNames.PartOf(names[c]) is not null)
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

        /// <summary>The rows in the order of time. Rows of equal times stay in the file's order.</summary>
        private int[] Order(TimeColumn? moments, double[]? key)
        {
            int[] order = [.. Enumerable.Range(0, lines.Count)];
            if (moments is null ? key is null : !moments.IsAbsolute)
            {
                return order;
            }
            int Compare(int a, int b) => moments is null ? key![a].CompareTo(key[b]) : moments.Instants[a].CompareTo(moments.Instants[b]);
            int first = Array.FindIndex(order, row => row > 0 && Compare(row, row - 1) < 0);
            if (first >= 0 && moments is not null && CountSetBack(moments.Instants) is > 0 and var repeated)
            {
                notices.Add(string.Create(CultureInfo.InvariantCulture,
                    $"The clock is set back, first in line {lines[first]}: rows whose times repeat earlier ones: {repeated}; they are kept "
                        + $"in the file's order."));
                return order;
            }
            if (first >= 0)
            {
                order = [.. order.Order(Comparer<int>.Create((a, b) => Compare(a, b) is var c && c != 0 ? c : a.CompareTo(b)))];
                notices.Add(string.Create(CultureInfo.InvariantCulture,
                    $"The rows were sorted by {(moments is null ? "their numbers" : "time")}: line {lines[first]} is the first that lies "
                        + $"before the one above it."));
            }
            int[] equal = [.. Enumerable.Range(1, order.Length - 1).Where(i => Compare(order[i], order[i - 1]) == 0)];
            if (equal.Length > 0)
            {
                int row = order[equal[0]], other = order[equal[0] - 1];
                // Clocks that are set back repeat some hours per year. With more repeats the rows belong to several series, or their
                // order is unknown.
                if (first >= 0 || equal.Length > Math.Max(1, order.Length / 100))
                {
                    throw new TableException(path, lines[row], null, string.Create(
                        CultureInfo.InvariantCulture,
                        $"the row has the same time as line {lines[other]}, and so have {equal.Length} rows in all; give each time one "
                        + $"row, or take the rows as they are by --time none."));
                }
                notices.Add(string.Create(CultureInfo.InvariantCulture,
                    $"Rows with the time of the row before: {equal.Length}, the first in line {lines[row]}; they are kept in the file's "
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
}
