using System.Globalization;

namespace AarenGen;

/// <summary>Where everything stands in the tokens, targets and outputs of a model with an <see cref="EventTask"/>. Immutable.</summary>
/// <remarks>
/// A token: the logarithm of the wait before the event (missing before the first one), the observed values, the time since the first event
/// if it is encoded, the mark, the categories. A target: the wait until the next event, and its mark. Waits and times are in the task's
/// unit.
/// </remarks>
internal sealed class EventLayout : RecordLayout
{
    private readonly double unit, shortest;

    /// <exception cref="ArgumentException">The model does not have the widths of the task.</exception>
    public EventLayout(EventTask task, ModelDescription description) : base(task.Columns, description)
    {
        Task = task;
        unit = task.Unit.Ticks;
        shortest = task.Resolution.Ticks / 2.0;
        ObservedCount = Count(RecordRole.Observed);
        CategoryCount = Count(RecordRole.Category);
        HasMark = Count(RecordRole.Mark) > 0;
        bool areInOrder = Columns.Select(static c => c.Role).SequenceEqual(Columns.Select(static c => c.Role).Order());
        int inputs = (task.EncodesTime ? 2 : 1) + Columns.Length, targets = HasMark ? 2 : 1;
        if (!areInOrder || description.Heads.Count != targets || description.InputWidth != inputs || description.TargetWidth != targets
            || (HasMark && description.Heads[1].OutputWidth != task.Marks.Count))
        {
            throw new ArgumentException(
                $"The model '{description.Name}' takes tokens of {description.InputWidth} and targets of {description.TargetWidth} "
                + $"numbers, but the task has {inputs} and {targets}.", nameof(task));
        }
    }

    public EventTask Task { get; }

    public int ObservedCount { get; }

    public int CategoryCount { get; }

    public bool HasMark { get; }

    /// <summary>The column of the mark, in records.</summary>
    public int MarkColumn => Columns.Length - 1;

    public override string Facts =>
        string.Create(CultureInfo.InvariantCulture, $"next event {Task.Unit.Ticks} {Task.Resolution.Ticks} {Task.EncodesTime}");

    public override SeriesCore CreateCore(string key) => new EventCore(this, key);

    public override bool IsTokenNumber(double value, int column, Standardizer? standardizer, bool isScaled) =>
        IsTokenNumber((float)value, 1 + column, 1, standardizer, isScaled);

    public override void CheckToken(string key, long? ticks, ReadOnlySpan<float> token, Standardizer? standardizer)
    {
        if (!float.IsNaN(token[0]) && standardizer?.IsTokenNumber(token[0], 0, 1) == false)
        {
            throw new RecordException(
                $"{Where(key, ticks)} comes after a wait whose logarithm, once standardised, is not from -1e15 to 1e15; correct its time.");
        }
    }

    /// <summary>The wait between two events, in the task's unit.</summary>
    public double Wait(long ticks) => Math.Max(ticks, shortest) / unit;

    /// <summary>The clock's resolution as a fraction of a wait in the task's unit.</summary>
    public double RelativeResolution(double wait) => 2 * shortest / unit / wait;

    /// <summary>The property that stands in a column of a token, or what else does.</summary>
    public string NameOf(int column)
    {
        int time = 1 + ObservedCount, mark = time + (Task.EncodesTime ? 1 : 0), category = mark + (HasMark ? 1 : 0);
        return column == 0 ? "the logarithm of the wait" : column < time ? Columns[column - 1].Name
            : column < mark ? "the time since the first event" : column < category ? Columns[MarkColumn].Name
            : Columns[ObservedCount + column - category].Name;
    }

    /// <summary>The mark of an event; NaN: it is missing.</summary>
    public double Mark(ReadOnlySpan<double> values) => !HasMark || values[MarkColumn] >= Task.Marks.Count ? double.NaN : values[MarkColumn];

    /// <summary>A wait as users read it.</summary>
    public TimeSpan Span(double wait)
    {
        double ticks = wait * unit;
        return ticks < long.MaxValue ? new((long)ticks) : TimeSpan.MaxValue;
    }

    /// <summary>A user's wait in the task's unit.</summary>
    public double Units(TimeSpan wait) => wait.Ticks / unit;

    /// <summary>Writes a token.</summary>
    /// <param name="values">The values of the event's record.</param>
    /// <param name="before">Ticks since the event before it; null: there is none.</param>
    /// <param name="since">Ticks since the first event.</param>
    /// <param name="token">[InputWidth], overwritten.</param>
    public void WriteToken(ReadOnlySpan<double> values, long? before, long since, Span<float> token)
    {
        token[0] = before is { } ticks ? (float)Math.Log(Wait(ticks)) : float.NaN;
        for (int i = 0; i < ObservedCount; i++)
        {
            token[1 + i] = (float)values[i];
        }
        int at = 1 + ObservedCount;
        if (Task.EncodesTime)
        {
            token[at++] = (float)(since / unit);
        }
        if (HasMark)
        {
            token[at++] = (float)values[MarkColumn];
        }
        for (int i = 0; i < CategoryCount; i++)
        {
            token[at++] = (float)values[ObservedCount + i];
        }
    }

    /// <summary>What outputs say of the wait.</summary>
    public LogNormalMixturePrediction Wait(ReadOnlySpan<float> outputs) =>
        new(outputs.Slice(Description.Heads[0].OutputOffset, Description.Heads[0].OutputWidth));

    /// <summary>What outputs say of the mark.</summary>
    public CategoricalPrediction Mark(ReadOnlySpan<float> outputs) =>
        new(outputs.Slice(Description.Heads[1].OutputOffset, Description.Heads[1].OutputWidth));
}
