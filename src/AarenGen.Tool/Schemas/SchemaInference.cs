using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using AarenGen.Tool.Tables;

namespace AarenGen.Tool.Schemas;

/// <summary>Chooses the declaration for a table.</summary>
internal static class SchemaInference
{
    private const int MaxHorizon = 65_536;

    /// <summary>Horizons that the longest series must have, and intervals in any case: fewer teach nothing, and test less.</summary>
    private const int MinHorizons = 3, MinIntervals = 30;

    /// <summary>Names of a record's properties that are taken: members of every object and record, and of a forecast.</summary>
    private static readonly string[] TakenProperties =
    [
        "Aggregation", "Clone", "Deconstruct", "EqualityContract", "Equals", "Finalize", "Forecast", "GetHashCode", "GetType",
        "MemberwiseClone", "Origin", "PrintMembers", "ReferenceEquals", "TimeOf", "ToString", Record,
    ];

    private const string Record = "Reading";

    /// <summary>Names that a project, which is also a namespace, would hide: of types that its source uses, and of packages.</summary>
    private static readonly string[] TakenProjects =
    [
        "AarenGen", "Jobs", "Live", "Microsoft", "Program", "System", "SkiaSharp", "ScottPlot", "OnnxGraph", "BacktestHtml", Record,
        .. ((Type[])[
                typeof(object), typeof(Console), typeof(SequenceModelAttribute), typeof(Data.TableFile), typeof(Command),
                typeof(JsonSerializer),
            ])
            .SelectMany(static t => t.Assembly.GetExportedTypes())
            .SelectMany(static t => (string[])[t.Name, t.Name.Replace("Attribute", "", StringComparison.Ordinal)]),
    ];

    /// <summary>The declaration.</summary>
    /// <param name="scan">The table.</param>
    /// <param name="request">What the user said of it.</param>
    /// <param name="horizon">Intervals to forecast.</param>
    /// <param name="every">The length of an interval; null: found.</param>
    /// <param name="project">What the project's name is made from.</param>
    /// <exception cref="UserException">The table is too short, or the horizon or interval out of range.</exception>
    public static Schema Infer(TableScan scan, TableRequest request, int horizon, string? every, string project)
    {
        if (horizon is < 1 or > MaxHorizon)
        {
            throw new UserException($"--horizon is {horizon}, but must be from 1 to {MaxHorizon}.", ExitCodes.Usage);
        }
        string interval = every ?? IntervalFinder.Find(scan.Series) ?? throw new UserException(
            $"{scan.Path}: the table is too short; no series has two rows of different times.");
        TimeGrid grid;
        try
        {
            grid = TimeGrid.Parse(interval, request.TimeZone);
        }
        catch (FormatException e)
        {
            throw new UserException($"--every: {e.Message}", ExitCodes.Usage, e);
        }
        (long longest, bool isAggregated) = Count(scan, grid);
        long needed = Math.Max((long)MinHorizons * horizon, MinIntervals);
        if (longest < needed)
        {
            throw new UserException(string.Create(
                CultureInfo.InvariantCulture,
                $"{scan.Path}: the table is too short for a horizon of {horizon}: the longest series has {longest} intervals of "
                + $"{interval}, but needs {needed}; give more rows, or a shorter --horizon or --every."));
        }
        var taken = new HashSet<string>(TakenProjects, StringComparer.OrdinalIgnoreCase);
        string name = Identifiers.Make(project, "Table", taken);
        IReadOnlyList<SchemaColumn> columns = Columns(scan, request);
        string model = Identifiers.Make(
            columns.First(static c => c.Role == ColumnRole.Target).Property + "Forecaster", "Table", new HashSet<string> { name });
        return new(
            name, Record, model, columns, horizon, interval, request.TimeZone?.Id, Calendar(interval, scan), isAggregated,
            every is null, scan.Series.Count, longest) { Reading = request.Reading };
    }

    /// <summary>The intervals of the longest series, and whether one of them has several rows.</summary>
    private static (long Longest, bool IsAggregated) Count(TableScan scan, TimeGrid grid)
    {
        (long longest, bool isAggregated) = (0, false);
        foreach (long[] times in scan.Series)
        {
            long first = 0, last = long.MinValue;
            for (int i = 0; i < times.Length; i++)
            {
                long interval = grid.IndexOf(new(times[i], TimeSpan.Zero));
                isAggregated |= interval == last;
                (first, last) = (i == 0 ? interval : first, interval);
            }
            longest = Math.Max(longest, last - first + 1);
        }
        return (longest, isAggregated);
    }

