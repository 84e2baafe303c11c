using System.Globalization;

namespace AarenGen;

/// <summary>
/// Where everything stands in the tokens, targets and outputs of a model with a <see cref="ForecastTask"/>. Immutable.
/// </summary>
/// <remarks>
/// A token: the targets, the observed values, each value known ahead for this interval and those of the horizon, the categories, the fields
/// of the calendar. A target of interval t: the values of t + 1 + h at h × targets + c; with a channel for each target, at h of channel c.
/// </remarks>
internal sealed class ForecastLayout : RecordLayout
{
    /// <summary>The bound of any gap, since empty intervals take time and memory.</summary>
    public const int LargestGap = 1 << 20;

    /// <summary>Half a year: a wrong year is a longer gap on every grid but that of years.</summary>
    private const int DefaultGapDays = 183;

    private readonly int channels, rowOutputWidth;
    private readonly float[] levels;

    /// <exception cref="ArgumentException">The model does not have the widths of the task.</exception>
    public ForecastLayout(ForecastTask task, ModelDescription description) : base(task.Columns, description)
    {
        Task = task;
        Fields = [.. task.Calendar];
        TargetCount = Count(RecordRole.Target);
        ObservedCount = Count(RecordRole.Observed);
        KnownCount = Count(RecordRole.KnownAhead);
        CategoryCount = Count(RecordRole.Category);
        Grid = task.Grid;
        Horizon = task.Horizon;
        KnownLength = Horizon + 1;
        FirstKnownColumn = TargetCount + ObservedCount;
        FirstCategory = FirstKnownColumn + KnownCount * KnownLength;
        FirstField = FirstCategory + CategoryCount;
        Head = description.Heads[0];
        levels = [.. Head.Levels];
        channels = description.Tokens.Channels;
        rowOutputWidth = description.RowOutputWidth;
        SegmentCount = PredictedDistribution.SegmentCount(Head.LossKind, levels.Length);
        HasDistributions = PredictedDistribution.IsPredictedBy(Head.LossKind);
        // A level is a float in the model, and a number as people write it in reports.
        Levels = !HasDistributions ? []
            : Head.LossKind == LossKind.Quantiles ? [.. Head.Levels.Select(static level => (double)(decimal)level)] : [0.1, 0.5, 0.9];
        bool areInOrder = Columns.Select(static c => c.Role).SequenceEqual(Columns.Select(static c => c.Role).Order());
        int inputs = FirstField + Fields.Length, targets = Horizon * TargetCount;
        if (!areInOrder || description.Heads.Count != 1 || description.InputWidth != inputs || description.TargetWidth != targets
            || (channels > 1 && channels != TargetCount))
        {
            throw new ArgumentException(
                $"The model '{description.Name}' takes tokens of {description.InputWidth} and targets of {description.TargetWidth} "
                + $"numbers, but the task has {inputs} and {targets}.", nameof(task));
        }
        (MinTicks, MaxTicks) = Calendar(task.Grid, Horizon);
        MaxGap = task.MaxGap ?? (int)Math.Clamp(Math.Ceiling(task.Grid.IntervalsPerDay * DefaultGapDays), 1, LargestGap);
        FixedTicks = task.Grid.FixedLength?.Ticks ?? 0;
        HasKnownCounts = Columns.Any(static c => c is { Role: RecordRole.KnownAhead, Aggregation: Aggregation.Count });
    }

    public ForecastTask Task { get; }

    public override string Facts => string.Create(
        CultureInfo.InvariantCulture, $"{Task.Horizon} {Task.Grid} {Task.Zone.Id} {Task.Grid.Zone.Id} {Task.IsAggregated}")
        + string.Join(' ', Task.Calendar);

    public CalendarField[] Fields { get; }

    public int TargetCount { get; }

    public int ObservedCount { get; }

    public int KnownCount { get; }

    public int CategoryCount { get; }

    public int Horizon { get; }

