using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace Tables;

/// <summary>
/// Reads tables of series: cells divided by comma, semicolon, tab or bar, with or without a header. One column, or a date and a time of
/// day in two, may say when a row was; every other column is a series. Nothing is left out without a notice, and what cannot be read
/// for certain is refused.
/// </summary>
internal static class TableReader
{
    /// <summary>The name by which the user says that no column is the time.</summary>
    public const string NoTime = "none";

    private static readonly string[] DateParts = ["year", "month", "day", "hour", "minute", "second"];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; gzip may have packed it.</param>
    /// <param name="time">The time column's name; <see cref="NoTime"/>: rows are taken in the file's order; null: it is recognised.</param>
    /// <exception cref="TableException">
    /// The file is missing, empty or damaged; a row is ragged; a cell is missing, no finite number, or ambiguous; the time column is
    /// missing or cannot be read; many rows share a time.
    /// </exception>
    public static SeriesTable Read(string path, string? time = null) => new Reading(path, time).Run(TextFile.Read(path));

    /// <summary>One file on its way from cells to series.</summary>
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
            double[]? index = TakeIndex(columns, numbers);
            moments = TakeNumbers(columns, numbers, moments);
            if (columns.Count == 0)
            {
                throw new TableException(path, null, null, "there is no column of numbers beside the times; add one.");
            }
            int[] order = Order(moments, index);
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
            using (StreamReader sample = text.Open())
            {
                (separator, isDeclared) = Separator.Find(sample);
            }
            // A blank line is a missing cell where there is one column, so blank lines are looked at here. A stray quote is text, and text
            // is refused later.
            var configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
            {
                Delimiter = separator.ToString(), IgnoreBlankLines = false, BadDataFound = null, TrimOptions = TrimOptions.Trim,
            };
            using StreamReader reader = text.Open();
            using var parser = new CsvParser(reader, configuration);
            bool began = false;
            int? blank = null;
            while (parser.Read())
            {
                string[] cells = [.. parser.Record!.Select(static cell => cell.Trim())];
                if (isDeclared)
                {
                    isDeclared = false;
                    continue;
                }
                if (cells.All(static cell => cell.Length == 0))
                {
                    blank ??= began ? parser.RawRow : null;
                    continue;
                }
                if (blank is not null)
                {
                    throw new TableException(path, blank, null, "the line is blank, but rows follow it; fill or remove it.");
                }
                if (!began)
                {
                    began = true;
                    if (IsHeader(cells))
                    {
                        names = UniqueNames(cells);
                        continue;
                    }
                    hasHeader = false;
                    names = [.. Enumerable.Range(1, cells.Length).Select(static i => i.ToString(CultureInfo.InvariantCulture))];
                    notices.Add("The file has no header: its columns are called by their numbers.");
                }
                if (cells.Length != names.Length)
                {
                    throw new TableException(path, parser.RawRow, null, string.Create(
                        CultureInfo.InvariantCulture,
                        $"cells: {cells.Length}, but {(hasHeader ? "the header" : "the first row")} has {names.Length}; make "
                        + $"them as many."));
                }
                rows.Add(cells);
                lines.Add(parser.RawRow);
            }
            if (rows.Count == 0)
            {
                throw new TableException(
                    path, null, null, began ? "there are no rows below the header; add rows of numbers."
                        : "the file is empty; a header and rows of numbers are needed.");
            }
        }

        /// <summary>
        /// A first row of nothing but numbers and times is data, whether or not values are missing in it; 0, 1, 2 … are names, as data
        /// frames without names write them, with an empty cell above their index.
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

        /// <summary>A separator at the end of every line makes a column of neither name nor cells.</summary>
        private void LeaveOutEmpty(List<int> columns, string[][] cells)
        {
            foreach (int c in columns.Where(c => (names[c].Length == 0 || !hasHeader)
                && Array.TrueForAll(cells[c], static cell => cell.Length == 0)).ToArray())
            {
                columns.Remove(c);
                notices.Add(string.Create(CultureInfo.InvariantCulture,
                    $"Column {c + 1} has neither a name nor cells and is passed over."));
            }
        }

        /// <summary>Takes the columns that are written as times out; the first of them, or the one asked for, tells the moments.</summary>
        private TimeColumn? TakeTexts(List<int> columns, string[][] cells)
        {
            if (asked is not null && asked != NoTime && !names.Contains(asked, StringComparer.Ordinal))
            {
                string given = string.Join(", ", names.Take(20).Select(static n => TableException.Quote(n)));
                throw new TableException(
                    path, null, null, $"there is no column {TableException.Quote(asked)} for the times; the columns are {given}.");
            }
            int[] written = [.. columns.Where(c => TimeRecognition.LooksLikeTimes(cells[c]))];
            columns.RemoveAll(written.Contains);
            // Days come before times of day, which stand to the left of them in some files.
            int? chosen = asked is null ? written.OrderBy(c => TimeRecognition.IsOfDay(cells[c])).Select(static c => (int?)c).FirstOrDefault()
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
                    notices.Add($"Column {Name(c)} holds times and is passed over.");
                }
            }
            return moments;
        }

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
                throw Bad(row, 0, $"{TableException.Quote(cells[0][row])} may be several cells divided by spaces; divide cells by commas or "
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
                    throw Bad(bad.Row, c, names[c] == asked || (TimeRecognition.IsTimeName(names[c]) && cells[c][bad.Row].Length > 0)
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
                    throw Bad(large, c, $"{TableException.Quote(cells[c][large])} is no finite number: it is too large; correct it.");
                }
            }
            return numbers;
        }

        /// <summary>Takes a first column that numbers the rows out.</summary>
        private double[]? TakeIndex(List<int> columns, double[]?[] numbers)
        {
            if (asked is not null || columns.Count < 2)
            {
                return null;
            }
            (string name, double[] index) = (Name(columns[0]), numbers[columns[0]]!);
            if (!TimeRecognition.IsIndex(names[columns[0]], index))
            {
                return null;
            }
            notices.Add($"Column {name} numbers the rows and is passed over.");
            columns.RemoveAt(0);
            // Numbers that begin anew, as tables that were put together have them, order nothing.
            return index.Distinct().Count() == index.Length ? index : null;
        }

        /// <summary>
        /// Takes columns of numbers that count time out; the first of them, or the one asked for, tells the moments where no text does.
        /// </summary>
        private TimeColumn? TakeNumbers(List<int> columns, double[]?[] numbers, TimeColumn? moments)
        {
            if (asked == NoTime)
            {
                return null;
            }
            if (asked is null && moments is null)
            {
                moments = TakeDateParts(columns, numbers);
            }
            foreach (int c in columns.ToArray())
            {
                bool isAsked = names[c] == asked;
                if (columns.Count == 1 && !isAsked)
                {
                    break;
                }
                TimeColumn? found = TimeRecognition.FromNumbers(names[c], numbers[c]!, c == columns[0] && moments is null, isAsked);
                if (found is not null && moments is null && (asked is null || isAsked))
                {
                    moments = found;
                    columns.Remove(c);
                }
                else if (found is { Form: not "years" })
                {
                    notices.Add($"Column {Name(c)} holds times ({found.Form}) and is passed over.");
                    columns.Remove(c);
                }
                else if ((isAsked || (moments is null && TimeRecognition.IsTimeName(names[c]))) && TimeRecognition.IsCounter(numbers[c]!))
                {
                    notices.Add($"Column {Name(c)} rises by even steps, of a unit that it does not say, and is passed over.");
                    columns.Remove(c);
                }
                else if (isAsked)
                {
                    throw Bad(0, c, "the numbers are no unix times, Excel days, years or even steps; write times as 2020-01-31 13:00.");
                }
            }
            return moments;
        }

        /// <summary>Columns year, month, day … that make one moment together.</summary>
        private TimeColumn? TakeDateParts(List<int> columns, double[]?[] numbers)
        {
            int[] parts =
            [
                .. DateParts.Select(part => columns.FindIndex(c => names[c].Equals(part, StringComparison.OrdinalIgnoreCase)))
                    .TakeWhile(static i => i >= 0).Select(i => columns[i]),
            ];
            if (parts.Length < 2 || parts.Length == columns.Count)
            {
                return null;
            }
            var instants = new DateTime[lines.Count];
            for (int row = 0; row < instants.Length; row++)
            {
                double[] values = [.. parts.Select(c => numbers[c]![row])];
                if (values[0] is < 1000 or > 2999 || values[1] is < 1 or > 12 || values.Any(static v => v != Math.Floor(v))
                    || (values.Length > 2 && (values[2] < 1 || values[2] > DateTime.DaysInMonth((int)values[0], (int)values[1])))
                    || (values.Length > 3 && values[3] is < 0 or > 24) || values.Skip(4).Any(static v => v is < 0 or > 59))
                {
                    return null;
                }
                double At(int i) => i < values.Length ? values[i] : 0;
                instants[row] = new DateTime((int)values[0], (int)values[1], values.Length > 2 ? (int)values[2] : 1)
                    .AddHours(At(3)).AddMinutes(At(4)).AddSeconds(At(5));
            }
            columns.RemoveAll(parts.Contains);
            return new(string.Join(" ", parts.Select(c => names[c])), "dates in several columns", instants);
        }

        /// <summary>The rows in the order of time. Rows of equal times stay in the file's order.</summary>
        private int[] Order(TimeColumn? moments, double[]? index)
        {
            int[] order = [.. Enumerable.Range(0, lines.Count)];
            long[]? keys = moments is { IsAbsolute: true } ? [.. moments.Instants.Select(static t => t.Ticks)]
                : index?.Select(static v => (long)v).ToArray();
            if (moments is { IsAbsolute: false } || keys is null)
            {
                return order;
            }
            int Compare(int a, int b) => keys[a].CompareTo(keys[b]);
            int first = Array.FindIndex(order, row => row > 0 && Compare(row, row - 1) < 0);
            if (first >= 0)
            {
                order = [.. order.Order(Comparer<int>.Create((a, b) => Compare(a, b) is var c && c != 0 ? c : a.CompareTo(b)))];
                notices.Add(string.Create(CultureInfo.InvariantCulture,
                    $"The rows were sorted by time: line {lines[first]} is the first that lies before the one above it."));
            }
            int[] equal = [.. Enumerable.Range(1, order.Length - 1).Where(i => Compare(order[i], order[i - 1]) == 0)];
            if (equal.Length > 0)
            {
                int row = order[equal[0]], other = order[equal[0] - 1];
                // Clocks that are set back repeat some hours a year; more, and the rows belong to several series, or their order is
                // unknown.
                if (first >= 0 || equal.Length > Math.Max(1, order.Length / 100))
                {
                    throw new TableException(path, lines[row], null, string.Create(
                        CultureInfo.InvariantCulture,
                        $"the row has the same time as line {lines[other]}, and so have {equal.Length} rows in all; give each time one "
                        + $"row, or take the rows as they are by --time none."));
                }
                notices.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{equal.Length} rows have the time of the row before, the first in line {lines[row]}; they are kept in the file's "
                        + $"order."));
            }
            return order;
        }

        private string Name(int column) => names[column].Length > 0 ? TableException.Quote(names[column])
            : string.Create(CultureInfo.InvariantCulture, $"{column + 1} (without a name)");
    }
}
