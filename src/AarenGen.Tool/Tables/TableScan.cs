using AarenGen.Data;

namespace AarenGen.Tool.Tables;

/// <summary>A table that was read once, or twice where its series had to be found.</summary>
/// <param name="Path">The file.</param>
/// <param name="Format">Its format.</param>
/// <param name="Columns">The columns.</param>
/// <param name="Time">The column of the times.</param>
/// <param name="Key">The column that tells series apart; null: the table is one series.</param>
/// <param name="Series">The times of each series, in ticks of UTC, ascending.</param>
/// <param name="Notices">What the reader has to say.</param>
internal sealed record TableScan(
    string Path, string Format, IReadOnlyList<ColumnScan> Columns, ColumnScan Time, ColumnScan? Key, IReadOnlyList<long[]> Series,
    IReadOnlyList<string> Notices)
{
    /// <summary>The rows.</summary>
    public long Rows => Series.Sum(static s => (long)s.Length);

    /// <summary>The first and the last time.</summary>
    public (DateTimeOffset First, DateTimeOffset Last) Span =>
        (new(Series.Min(static s => s[0]), TimeSpan.Zero), new(Series.Max(static s => s[^1]), TimeSpan.Zero));

    /// <summary>Reads a table.</summary>
    /// <param name="request">The names that the user gave.</param>
    /// <param name="stop">Stops.</param>
    /// <exception cref="TableException">The table cannot be read, or a cell of it.</exception>
    /// <exception cref="UserException">A column is missing or has the wrong type; there are no rows.</exception>
    public static TableScan Read(TableRequest request, CancellationToken stop)
    {
        TableOptions options = request.Reading with { TimeZone = request.TimeZone, SeriesKey = request.Key };
        if (request.Key is not null)
        {
            using TableFile named = TableFile.Open(request.Path, options with { SeriesKey = null });
            options = options with { SeriesKey = named.Columns[ColumnNames.Find(named, request.Key, "--key")].Name };
        }
        List<ColumnScan> columns;
        int time, key;
        string format;
        var notices = new List<string>();
        bool isLocal = request.TimeZone is not null, isSorted;
        // Which passage of an hour that a clock shows twice is meant depends on the series' row before, so that a zone needs the key.
        using (TableFile table = TableFile.Open(request.Path, options with { TimeZone = null }))
        {
            format = table.Format;
            notices.AddRange(table.Notices);
            columns = [.. table.Columns.Select(static c => new ColumnScan(c.Name, c.Type))];
            time = FindTime(table, request.Time);
            int[] values = [.. request.Targets.Concat(request.KnownAhead).Select(n => ColumnNames.Find(table, n, "--target or --known"))];
            foreach (int value in values)
            {
                CheckNumber(table, columns[value]);
            }
            key = options.SeriesKey is { } given ? table.GetColumn(given) : -1;
            if (key >= 0 && (columns[key].Type is ColumnType.Number or ColumnType.Boolean || key == time || values.Contains(key)))
            {
                throw new UserException($"{request.Path}, column {TableException.Quote(columns[key].Name)}: a key is a column of texts "
                    + "or whole numbers that is neither the time nor a target; name another one by --key.");
            }
            List<KeyCandidate> candidates = request.Key is not null ? [] :
            [
                .. columns.Index().Where(c => c.Item.Type is ColumnType.Text or ColumnType.WholeNumber && c.Index != time
                    && !values.Contains(c.Index)).Select(static c => new KeyCandidate(c.Index, c.Item.Name)),
            ];
            long rows = 0;
            var order = new TimeOrder();
            (long before, long steady, long step) = (0, 0, 0);
            for (; table.Read(); rows++)
            {
                if (rows % 4096 == 0)
                {
                    stop.ThrowIfCancellationRequested();
                }
                for (int c = 0; c < columns.Count; c++)
                {
                    if (c != time)
                    {
                        columns[c].Add(table, c, rows);
                    }
                }
                DateTimeOffset moment = table.GetTime(time);
                if (rows > 0)
                {
                    long difference = moment.UtcTicks - before;
                    order.Add(difference);
                    steady += difference == step ? 1 : 0;
                    step = difference;
                }
                before = moment.UtcTicks;
                candidates.RemoveAll(candidate => !candidate.Add(table, moment));
            }
            if (rows == 0)
            {
                throw NoRows(request.Path);
            }
            // Rows one step apart are one series, whatever texts stand beside them.
            isSorted = order.IsSorted(rows / 1000 + (isLocal ? 1 : 0));
            if (key < 0 && !(isSorted && steady >= rows / 2))
            {
                key = candidates.Where(c => c.IsKey(isLocal) && (c.IsNamed || !isSorted))
                    .OrderByDescending(static c => c.IsNamed).ThenByDescending(c => columns[c.Column].Type == ColumnType.Text)
                    .ThenByDescending(static c => c.Count).FirstOrDefault()?.Column ?? -1;
            }
        }
        ColumnScan? keyed = key < 0 ? null : columns[key];
        if (keyed is null && !isSorted)
        {
            notices.Add("Rows share times, or their times fall; if a column tells series apart, name it by --key.");
        }
        return new(
            request.Path, format, columns, columns[time], keyed, ReadTimes(options with { SeriesKey = keyed?.Name }), notices);

        List<long[]> ReadTimes(TableOptions reading)
        {
            // Each series has a clock of its own for local times, so that its times are read once its key is known.
            using TableFile table = TableFile.Open(request.Path, reading);
            var series = new Dictionary<string, List<long>>(StringComparer.Ordinal);
            Dictionary<string, List<long>>.AlternateLookup<ReadOnlySpan<char>> lookup =
                series.GetAlternateLookup<ReadOnlySpan<char>>();
            while (table.Read())
            {
                ReadOnlySpan<char> name = key < 0 ? "" : table.GetText(key);
                if (!lookup.TryGetValue(name, out List<long>? times))
                {
                    lookup[name] = times = [];
                }
                times.Add(table.GetTime(time).UtcTicks);
            }
            stop.ThrowIfCancellationRequested();
            return [.. series.Values.Select(static times => times.Order().ToArray())];
        }
    }

    private static int FindTime(TableFile table, string? given)
    {
        if (given is not null)
        {
            return ColumnNames.Find(table, given, "--time");
        }
        int found = table.Columns.Index().Where(static c => c.Item.Type == ColumnType.Time).Select(static c => c.Index)
            .DefaultIfEmpty(-1).First();
        return found >= 0 ? found : !table.Read() ? throw NoRows(table.Path) : throw new UserException(
            $"{table.Path}: no column holds times; name one by --time. The columns are {ColumnNames.List(table)}.");
    }

    private static UserException NoRows(string path) => new($"{path}: the table has no rows; a header and rows are needed.");

    private static void CheckNumber(TableFile table, ColumnScan column)
    {
        if (!column.IsNumber && column.Type != ColumnType.Boolean)
        {
            throw new UserException($"{table.Path}, column {TableException.Quote(column.Name)}: it holds "
                + $"{(column.Type == ColumnType.Time ? "times" : "texts")}, and no numbers, which a target and a value known ahead "
                + "are; name another column, or correct its cells.");
        }
    }
}

/// <summary>What the user said of a table.</summary>
/// <param name="Path">The file.</param>
/// <param name="Targets">The columns to forecast, at least one.</param>
/// <param name="Time">The column of the times; null: found.</param>
/// <param name="Key">The column that tells series apart; null: found.</param>
/// <param name="KnownAhead">The columns that are known for the horizon as well.</param>
/// <param name="TimeZone">The zone of times that name none; null: UTC.</param>
internal sealed record TableRequest(
    string Path, IReadOnlyList<string> Targets, string? Time = null, string? Key = null, IReadOnlyList<string>? KnownAhead = null,
    TimeZoneInfo? TimeZone = null)
{
    /// <summary>The columns that are known for the horizon as well.</summary>
    public IReadOnlyList<string> KnownAhead { get; } = KnownAhead ?? [];

    /// <summary>How the file is read: its decimal mark, the order of its dates, words for missing values.</summary>
    public TableOptions Reading { get; init; } = new();
}