    /// <summary>Intervals whose values known ahead stand in a token: its own and those of the horizon.</summary>
    public int KnownLength { get; }

    public TimeGrid Grid { get; }

    /// <summary>Intervals without a record that may lie between two records of a series.</summary>
    public int MaxGap { get; }

    /// <summary>The length of an interval; 0 where the calendar decides it.</summary>
    public long FixedTicks { get; }

    /// <summary>Whether a value known ahead counts, so that an interval without a record has 0 of it.</summary>
    public bool HasKnownCounts { get; }

    public HeadDescription Head { get; }

    /// <summary>Outputs for each predicted value.</summary>
    public int SegmentCount { get; }

    public bool HasDistributions { get; }

    /// <summary>Levels at which predicted distributions are scored: the model's own, or usual ones; empty without distributions.</summary>
    public double[] Levels { get; }

    /// <summary>The column of the first value known ahead, in records.</summary>
    public int FirstKnownColumn { get; }

    /// <summary>Where the first category stands in a token.</summary>
    public int FirstCategory { get; }

    /// <summary>Where the first field of the calendar stands in a token.</summary>
    public int FirstField { get; }

    /// <summary>Times of records lie from here to there, in ticks of UTC, so that all intervals of a token are in the calendar.</summary>
    public long MinTicks { get; }

    /// <inheritdoc cref="MinTicks"/>
    public long MaxTicks { get; }

    /// <summary>Where the value of a target stands in the target of a token.</summary>
    public int TargetIndex(int target, int step) => channels > 1 ? target * Horizon + step : step * TargetCount + target;

    /// <summary>What is predicted of a target, as a loss with a distribution predicts it.</summary>
    public PredictedDistribution Distribution(ReadOnlySpan<float> outputs, int target, int step)
    {
        (int start, int index) = Locate(target, step);
        return new(Head.LossKind, levels, outputs.Slice(start, Head.OutputWidth), index);
    }

    /// <summary>The distribution of a value that <see cref="CopyPrediction"/> copied.</summary>
    public PredictedDistribution Distribution(ReadOnlySpan<float> prediction) => new(Head.LossKind, levels, prediction, 0);

    /// <summary>The value that stands for a prediction: a loss's own, or the median.</summary>
    public double Point(ReadOnlySpan<float> outputs, int target, int step) =>
        HasDistributions ? Distribution(outputs, target, step).Median : Value(outputs, target, step);

    /// <summary>What is predicted of a target, by a loss without a distribution.</summary>
    public float Value(ReadOnlySpan<float> outputs, int target, int step)
    {
        (int start, int index) = Locate(target, step);
        return outputs[start + index];
    }

    /// <summary>Copies the outputs of one value.</summary>
    /// <param name="outputs">The outputs of a token.</param>
    /// <param name="target">The target.</param>
    /// <param name="step">The interval of the horizon, from 0.</param>
    /// <param name="prediction">[SegmentCount], overwritten.</param>
    public void CopyPrediction(ReadOnlySpan<float> outputs, int target, int step, Span<float> prediction)
    {
        (int start, int index) = Locate(target, step);
        for (int i = 0; i < prediction.Length; i++)
        {
            prediction[i] = outputs[start + i * Head.TargetWidth + index];
        }
    }

    /// <summary>Checks a record's time.</summary>
    /// <exception cref="RecordException">It lies too near to the ends of the calendar.</exception>
    public void CheckTime(string key, long ticks)
    {
        if (ticks < MinTicks || ticks > MaxTicks)
        {
            throw new RecordException($"{Where(key, ticks)} lies beyond the calendar, with its horizon; correct its time.");
        }
    }

