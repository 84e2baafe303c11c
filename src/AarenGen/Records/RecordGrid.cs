using System.Globalization;

namespace AarenGen;

/// <summary>Brings records of a task to a regular grid, a series for each key.</summary>
internal static class RecordGrid
{
    /// <summary>Reads records to their end.</summary>
    /// <param name="records">The records.</param>
    /// <param name="layout">The layout of tokens.</param>
    /// <param name="standardizer">Standardises tokens; null where nothing does, or the statistics are not known yet.</param>
    /// <returns>The series, in the order in which their first records came; empty intervals have the category before them.</returns>
    /// <exception cref="RecordException">A record is wrong; the message names it, its series and time, and the fix.</exception>
    public static IReadOnlyList<RegularSeries> Read<TRecord, TBinding>(
        IEnumerable<TRecord> records, ForecastLayout layout, Standardizer? standardizer = null)
        where TBinding : IRecordBinding<TRecord>
    {
        var resampler = new Resampler(
            layout.Grid, [.. layout.Columns.Select(static c => new ResampledColumn(c.Name, c.Aggregation))], DuplicateTimes.Merge);
        var table = new SeriesTable<Last>(layout, key => new(key, standardizer?.Of(layout.StatisticsOf(key))));
        var values = new double[layout.Columns.Length];
        bool isScaled = layout.Description.Standardization is not null;
        foreach (TRecord record in records)
        {
            Last last = table.Find<TRecord, TBinding>(record);
            (string key, long ticks) = (last.Key, last.Ticks);
            layout.CheckTime(key, ticks);
            if (ticks >= last.End)
            {
                long interval = layout.Grid.IndexOf(new DateTimeOffset(ticks, TimeSpan.Zero));
                if (last.HasRecord)
                {
                    layout.CheckGap(key, ticks, interval - last.Interval - 1);
                }
                (last.Interval, last.End) = (interval, layout.Grid.StartOf(interval + 1).UtcTicks);
            }
            else if (!layout.Task.IsAggregated)
            {
                throw new RecordException(SecondRecord(layout, key, ticks));
            }
            layout.ReadValues<TRecord, TBinding>(record, RecordUse.Training, values);
            layout.CheckValues(key, ticks, values, last.Standardizer, isScaled);
            if (resampler.TryAdd(key, new(ticks, TimeSpan.Zero), values) is { } problem)
            {
                throw new RecordException(
                    string.Create(CultureInfo.InvariantCulture, $"Record {table.Number} cannot be used: {problem}"));
            }
        }
        IReadOnlyList<RegularSeries> series = resampler.Finish();
        foreach (RegularSeries s in series)
        {
            if (layout.Task.IsAggregated)
            {
                layout.CheckIntervals(s, table[s.Key].Standardizer, isScaled);
            }
            for (int c = layout.FirstCategoryColumn; c < layout.Columns.Length; c++)
            {
                FillForward(s.Values(c));
            }
        }
        return series;
    }

    /// <summary>The mistake of a second record in an interval that takes one.</summary>
    public static string SecondRecord(ForecastLayout layout, string key, long ticks) =>
        $"{RecordLayout.Where(key, ticks)} is the second one in its interval of {layout.Grid}. Remove it, or set Aggregation in the "
        + "attribute of a value of the record, such as [Target(Aggregation = Aggregation.Mean)]: an interval then takes any number.";

    private static void FillForward(double[] categories)
    {
        for (int r = 1; r < categories.Length; r++)
        {
            categories[r] = double.IsNaN(categories[r]) ? categories[r - 1] : categories[r];
        }
    }

    /// <summary>Where a series has come to.</summary>
    private sealed class Last(string key, Standardizer? standardizer) : SeriesPosition(key)
    {
        public Standardizer? Standardizer { get; } = standardizer;

        /// <summary>Whether it had a record before.</summary>
        public bool HasRecord => End > long.MinValue;

        /// <summary>Its last interval, which has a record.</summary>
        public long Interval { get; set; }

        /// <summary>The end of it.</summary>
        public long End { get; set; } = long.MinValue;
    }
}
