using System.Globalization;

namespace AarenGen.Tool.Tables;

/// <summary>Finds the interval of a grid of time from the distances of rows.</summary>
internal static class IntervalFinder
{
    /// <summary>Rows of which at least this fraction are one step apart have that step.</summary>
    private const double RegularFraction = 0.5;

    private const long Day = TimeSpan.TicksPerDay;

    /// <summary>What irregular rows are collected in.</summary>
    private static readonly string[] Usual =
        ["1s", "5s", "10s", "15s", "30s", "1min", "5min", "10min", "15min", "30min", "1h", "2h", "3h", "4h", "6h", "12h", "1d", "1w", "1mo",
            "1q", "1y"];

    /// <summary>The interval, as <see cref="TimeGrid.Parse"/> reads it; null: no series has two different times.</summary>
    /// <param name="series">The times of each series, in ticks, ascending.</param>
    public static string? Find(IReadOnlyList<long[]> series)
    {
        var counts = new Dictionary<long, long>();
        foreach (long[] times in series)
        {
            for (int i = 1; i < times.Length; i++)
            {
                long distance = times[i] - times[i - 1];
                counts[distance] = counts.GetValueOrDefault(distance) + 1;
            }
        }
        counts.Remove(0);
        if (counts.Count == 0)
        {
            return null;
        }
        long total = counts.Values.Sum(), half = 0;
        long median = counts.OrderBy(static c => c.Key).First(c => (half += c.Value) * 2 >= total).Key;
        if (Months(counts, total, median) is { } months)
        {
            return months;
        }
        (long step, long often) = counts.MaxBy(static c => c.Value);
        return often >= RegularFraction * total && Name(step) is { } name ? name
            : Usual.MinBy(u => Math.Abs(Length(u) - median)) is { } nearest && Math.Abs(Length(nearest) - median) < 0.05 * median ? nearest
            : Usual.FirstOrDefault(u => Length(u) >= median) ?? "1y";
    }

    /// <summary>The length of an interval, that of the calendar on average.</summary>
    public static double Length(string every)
    {
        var grid = TimeGrid.Parse(every);
        return grid.FixedLength?.Ticks ?? Day / grid.IntervalsPerDay;
    }

    /// <summary>Months, quarters and years have as many days as the calendar gives them.</summary>
    private static string? Months(Dictionary<long, long> counts, long total, long median)
    {
        foreach ((string every, int min, int max) in ((string, int, int)[])[("1mo", 28, 31), ("1q", 90, 92), ("1y", 365, 366)])
        {
            // A clock may have been set between two rows.
            long within = counts.Where(c => c.Key >= min * Day - Day / 24 && c.Key <= max * Day + Day / 24).Sum(static c => c.Value);
            bool isEven = min == 28 && counts.Count == 1 && median == 28 * Day;
            if (within >= RegularFraction * total && !isEven)
            {
                return every;
            }
        }
        return null;
    }

    private static string? Name(long ticks)
    {
        (long Unit, string Name)[] units =
            [(7 * Day, "w"), (Day, "d"), (Day / 24, "h"), (TimeSpan.TicksPerMinute, "min"), (TimeSpan.TicksPerSecond, "s"),
                (TimeSpan.TicksPerMillisecond, "ms")];
        foreach ((long unit, string name) in units)
        {
            if (ticks % unit == 0 && ticks / unit <= 10_000)
            {
                return (ticks / unit).ToString(CultureInfo.InvariantCulture) + name;
            }
        }
        return null;
    }
}