    private static List<SchemaColumn> Columns(TableScan scan, TableRequest request)
    {
        ColumnScan[] targets = [.. request.Targets.Select(n => Named(scan, n)).Distinct()];
        ColumnScan[] ahead = [.. request.KnownAhead.Select(n => Named(scan, n)).Distinct()];
        if (targets.Intersect(ahead).FirstOrDefault() is { } both)
        {
            throw new UserException(
                $"The column {TableException.Quote(both.Name)} cannot be a target and known ahead; remove one of them.", ExitCodes.Usage);
        }
        var taken = new HashSet<string>(TakenProperties, StringComparer.Ordinal);
        var types = new HashSet<string>(TakenProjects, StringComparer.Ordinal);
        var columns = new List<SchemaColumn>();
        foreach (ColumnScan column in scan.Columns)
        {
            (ColumnRole role, string type, string reason) =
                column == scan.Time ? (ColumnRole.Time, "DateTimeOffset", "times")
                : column == scan.Key ? (ColumnRole.Key, column.Type == ColumnType.WholeNumber ? "long" : "string",
                    string.Create(CultureInfo.InvariantCulture, $"{scan.Series.Count} series"))
                : targets.Contains(column) ? (ColumnRole.Target, NumberOf(column), "--target")
                : ahead.Contains(column) ? (ColumnRole.KnownAhead, NumberOf(column), "--known")
                : column.Type == ColumnType.Time ? (ColumnRole.Ignored, "", "other times")
                : column.Count == 0 ? (ColumnRole.Ignored, "", "empty")
                : column.IsConstant ? (ColumnRole.Ignored, "", "always the same")
                : column.CountsRows ? (ColumnRole.Ignored, "", "counts the rows")
                : column.IsNumber ? (ColumnRole.Observed, NumberOf(column), "numbers")
                : column.Type == ColumnType.Boolean ? (ColumnRole.Category, "bool?", "truth values")
                : column.Texts is { } texts ? (ColumnRole.Category, "string?",
                    string.Create(CultureInfo.InvariantCulture, $"{texts.Count} categories"))
                : (ColumnRole.Ignored, "", $"more than {ColumnScan.MaxCategories} different texts");
            if (role != ColumnRole.Ignored && column.Name.All(static c => c is ' ' or '_' or '-'))
            {
                (role, reason) = role is ColumnRole.Observed or ColumnRole.Category ? (ColumnRole.Ignored, "has no name")
                    : throw new UserException($"{scan.Path}: the column {TableException.Quote(column.Name)} has no name; name it.");
            }
            if (role == ColumnRole.Ignored)
            {
                columns.Add(new(column.Name, role, "", "", reason));
                continue;
            }
            string property = Identifiers.Make(column.Name, "Column", taken);
            var chosen = new SchemaColumn(column.Name, role, property, type, reason)
            {
                NeedsHeader = !Normal(property).Equals(Normal(column.Name), StringComparison.OrdinalIgnoreCase)
                    || scan.Columns.Any(c => c != column
                        && Normal(c.Name).Equals(Normal(column.Name), StringComparison.OrdinalIgnoreCase)),
            };
            columns.Add(role == ColumnRole.Category && column.Type == ColumnType.Text
                ? WithCategories(chosen, column.Texts!, types) : chosen);
        }
        return columns;
    }

    /// <summary>An enum where the texts are names as they stand, since enums are read by their names; otherwise the texts.</summary>
    private static SchemaColumn WithCategories(SchemaColumn column, IReadOnlyList<string> texts, HashSet<string> types)
    {
        bool areNames = texts.All(Identifiers.IsName)
            && texts.Distinct(StringComparer.OrdinalIgnoreCase).Count() == texts.Count && !texts.Contains("value__");
        string? made = areNames ? Identifiers.Make(column.Property + "Category", "Column", types) : null;
        return column with { Categories = texts, Enum = made, Type = made is null ? "string?" : made + "?" };
    }

    /// <summary>
    /// The fields that the beginnings of intervals differ in, and of which the table shows at least two rounds: a month of which no row is
    /// has learnt nothing.
    /// </summary>
    private static List<CalendarField> Calendar(string every, TableScan scan)
    {
        double hours = IntervalFinder.Length(every) / TimeSpan.TicksPerHour;
        double days = (scan.Span.Last - scan.Span.First).TotalDays;
        bool isMonths = TimeGrid.Parse(every) is { FixedLength: null, IntervalsPerDay: < 1.0 / 27 and var perDay } && 1 / perDay % 7 != 0;
        var fields = new List<CalendarField>();
        Add(CalendarField.MinuteOfHour, hours < 1 && hours >= 1.0 / 60, 1.0 / 12);
        Add(CalendarField.HourOfDay, hours < 24, 2);
        Add(CalendarField.DayOfWeek, hours is < 7 * 24 and >= 1.0 / 60, 14);
        Add(CalendarField.WeekOfYear, !isMonths && hours >= 7 * 24, 2 * 365);
        Add(CalendarField.MonthOfYear, isMonths ? hours < 300 * 24 : hours is >= 24 and < 7 * 24, 2 * 365);
        return fields;

        void Add(CalendarField field, bool differs, double minDays)
        {
            if (differs && days >= minDays)
            {
                fields.Add(field);
            }
        }
    }

    private static ColumnScan Named(TableScan scan, string name) => scan.Columns.FirstOrDefault(c => c.Name == name)
        ?? scan.Columns.First(c => Normal(c.Name).Equals(Normal(name), StringComparison.OrdinalIgnoreCase));

    private static string NumberOf(ColumnScan column) => column.Type == ColumnType.Boolean ? "bool?" : "float?";

    /// <summary>A name without what does not count in names of columns.</summary>
    private static string Normal(string name) => string.Concat(name.Where(static c => c is not (' ' or '_' or '-')));
}