    /// <summary>Checks how many intervals without a record lie before a record.</summary>
    /// <exception cref="RecordException">They are more than a gap may have.</exception>
    public void CheckGap(string key, long ticks, long empty)
    {
        if (empty > MaxGap)
        {
            throw new RecordException(string.Create(CultureInfo.InvariantCulture,
                $"{Where(key, ticks)} comes after {empty} intervals of {Grid} without a record, more than {MaxGap}; correct its time, or "
                + $"set MaxGap of [Forecast]. If the series begins anew, leave out the records before it, or Reset the stream's state."));
        }
    }

    /// <summary>Checks the complete intervals of a series, such as the sums of values that are valid one by one.</summary>
    /// <param name="series">The series.</param>
    /// <param name="standardizer">Standardises its tokens; null where nothing does, or it is not known yet.</param>
    /// <param name="isScaled">Whether tokens are standardised.</param>
    /// <exception cref="RecordException">A token may not hold a value.</exception>
    public void CheckIntervals(RegularSeries series, Standardizer? standardizer, bool isScaled)
    {
        float surelyValid = standardizer?.SurelyValid ?? Arguments.LargestTokenNumber;
        for (int c = 0; c < FirstCategoryColumn; c++)
        {
            ReadOnlySpan<double> column = series.Column(c);
            for (int row = 0; row < column.Length; row++)
            {
                if (!(Math.Abs(column[row]) <= surelyValid) && !double.IsNaN(column[row])
                    && !IsTokenNumber(column[row], c, standardizer, isScaled))
                {
                    throw BadNumber(series.Key, series.TimeOf(row).UtcTicks, c, column[row], isScaled, "interval");
                }
            }
        }
    }

    /// <summary>Checks those values of a record that are known ahead.</summary>
    /// <exception cref="RecordException">A token may not hold one.</exception>
    public void CheckKnown(string key, long ticks, ReadOnlySpan<double> values, Standardizer? standardizer)
    {
        float surelyValid = standardizer?.SurelyValid ?? Arguments.LargestTokenNumber;
        for (int c = FirstKnownColumn; c < FirstCategoryColumn; c++)
        {
            if (!(Math.Abs(values[c]) <= surelyValid) && !double.IsNaN(values[c])
                && !IsTokenNumber(values[c], c, standardizer, isScaled: false))
            {
                throw BadNumber(key, ticks, c, values[c], standardizer is not null);
            }
        }
    }

    public override SeriesCore CreateCore(string key) => new ForecastCore(this, key);

    public override bool IsTokenNumber(double value, int column, Standardizer? standardizer, bool isScaled) =>
        column < FirstKnownColumn ? IsTokenNumber((float)value, column, 1, standardizer, isScaled)
            : IsTokenNumber(
                (float)value, FirstKnownColumn + (column - FirstKnownColumn) * KnownLength, KnownLength, standardizer, isScaled);

    /// <summary>The property whose value, or value known ahead, stands in a column of a token; null for the calendar's.</summary>
    public string? NameOf(int column) => column < FirstKnownColumn ? Columns[column].Name
        : column < FirstCategory ? Columns[FirstKnownColumn + (column - FirstKnownColumn) / KnownLength].Name
        : column < FirstField ? Columns[FirstCategoryColumn + column - FirstCategory].Name : null;

    private (int Start, int Index) Locate(int target, int step) => channels > 1
        ? (target * rowOutputWidth + Head.OutputOffset, step) : (Head.OutputOffset, step * TargetCount + target);

    /// <summary>Two more intervals than needed, and two days for the offsets of zones.</summary>
    private static (long Min, long Max) Calendar(TimeGrid grid, int horizon)
    {
        long margin = 2 * TimeSpan.TicksPerDay;
        Int128 length = grid.FixedLength is { } fixedLength
            ? fixedLength.Ticks : grid.StartOf(1).UtcTicks - grid.StartOf(0).UtcTicks + margin;
        Int128 min = margin + 2 * length, max = DateTime.MaxValue.Ticks - margin - (horizon + 3) * length;
        return ((long)Int128.Min(min, long.MaxValue), (long)Int128.Max(max, 0));
    }
}
