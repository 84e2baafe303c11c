namespace AarenGen;

/// <summary>A piece of a series of events.</summary>
/// <param name="Series">The series.</param>
/// <param name="First">Its first event.</param>
/// <param name="Length">Its tokens; there is an event behind the last.</param>
/// <param name="ScoredFrom">Events before this one are history: their tokens have the weight 0.</param>
internal readonly record struct EventWindow(RecordSequence Series, int First, int Length, int ScoredFrom);

/// <summary>Windows of series of events. Thread-safe.</summary>
internal sealed class EventSequences(EventLayout layout, IReadOnlyList<EventWindow> windows) : SequenceData
{
    public override int Count => windows.Count;

    public override int TokenWidth => layout.Description.InputWidth;

    public override int TargetWidth => layout.Description.TargetWidth;

    /// <summary>The events whose waits and marks are scored.</summary>
    public long TargetCount => windows.Sum(static w => (long)w.First + w.Length - Math.Max(w.First, w.ScoredFrom));

    /// <summary>When the last event is that is a token or a target, in ticks of UTC; 0 where there is none.</summary>
    public long LastTime => windows.Select(static w => w.Series.Times[w.First + w.Length]).DefaultIfEmpty().Max();

    public override int GetLength(int index) => windows[index].Length;

    public override string? GetSeries(int index) => layout.StatisticsOf(windows[index].Series.Key);

    internal override string Locate(int index, int token) => windows[index].Series.Where(windows[index].First + token);

    internal override string ColumnName(int column) => $"{layout.NameOf(column)} ({base.ColumnName(column)})";

    public override void ReadTokens(int index, Span<float> tokens) => ReadTokens(index, 0, tokens);

    public override void ReadTokens(int index, int first, Span<float> tokens)
    {
        RecordSequence series = windows[index].Series;
        ReadOnlySpan<long> times = series.Times;
        for (int i = 0; i * TokenWidth < tokens.Length; i++)
        {
            int at = windows[index].First + first + i;
            layout.WriteToken(
                series.Values(at), at == 0 ? null : times[at] - times[at - 1], times[at] - times[0],
                tokens.Slice(i * TokenWidth, TokenWidth));
        }
    }

    public override float ReadTarget(int index, int token, Span<float> target)
    {
        EventWindow window = windows[index];
        int at = window.First + token;
        ReadOnlySpan<long> times = window.Series.Times;
        target[0] = (float)layout.Wait(times[at + 1] - times[at]);
        if (layout.HasMark)
        {
            target[1] = (float)layout.Mark(window.Series.Values(at + 1));
        }
        return at < window.ScoredFrom ? 0 : 1;
    }

    /// <summary>Divides series by time into a part for training and one for validation; null: none.</summary>
    public static (EventSequences Train, EventSequences? Validation) Divide(
        EventLayout layout, IReadOnlyList<RecordSequence> series, EventTrainingOptions options)
    {
        long end = options.ValidateUntil?.UtcTicks ?? long.MaxValue;
        bool isValidated = options.TrainUntil is not null || options.ValidationFraction > 0;
        long cut = options.TrainUntil is { } until ? until.UtcTicks
            : isValidated ? CutOf(series, options.ValidationFraction, end) : end;
        List<EventWindow> train = [], validation = [];
        foreach (RecordSequence s in series)
        {
            int trained = s.CountBefore(cut);
            Cut(train, s, 0, trained, options.WindowLength);
            // The event before the part predicts its first one.
            Cut(validation, s, Math.Max(0, trained - 1), s.CountBefore(end), options.WindowLength);
        }
        return (new(layout, train), isValidated ? new(layout, validation) : null);
    }

    /// <summary>All events before a moment as one part.</summary>
    public static EventSequences Of(EventLayout layout, IReadOnlyList<RecordSequence> series, EventTrainingOptions options)
    {
        long end = options.ValidateUntil?.UtcTicks ?? long.MaxValue;
        List<EventWindow> windows = [];
        foreach (RecordSequence s in series)
        {
            Cut(windows, s, 0, s.CountBefore(end), options.WindowLength);
        }
        return new(layout, windows);
    }

    /// <summary>Series of two events or more, each whole.</summary>
    public static EventSequences Of(EventLayout layout, IReadOnlyList<RecordSequence> series) =>
        new(layout, [.. series.Select(static s => new EventWindow(s, 0, s.Count - 1, 0))]);

    /// <summary>The time from which on a fraction of all events before the end lies.</summary>
    private static long CutOf(IReadOnlyList<RecordSequence> series, double fraction, long end)
    {
        long[] all = [.. series.SelectMany(s => s.Times[..s.CountBefore(end)].ToArray()).Order()];
        return all.Length == 0 ? end : all[Math.Min(all.Length - 1, (int)(all.Length * (1 - fraction)))];
    }

    /// <summary>
    /// Cuts events into windows. From the second one on, and where scored events do not begin the series, there is a history of half a
    /// window.
    /// </summary>
    /// <param name="windows">Takes them.</param>
    /// <param name="series">The series.</param>
    /// <param name="from">The first event after which something is scored.</param>
    /// <param name="end">The event behind the last one.</param>
    /// <param name="length">Tokens of a window at most.</param>
    private static void Cut(List<EventWindow> windows, RecordSequence series, int from, int end, int length)
    {
        int history = length / 2;
        for (int scored = from; scored < end - 1;)
        {
            int first = Math.Max(0, scored - history), until = Math.Min(first + length, end - 1);
            windows.Add(new(series, first, until - first, scored));
            scored = until;
        }
    }
}
