namespace AarenGen.Fuzzing;

/// <summary>Saved states of a series of events.</summary>
internal sealed class EventSeriesTarget : SavedSeriesTarget<EventModel>
{
    private static readonly EventModel model = CreateModel();
    private static readonly DateTimeOffset begin = new(2025, 3, 29, 20, 0, 0, TimeSpan.Zero);

    public override string Name => "event-series";

    protected override SeriesState<EventModel> Create(int records)
    {
        SeriesState<EventModel> state = model.CreateSeriesState("a");
        for (int i = 0; i < records; i++)
        {
            model.Step(state, Event(begin.AddSeconds(70 * (i / 2)), i));
        }
        return state;
    }

    protected override void Continue(SeriesState<EventModel> state)
    {
        if (model.GetNextEvent(state) is { } last)
        {
            Read(last);
        }
        DateTimeOffset next = state.LastTime ?? begin;
        for (int i = 0; i < 6; i++)
        {
            DateTimeOffset time = next <= DateTimeOffset.MaxValue.AddMinutes(-10) ? next.AddSeconds(50 * i) : next;
            Read(model.Step(state, Event(time, i)));
        }
    }

    private static void Read(EventModel.NextEvent next)
    {
        _ = next.Time;
        _ = next.Anomaly + next.Wait.Density(TimeSpan.FromSeconds(3)) + next.Mark.Probability(FuzzSite.South);
        _ = next.Wait.Quantile(0.9) > next.Wait.Median;
        _ = next.Wait.ProbabilityWithin(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2));
    }

    private static FuzzEvent Event(DateTimeOffset time, int i) => new()
    {
        Sensor = "a", Time = time, Load = i % 4 == 3 ? null : i, IsOn = i % 2 == 0,
        Site = (i % 3) switch { 0 => FuzzSite.North, 1 => FuzzSite.South, _ => null },
    };
}
