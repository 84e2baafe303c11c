using AarenGen;
using AarenGen.Data;

namespace Browser;

/// <summary>The user's own table: the first column of times and the first one of numbers.</summary>
public static class TableUpload
{
    /// <summary>The largest file that is read.</summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>A series has at least so many days, and the latest so many of a longer one are used.</summary>
    public const int MinDays = 42, MaxDays = 140;

    /// <summary>Reads a table.</summary>
    /// <param name="path">A file; messages name it.</param>
    /// <returns>The means of hours, in order.</returns>
    /// <exception cref="TableException">The file is no table, lacks a column, or has too few hours; one sentence says which.</exception>
    public static IReadOnlyList<Reading> Read(string path)
    {
        var cells = new List<(DateTimeOffset Time, double Value)>();
        using (TableFile table = TableFile.Open(path))
        {
            int time = Find(table, "times", static t => t == ColumnType.Time);
            int value = Find(table, "numbers", static t => t is ColumnType.Number or ColumnType.WholeNumber);
            while (table.Read())
            {
                cells.Add((table.GetTime(time), table.GetDouble(value)));
            }
        }
        Reading[] hours =
        [
            .. cells.GroupBy(static c => c.Time.UtcTicks / TimeSpan.TicksPerHour).OrderBy(static g => g.Key).Select(static g => new Reading
            {
                Time = new(g.Key * TimeSpan.TicksPerHour, TimeSpan.Zero),
                Value = Mean(g.Select(static c => c.Value)),
            }),
        ];
        hours = [.. hours.SkipWhile(h => h.Time <= hours[^1].Time.AddDays(-MaxDays))];
        double span = hours.Length == 0 ? 0 : (hours[^1].Time - hours[0].Time).TotalHours + 1;
        return span < MinDays * 24 ? throw Mistake($"it covers {span / 24:F0} days; {MinDays} days of hourly values or more are needed.")
            : hours.Count(static h => h.Value is not null) < span / 2
                ? throw Mistake($"of {span:F0} hours only {hours.Length} have a value; this model takes one an hour.")
            : hours;

        TableException Mistake(string problem) => new(path, null, null, problem);
    }

    private static int Find(TableFile table, string what, Func<ColumnType, bool> fits)
    {
        int column = table.Columns.Index().Where(c => fits(c.Item.Type)).Select(static c => c.Index).DefaultIfEmpty(-1).First();
        return column >= 0 ? column : throw new TableException(
            table.Path, null, null, $"it has no column of {what}; one of times and one of numbers are needed.");
    }

    private static float? Mean(IEnumerable<double> values)
    {
        double mean = values.Where(static v => !double.IsNaN(v)).DefaultIfEmpty(double.NaN).Average();
        return double.IsNaN(mean) ? null : (float)mean;
    }
}
