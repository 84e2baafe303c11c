namespace AarenGen;

/// <summary>
/// The values known ahead of some intervals, aggregated from records in working memory before the state changes. Its cost grows with the
/// records, not with the horizon.
/// </summary>
/// <param name="layout">The layout.</param>
/// <param name="known">[horizon + 1, values known ahead].</param>
/// <param name="counts">[horizon + 1, values known ahead].</param>
/// <param name="offsets">[horizon + 1].</param>
internal ref struct AheadIntervals(ForecastLayout layout, Span<double> known, Span<int> counts, Span<int> offsets)
{
    private readonly ForecastLayout layout = layout;
    private readonly Span<double> known = known;
    private readonly Span<int> counts = counts, offsets = offsets;

    /// <summary>Intervals of which something was said, in order.</summary>
    public int Count { get; private set; }

    /// <summary>How many intervals one lies after the first one of all.</summary>
    public readonly int Offset(int index) => offsets[index];

    /// <summary>The values of an interval, after <see cref="Complete"/>; NaN: none is known.</summary>
    public readonly ReadOnlySpan<double> Values(int index) => known.Slice(index * layout.KnownCount, layout.KnownCount);

    /// <summary>
    /// Begins an interval, unless it is the last one. One that was passed over is known to have no record, which counts 0.
    /// </summary>
    public void Begin(int offset)
    {
        int next = Count == 0 ? 0 : offsets[Count - 1] + 1;
        for (int i = layout.HasKnownCounts ? next : Math.Max(next, offset); i <= offset; i++)
        {
            Span<double> values = known.Slice(Count * layout.KnownCount, layout.KnownCount);
            for (int k = 0; k < values.Length; k++)
            {
                values[k] = IntervalValue.Empty(layout.Columns[layout.FirstKnownColumn + k].Aggregation);
            }
            counts.Slice(Count * layout.KnownCount, layout.KnownCount).Clear();
            offsets[Count++] = i;
        }
    }

    /// <summary>Adds the values of a record to the last interval.</summary>
    /// <exception cref="RecordException">A token may not hold what they make.</exception>
    public readonly void Add(string key, long ticks, ReadOnlySpan<double> values, Standardizer? standardizer)
    {
        for (int k = 0; k < layout.KnownCount; k++)
        {
            int column = layout.FirstKnownColumn + k, at = (Count - 1) * layout.KnownCount + k;
            if (!double.IsNaN(values[column]))
            {
                IntervalValue.Add(layout.Columns[column].Aggregation, ref known[at], values[column]);
                double value = IntervalValue.Complete(layout.Columns[column].Aggregation, known[at], ++counts[at]);
                if (!layout.IsTokenNumber(value, column, standardizer, isScaled: false))
                {
                    throw layout.BadNumber(key, ticks, column, value, standardizer is not null);
                }
            }
        }
    }

    /// <summary>Ends all intervals.</summary>
    public readonly void Complete()
    {
        for (int i = 0; i < Count; i++)
        {
            for (int k = 0; k < layout.KnownCount; k++)
            {
                int at = i * layout.KnownCount + k;
                known[at] = IntervalValue.Complete(layout.Columns[layout.FirstKnownColumn + k].Aggregation, known[at], counts[at]);
            }
        }
    }
}
