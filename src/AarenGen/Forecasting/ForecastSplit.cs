namespace AarenGen;

/// <summary>Divides series by time into a part for training and one for validation, and cuts both into windows.</summary>
internal sealed class ForecastSplit
{
    private readonly TimeGrid grid;

    /// <summary>The intervals after the last ones of the part for training, and of both parts.</summary>
    private readonly long trainEnd = long.MinValue, usedEnd = long.MinValue;

    /// <param name="layout">The layout of tokens.</param>
    /// <param name="series">The series.</param>
    /// <param name="options">Valid options.</param>
    public ForecastSplit(ForecastLayout layout, IReadOnlyList<RegularSeries> series, ForecastTrainingOptions options)
    {
        grid = layout.Grid;
        ForecastSeries[] all = [.. series.Select(s => new ForecastSeries(layout, s))];
        TokenShape shape = layout.Description.Tokens;
        int length = options.WindowLengthFor(layout.Horizon, shape), half = StrideOf(length, shape), stride = options.Stride ?? half;
        // An interval that has begun at one of these moments has not ended: it belongs to what comes after.
        long end = options.ValidateUntil is { } until ? layout.Grid.IndexOf(until) : long.MaxValue;
        Cut = options.TrainUntil is { } trained ? layout.Grid.IndexOf(trained)
            : options.ValidationFraction == 0 ? end : CutOf(series, options.ValidationFraction, end);
        List<ForecastWindow> train = [], parts = [], validation = [];
        for (int i = 0; i < all.Length; i++)
        {
            int rowsTrained = RowOf(series[i], Cut), rowsUsed = RowOf(series[i], end);
            trainEnd = rowsTrained == 0 ? trainEnd : Math.Max(trainEnd, series[i].FirstIndex + rowsTrained);
            usedEnd = rowsUsed == 0 ? usedEnd : Math.Max(usedEnd, series[i].FirstIndex + rowsUsed);
            if (rowsTrained >= Math.Max(shape.PatchLength, 2))
            {
                AddTraining(train, i, rowsTrained, length, stride);
                parts.Add(new(i, 0, rowsTrained, 0, rowsTrained));
            }
            AddValidation(validation, i, rowsTrained, rowsUsed, length, half, shape.PatchLength);
        }
        Train = new(layout, all, [.. train]) { Distinct = new(layout, all, [.. parts]) };
        Validation = validation.Count == 0 ? null : new(layout, all, [.. validation]);
    }

    /// <summary>The first interval that is not trained on; <see cref="long.MaxValue"/>: all are.</summary>
    public long Cut { get; }

    /// <summary>The end of the last interval of any series that is used, where there is one.</summary>
    /// <param name="isValidated">Whether the part for validation is used.</param>
    public DateTimeOffset EndOf(bool isValidated) => grid.StartOf(isValidated ? usedEnd : trainEnd);

    public ForecastSequences Train { get; }

    /// <summary>Null where no interval lies in its part.</summary>
    public ForecastSequences? Validation { get; }

    /// <summary>
    /// Half a window, or less where a patch takes more than the other half: from the last output of a window to the first one of the next
    /// are less than two strides of patches.
    /// </summary>
    private static int StrideOf(int length, TokenShape shape) =>
        Math.Max(shape.PatchStride, Math.Min(length / 2, length - (shape.PatchLength - 1)));

    /// <summary>How many rows of a series lie before an interval.</summary>
    private static int RowOf(RegularSeries series, long interval) =>
        (int)Int128.Clamp((Int128)interval - series.FirstIndex, 0, series.Rows);

    /// <summary>The first interval of the part for validation: a fraction of all intervals before the end lies from it on.</summary>
    private static long CutOf(IReadOnlyList<RegularSeries> series, double fraction, long end)
    {
        // How many series have an interval changes where one begins or ends.
        var changes = new SortedDictionary<long, int>();
        long left = 0;
        foreach (RegularSeries s in series)
        {
            int rows = RowOf(s, end);
            changes[s.FirstIndex] = changes.GetValueOrDefault(s.FirstIndex) + 1;
            changes[s.FirstIndex + rows] = changes.GetValueOrDefault(s.FirstIndex + rows) - 1;
            left += rows;
        }
        long trained = (long)Math.Round(left * (1 - fraction)), at = 0, active = 0;
        foreach ((long interval, int change) in changes)
        {
            if (active > 0 && trained <= (interval - at) * active)
            {
                return at + (trained + active - 1) / active;
            }
            trained -= (interval - at) * active;
            (at, active) = (interval, active + change);
        }
        return at;
    }

    /// <summary>
    /// The first window begins with the part and the last one ends with it, so that no interval is left out. Those between begin evenly, so
    /// that none is nearly another.
    /// </summary>
    private static void AddTraining(List<ForecastWindow> windows, int series, int rows, int length, int stride)
    {
        int last = Math.Max(0, rows - length), steps = (int)(((long)last + stride - 1) / stride);
        for (int i = 0; i <= steps; i++)
        {
            int first = steps == 0 ? 0 : (int)((long)last * i / steps);
            windows.Add(new(series, first, Math.Min(length, rows), 0, rows));
        }
    }

    /// <summary>
    /// The last tokens of each window are scored, <paramref name="stride"/> of them. Those before are history, also from the part for
    /// training, so that no token is scored without one.
    /// </summary>
    private static void AddValidation(List<ForecastWindow> windows, int series, int from, int end, int length, int stride, int minLength)
    {
        // The token before the part forecasts its first interval; the last interval has nothing after it to forecast.
        for (int scored = Math.Max(0, from - 1); end > from && scored < end - 1; scored += stride)
        {
            int until = Math.Min(scored + stride, end - 1), first = Math.Max(0, scored - (length - stride));
            first = Math.Max(0, Math.Min(first, until - minLength));
            if (until - first >= minLength)
            {
                windows.Add(new(series, first, until - first, scored, end));
            }
        }
    }
}
