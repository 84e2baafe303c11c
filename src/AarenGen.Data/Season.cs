using System.Globalization;

namespace AarenGen.Data;

/// <summary>Number of rows after which a series repeats.</summary>
/// <param name="Rows">At least 1; 1: there is no season.</param>
/// <param name="Source">The reason, as text: "a day of rows 1 hour apart".</param>
public sealed record Season(int Rows, string Source)
{
    private const int LongestDetected = 400;
    private const double Significance = 5;

    /// <summary>Possible seasons, longest first within each group, and the steps that they suit.</summary>
    private static readonly (string Name, TimeSpan Length, TimeSpan LongestStep)[] Cycles =
    [
        ("a day", TimeSpan.FromDays(1), TimeSpan.FromHours(12)),
        ("an hour", TimeSpan.FromHours(1), TimeSpan.FromMinutes(30)),
        ("a minute", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(30)),
    ];

    /// <summary>
    /// A calendar season of which the training rows have at least two; otherwise the one of autocorrelation of the first column.
    /// </summary>
    /// <param name="table">The table, without missing values in its first column.</param>
    /// <param name="trainRows">Number of training rows, at the beginning.</param>
    public static Season Find(SeriesTable table, int trainRows)
    {
        ArgumentNullException.ThrowIfNull(table);
        if (table.Time is { } time && OfCalendar(time, trainRows / 2) is { } season)
        {
            return season;
        }
        int found = Detect(table.Columns[0].AsSpan(0, trainRows));
        return new(found, found == 1 ? "no season found" : $"found by autocorrelation of {TableException.Quote(table.Names[0])}");
    }

    /// <summary>The lag, 2 to a quarter of the series (at most 400), whose detrended autocorrelation peaks highest; 1: none does.</summary>
    public static int Detect(ReadOnlySpan<double> series)
    {
        if (series.Length < 3)
        {
            return 1;
        }
        var changes = new double[series.Length - 1];
        double mean = (series[^1] - series[0]) / changes.Length, size = 0;
        for (int t = 0; t < changes.Length; t++)
        {
            changes[t] = series[t + 1] - series[t] - mean;
            size = Math.Max(size, Math.Abs(series[t + 1]));
        }
        // Changes of the size of rounding errors: a constant or a straight line.
        double noise = 8 * Math.Pow(2, -52) * size;
        if (Array.TrueForAll(changes, change => Math.Abs(change) <= noise))
        {
            return 1;
        }
        int longest = Math.Min(LongestDetected, changes.Length / 4);
        double Correlation(int lag)
        {
            double sum = 0;
            for (int t = lag; t < changes.Length; t++)
            {
                sum += changes[t] * changes[t - lag];
            }
            return sum / (changes.Length - lag);
        }
        // A peak: higher than its neighbours. The first peak near the highest is the season; later ones are its multiples.
        double[] values = [.. Enumerable.Range(0, longest + 2).Select(Correlation)];
        // No lag of pure noise comes near five standard errors of a correlation.
        double chance = Significance * values[0] / Math.Sqrt(changes.Length);
        int[] peaks =
        [
            .. Enumerable.Range(2, Math.Max(0, longest - 1))
                .Where(l => values[l] > values[l - 1] && values[l] >= values[l + 1] && values[l] > chance),
        ];
        return peaks.Length == 0 ? 1 : peaks.First(l => values[l] >= 0.9 * peaks.Max(p => values[p]));
    }

    private static Season? OfCalendar(TimeColumn time, int longest)
    {
        if (time.Step is not { } step)
        {
            return null;
        }
        (string Name, double Rows)[] cycles = step switch
        {
            { Months: > 0 } => [("a year", 12.0 / step.Months)],
            { Span.TotalDays: 7 } => [("a year", 52)],
            { Span.TotalDays: 1 } when IsWorkingDaysOnly(time.Instants) => [("a week of working days", 5)],
            { Span.TotalDays: 1 } => [("a week", 7)],
            _ => [.. Cycles.Where(c => step.Span <= c.LongestStep).Select(c => (c.Name, c.Length / step.Span))],
        };
        (string name, double rows) = cycles.FirstOrDefault(c => c.Rows is >= 2 && c.Rows <= longest && c.Rows == Math.Floor(c.Rows));
        return name is null ? null : new((int)rows, $"{name} of rows {step} apart");
    }

    private static bool IsWorkingDaysOnly(DateTime[] instants) =>
        instants.Length > 7 && !instants.Any(static t => t.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday);
}
