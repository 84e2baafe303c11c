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
        var lasts = new Dictionary<string, Last>(StringComparer.Ordinal);
        var values = new double[layout.Columns.Length];
        bool isScaled = layout.Description.Standardization is not null;
        Last? last = null;
        long number = 0;
        foreach (TRecord record in records)
        {
            number++;
            if (record is null)
            {
                throw new RecordException(Text(number, "is null; leave it out."));
            }
            string key = last is not null && TBinding.HasKey(record, last.Key) ? last.Key : TBinding.GetKey(record);
            long ticks = TBinding.GetTime(record).UtcTicks;
            layout.CheckTime(key, ticks);
            if (!ReferenceEquals(last?.Key, key) && !lasts.TryGetValue(key, out last))
            {
                if (!layout.CanName(key))
                {
                    throw new RecordException($"{ForecastLayout.Where(key, ticks)} has a key that cannot be used: {SeriesName.Rule}.");
                }
                lasts.Add(key, last = new(key, standardizer?.Of(layout.StatisticsOf(key))));
            }
            if (ticks < last.Ticks)
            {
                throw new RecordException(
                    $"{ForecastLayout.Where(key, ticks)} (number {number.ToString(CultureInfo.InvariantCulture)}) lies before the record "
                    + $"before it, of {ForecastLayout.Time(last.Ticks)}; sort the records by time, as with OrderBy(r => r.Time).");
            }
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
            last.Ticks = ticks;
            TBinding.GetValues(record, values);
            layout.CheckValues(key, ticks, values, last.Standardizer, isScaled);
            if (resampler.TryAdd(key, new(ticks, TimeSpan.Zero), values) is { } problem)
            {
                throw new RecordException(Text(number, $"cannot be used: {problem}"));
            }
        }
        IReadOnlyList<RegularSeries> series = resampler.Finish();
        foreach (RegularSeries s in series)
        {
            if (layout.Task.IsAggregated)
            {
                layout.CheckIntervals(s, lasts[s.Key].Standardizer, isScaled);
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
        $"{ForecastLayout.Where(key, ticks)} is the second one in its interval of {layout.Grid}. Remove it, or set Aggregation in the "
        + "attribute of a value of the record, such as [Target(Aggregation = Aggregation.Mean)]: an interval then takes any number.";

    private static void FillForward(double[] categories)
    {
        for (int r = 1; r < categories.Length; r++)
        {
            categories[r] = double.IsNaN(categories[r]) ? categories[r - 1] : categories[r];
        }
    }

    private static string Text(long number, string problem) =>
        string.Create(CultureInfo.InvariantCulture, $"Record {number} {problem}");

    /// <summary>Where a series has come to.</summary>
    private sealed class Last(string key, Standardizer? standardizer)
    {
        public string Key { get; } = key;

        public Standardizer? Standardizer { get; } = standardizer;

        public long Ticks { get; set; }

        /// <summary>Whether it had a record before.</summary>
        public bool HasRecord => End > long.MinValue;

        /// <summary>Its last interval, which has a record.</summary>
        public long Interval { get; set; }

        /// <summary>The end of it.</summary>
        public long End { get; set; } = long.MinValue;
    }
}
