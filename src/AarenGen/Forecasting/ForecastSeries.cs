namespace AarenGen;

/// <summary>A series as a model with a task reads it: tokens and targets of any interval, made when asked for. Immutable.</summary>
internal sealed class ForecastSeries
{
    private readonly ForecastLayout layout;
    private readonly long[]? starts;
    private readonly long start;

    public ForecastSeries(ForecastLayout layout, RegularSeries series)
    {
        this.layout = layout;
        Series = series;
        start = series.TimeOf(0).UtcTicks;
        if (layout.Grid.FixedLength is null)
        {
            // Intervals of the calendar are slow to find, and few.
            starts = new long[series.Rows];
            for (int row = 0; row < starts.Length; row++)
            {
                starts[row] = series.TimeOf(row).UtcTicks;
            }
        }
    }

    public RegularSeries Series { get; }

    public int Rows => Series.Rows;

    /// <summary>Writes the token of a row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="clock">Reads the calendar of neighbouring rows.</param>
    /// <param name="token">[InputWidth], overwritten.</param>
    public void WriteToken(int row, ref CalendarClock clock, Span<float> token)
    {
        for (int c = 0; c < layout.FirstKnownColumn; c++)
        {
            token[c] = (float)Series.Column(c)[row];
        }
        for (int k = 0; k < layout.KnownCount; k++)
        {
            ReadOnlySpan<double> column = Series.Column(layout.FirstKnownColumn + k)[row..];
            Span<float> written = token.Slice(layout.FirstKnownColumn + k * layout.KnownLength, layout.KnownLength);
            int there = Math.Min(column.Length, written.Length);
            for (int i = 0; i < there; i++)
            {
                written[i] = (float)column[i];
            }
            written[there..].Fill(float.NaN);
        }
        for (int c = 0; c < layout.CategoryCount; c++)
        {
            token[layout.FirstCategory + c] = (float)Series.Column(layout.FirstCategoryColumn + c)[row];
        }
        long ticks = starts is not null ? starts[row] : start + row * layout.Grid.FixedLength!.Value.Ticks;
        clock.Write(layout.Task.Zone, layout.Fields, ticks, token[layout.FirstField..]);
    }

    /// <summary>Writes the target of a row's token; values from <paramref name="end"/> on are missing.</summary>
    public void WriteTarget(int row, int end, Span<float> target)
    {
        for (int c = 0; c < layout.TargetCount; c++)
        {
            ReadOnlySpan<double> column = Series.Column(c)[..end];
            for (int step = 0; step < layout.Horizon; step++)
            {
                int at = row + 1 + step;
                target[layout.TargetIndex(c, step)] = at < end ? (float)column[at] : float.NaN;
            }
        }
    }
}

/// <summary>The newest known values of a series' targets, at rows that ascend: each row is read once.</summary>
/// <param name="series">The series.</param>
/// <param name="targets">Its first columns.</param>
internal sealed class LastValues(RegularSeries series, int targets)
{
    private readonly double[] values = [.. Enumerable.Repeat(double.NaN, targets)];
    private int next;

    /// <summary>The values that are known at a row, which does not lie before the one of the last call; NaN: none is.</summary>
    public ReadOnlySpan<double> At(int row)
    {
        for (; next <= row; next++)
        {
            for (int target = 0; target < values.Length; target++)
            {
                double value = series.Column(target)[next];
                values[target] = double.IsNaN(value) ? values[target] : value;
            }
        }
        return values;
    }
}
