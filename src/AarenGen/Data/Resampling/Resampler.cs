using System.Globalization;
using System.Runtime.InteropServices;

namespace AarenGen;

/// <summary>
/// Brings rows of irregular times to a regular grid, one series for each key. The rows of a series must come in the order of time; those of
/// different series may come mixed. Memory grows with the intervals, not with the rows. Not thread-safe.
/// </summary>
public sealed class Resampler
{
    /// <summary>The largest number of intervals of a series, unless another one is given: 16,777,216.</summary>
    public const int DefaultMaxRows = 1 << 24;

    /// <summary>The largest number of values of all series together, unless another one is given: 268,435,456, which take 2 GB.</summary>
    public const long DefaultMaxValues = 1L << 28;

    private readonly TimeGrid grid;
    private readonly ResampledColumn[] columns;
    private readonly DuplicateTimes duplicates;
    private readonly int maxRows;
    private readonly long maxValues;
    private readonly Dictionary<string, Builder> builders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Builder>.AlternateLookup<ReadOnlySpan<char>> lookup;
    private readonly List<Builder> order = [];
    private Builder? latest;
    private long heldRows;

    /// <summary>An empty resampler.</summary>
    /// <param name="grid">The grid.</param>
    /// <param name="columns">The columns, at least one.</param>
    /// <param name="duplicates">What happens to rows of a series that have the same time.</param>
    /// <param name="maxRows">The largest number of intervals of a series, at least 1: a wrong year would need endless memory.</param>
    /// <param name="maxValues">
    /// The largest number of values, at least 1: the intervals of all series together times the columns. A value takes 8 bytes, of a mean
    /// 12.
    /// </param>
    public Resampler(
        TimeGrid grid, IReadOnlyList<ResampledColumn> columns, DuplicateTimes duplicates = DuplicateTimes.Refuse,
        int maxRows = DefaultMaxRows, long maxValues = DefaultMaxValues)
    {
        ArgumentNullException.ThrowIfNull(grid);
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentOutOfRangeException.ThrowIfZero(columns.Count, nameof(columns));
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxValues, 1);
        (this.grid, this.columns, this.duplicates) = (grid, [.. columns], duplicates);
        (this.maxRows, this.maxValues) = (maxRows, maxValues);
        lookup = builders.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Adds a row.</summary>
    /// <param name="key">The key of its series; empty where there is only one.</param>
    /// <param name="time">Its time, not before the row before of the same series.</param>
    /// <param name="values">A value for each column; NaN: missing.</param>
    /// <exception cref="ArgumentException">
    /// There are not as many values as columns; a value is infinite, or makes a sum or a mean infinite; the time lies before the row
    /// before, has a row already, or makes a series of too many intervals or too many values of all series. The row is not added; others
    /// may be.
    /// </exception>
    public void Add(ReadOnlySpan<char> key, DateTimeOffset time, ReadOnlySpan<double> values)
    {
        if (TryAdd(key, time, values) is { } problem)
        {
            throw new ArgumentException(problem);
        }
    }

    /// <summary>The series, in the order in which their first rows came. The resampler is empty afterwards.</summary>
    public IReadOnlyList<RegularSeries> Finish()
    {
        string[] names = [.. columns.Select(static c => c.Name)];
        RegularSeries[] series = [.. order.Select(builder => builder.Build(names))];
        builders.Clear();
        order.Clear();
        latest = null;
        heldRows = 0;
        return series;
    }

    /// <summary>Adds a row, or says why not.</summary>
    internal string? TryAdd(ReadOnlySpan<char> key, DateTimeOffset time, ReadOnlySpan<double> values)
    {
        if (values.Length != columns.Length)
        {
            throw new ArgumentException($"There are {values.Length} values, but {columns.Length} columns.", nameof(values));
        }
        if ((latest is not null && key.SequenceEqual(latest.Key)) || lookup.TryGetValue(key, out latest))
        {
            return latest.Add(time, values);
        }
        // A key whose first row is refused has no series.
        var builder = new Builder(key.ToString(), this);
        if (builder.Add(time, values) is { } problem)
        {
            return problem;
        }
        builders.Add(builder.Key, builder);
        order.Add(builder);
        latest = builder;
        return null;
    }

    /// <summary>One series while it grows.</summary>
    private sealed class Builder
    {
        private readonly Resampler owner;
        private readonly List<double>[] values;
        private readonly List<int>?[] counts;
        private readonly List<TimeGap> gaps = [];
        private DateTimeOffset last;
        private long firstIndex, current, intervalEnd, read, duplicated;

        public Builder(string key, Resampler owner)
        {
            (Key, this.owner) = (key, owner);
            values = [.. owner.columns.Select(static _ => new List<double>())];
            counts = [.. owner.columns.Select(static c => c.Aggregation == Aggregation.Mean ? new List<int>() : null)];
        }

        public string Key { get; }

