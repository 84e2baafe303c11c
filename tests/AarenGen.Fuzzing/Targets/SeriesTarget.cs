namespace AarenGen.Fuzzing;

/// <summary>Saved states of a series of a forecast.</summary>
internal sealed class SeriesTarget : SavedSeriesTarget<RecordModel>
{
    private static readonly RecordModel model = CreateModel();
    private static readonly DateTimeOffset begin = new(2025, 3, 29, 20, 0, 0, TimeSpan.Zero);

    public override string Name => "series";

    protected override SeriesState<RecordModel> Create(int records)
    {
        SeriesState<RecordModel> state = model.CreateSeriesState("a");
        for (int i = 0; i < records; i++)
        {
            // Two of three records complete no interval.
            FuzzReading record = Reading(begin.AddMinutes(20 * i), i), ahead = Reading(record.Time.AddHours(2), i);
            model.Step(state, record, [ahead]);
        }
        return state;
    }

    protected override void Continue(SeriesState<RecordModel> state)
    {
        if (model.GetForecast(state) is { } forecast)
        {
            _ = forecast.TimeOf(2);
            _ = forecast.Load.Anomaly + forecast.Load[2].Quantile(0.9);
        }
        DateTimeOffset next = state.LastTime?.AddHours(1) ?? begin;
        for (int i = 0; i < 6; i++)
        {
            try
            {
                FuzzReading record = Reading(next.AddMinutes(30 * i), i);
                model.Step(state, record, [Reading(record.Time.AddHours(2), i)]);
            }
            catch (RecordException)
            {
                // The state stands elsewhere in time, or its sums are too large for one more value.
            }
        }
    }

    private static FuzzReading Reading(DateTimeOffset time, int i) => new()
    {
        Sensor = "a", Time = time, Load = i % 4 == 3 ? null : i, IsOn = i % 2 == 0, Visitors = 3 * i, Plan = i, Site = FuzzSite.South,
    };
}