        public string? Add(DateTimeOffset time, ReadOnlySpan<double> row)
        {
            foreach (double value in row)
            {
                if (double.IsInfinity(value))
                {
                    return "a value is infinite; correct it, or make it NaN where it is missing.";
                }
            }
            bool isSame = read > 0 && time == last;
            if (read > 0 && time < last)
            {
                return string.Create(CultureInfo.InvariantCulture,
                    $"the time {time.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z{Of()} lies before that of the row before, "
                    + $"{last.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z; sort the rows by time.");
            }
            if (isSame && owner.duplicates == DuplicateTimes.Refuse)
            {
                return string.Create(CultureInfo.InvariantCulture,
                    $"the time {time.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z{Of()} has a row already; remove one of them, or merge them "
                    + $"(DuplicateTimes).");
            }
            if (read > 0 && time.UtcTicks < intervalEnd && (!isSame || owner.duplicates != DuplicateTimes.KeepFirst)
                && FindOverflow(row) is >= 0 and var column)
            {
                return string.Create(CultureInfo.InvariantCulture,
                    $"the sum of {TableException.Quote(owner.columns[column].Name)} in the interval of "
                    + $"{time.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z{Of()} is too large for a number; correct the value, or choose another "
                    + $"aggregation.");
            }
            // The end of the interval is looked up once an interval, which matters with zones.
            if (read == 0 || time.UtcTicks >= intervalEnd)
            {
                long index = owner.grid.IndexOf(time);
                firstIndex = read == 0 ? index : firstIndex;
                long rows = index - firstIndex + 1;
                if (rows > owner.maxRows)
                {
                    return string.Create(CultureInfo.InvariantCulture,
                        $"the time {time.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z{Of()} makes a series of {rows:N0} intervals of {owner.grid}, "
                        + $"more than {owner.maxRows:N0}; correct it, or choose longer intervals.");
                }
                long added = rows - (read == 0 ? 0 : current - firstIndex + 1);
                if ((Int128)(owner.heldRows + added) * owner.columns.Length > owner.maxValues)
                {
                    return string.Create(CultureInfo.InvariantCulture,
                        $"the time {time.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z{Of()} makes all series {owner.heldRows + added:N0} intervals of "
                        + $"{owner.grid} with {owner.columns.Length} columns, more than {owner.maxValues:N0} values; correct it, or choose "
                        + $"longer intervals, fewer columns or a larger number (maxValues).");
                }
                owner.heldRows += added;
                if (read > 0 && index > current + 1)
                {
                    gaps.Add(new(owner.grid.StartOf(current + 1), owner.grid.StartOf(index), (int)(current + 1 - firstIndex),
                        (int)(index - current - 1)));
                }
                Extend((int)rows);
                (current, intervalEnd) = (index, EndOf(index));
            }
            read++;
            last = time;
            duplicated += isSame ? 1 : 0;
            if (!isSame || owner.duplicates != DuplicateTimes.KeepFirst)
            {
                Aggregate(row);
            }
            return null;
        }

        public RegularSeries Build(string[] names)
        {
            var built = new double[values.Length][];
            for (int c = 0; c < built.Length; c++)
            {
                built[c] = [.. values[c]];
                if (counts[c] is { } count)
                {
                    for (int r = 0; r < count.Count; r++)
                    {
                        built[c][r] = IntervalValue.Complete(Aggregation.Mean, built[c][r], count[r]);
                    }
                }
            }
            return new(Key, owner.grid, firstIndex, names, built, gaps, read, duplicated);
        }

        private string Of() => Key.Length == 0 ? "" : $" of the series {TableException.Quote(Key)}";

        /// <summary>The last interval of the calendar has no next one.</summary>
        private long EndOf(long index)
        {
            try
            {
                return owner.grid.StartOf(index + 1).UtcTicks;
            }
            catch (ArgumentOutOfRangeException)
            {
                return long.MaxValue;
            }
        }

        /// <summary>The first column whose sum the row would make infinite; -1: none.</summary>
        private int FindOverflow(ReadOnlySpan<double> row)
        {
            for (int c = 0; c < row.Length; c++)
            {
                if (owner.columns[c].Aggregation is Aggregation.Mean or Aggregation.Sum
                    && double.IsInfinity(CollectionsMarshal.AsSpan(values[c])[^1] + row[c]))
                {
                    return c;
                }
            }
            return -1;
        }

        private void Extend(int rows)
        {
            for (int c = 0; c < values.Length; c++)
            {
                int before = values[c].Count;
                CollectionsMarshal.SetCount(values[c], rows);
                CollectionsMarshal.AsSpan(values[c])[before..].Fill(IntervalValue.Empty(owner.columns[c].Aggregation));
                if (counts[c] is { } count)
                {
                    CollectionsMarshal.SetCount(count, rows);
                    CollectionsMarshal.AsSpan(count)[before..].Clear();
                }
            }
        }

        private void Aggregate(ReadOnlySpan<double> row)
        {
            for (int c = 0; c < row.Length; c++)
            {
                if (double.IsNaN(row[c]))
                {
                    continue;
                }
                IntervalValue.Add(owner.columns[c].Aggregation, ref CollectionsMarshal.AsSpan(values[c])[^1], row[c]);
                if (counts[c] is { } count)
                {
                    CollectionsMarshal.AsSpan(count)[^1]++;
                }
            }
        }
    }
}
