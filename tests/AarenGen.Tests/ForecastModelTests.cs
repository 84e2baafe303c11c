using AarenGen.Tests.Models;

namespace AarenGen.Tests;

/// <summary>From records to a forecast, with models as users declare them.</summary>
public sealed class ForecastModelTests
{
    private static readonly DateTimeOffset Begin = new(2025, 3, 20, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_model_is_trained_and_streams_records_of_several_series()
    {
        MeterReading[] records = [.. Wave("a", 700, 300).Concat(Wave("b", 500, 80)).OrderBy(static r => r.Time)];
        LoadForecaster model = LoadForecaster.Create(1);
        ForecastReport report = model.Fit(
            records, new() { WindowLength = 48, Training = new() { Epochs = 8, BatchSize = 4, LearningRate = 1e-2, Threads = 2 } });
        Assert.Equal(2, report.Series.Count);
        Assert.True(report.Errors[0].MeanAbsoluteError < 0.7 * report.Errors[0].LastValueError, report.ToString());

        SeriesStateCollection<LoadForecaster> states = model.CreateSeriesStates();
        var plain = records.GroupBy(static r => r.Sensor).ToDictionary(static g => g.Key, static g => g.ToArray());
        var seen = new Dictionary<string, int> { ["a"] = 0, ["b"] = 0 };
        foreach (MeterReading record in records)
        {
            int next = ++seen[record.Sensor];
            MeterReading[] own = plain[record.Sensor];
            if (model.Step(states[record.Sensor], record, own.AsSpan(next, Math.Min(24, own.Length - next))) is not { } forecast)
            {
                Assert.Fail("Each record is an interval.");
                return;
            }
            Assert.Equal(record.Time, forecast.Origin);
            Assert.Equal(record.Time.AddHours(24), forecast.TimeOf(23));
            Assert.Equal(24, forecast.Load.Count);
            Assert.True(forecast.Load[5].Quantile(0.1) <= forecast.Load[5].Quantile(0.9));
            Assert.Equal(next == 1 || record.Load is null, double.IsNaN(forecast.Load.Anomaly));
        }
        // What a stream forecasts is what the model computes of tokens as training reads them.
        var layout = new ForecastLayout(LoadForecaster.Task, LoadForecaster.Description);
        IReadOnlyList<RegularSeries> series = RecordGrid.Read<MeterReading, LoadForecaster>(records, layout);
        foreach (RegularSeries s in series)
        {
            float[] tokens = ForecastStreamTests.Tokens(layout, s), outputs = new float[s.Rows * LoadForecaster.OutputWidth];
            model.Forward(model.CreateState(), tokens, outputs);
            Assert.Equal(outputs[^LoadForecaster.OutputWidth..], states[s.Key].Core.Outputs.ToArray());
        }
        // A value far from all forecasts is an anomaly, and a restart does not forget the forecast that said so.
        MeterReading odd = plain["a"][^1] with { Time = plain["a"][^1].Time.AddHours(1), Load = 1e6f };
        model.Step(states["a"], odd, []);
        var file = new MemoryStream();
        states.Save(file);
        SeriesStateCollection<LoadForecaster> loaded = model.CreateSeriesStates();
        file.Position = 0;
        loaded.Load(file);
        Assert.True(model.GetForecast(loaded["a"])!.Value.Load.Anomaly > 6);
        Assert.Null(model.GetForecast(loaded["new"]));
        Assert.NotNull(model.Advance(loaded["a"], odd.Time.AddHours(2)));
        Assert.Throws<RecordException>(() => model.Step(loaded["a"], odd, []));
    }

    [Fact]
    public void Several_records_an_interval_are_aggregated_and_closed_by_the_clock()
    {
        PulseForecaster model = PulseForecaster.Create(1);
        SeriesState<PulseForecaster> state = model.CreateSeriesState("12345");
        Assert.Null(model.Step(state, At(0, 2)));
        Assert.Null(model.Step(state, At(14, 3)));
        Assert.Null(model.Advance(state, Begin.AddMinutes(14)));
        Assert.Equal(5, model.Advance(state, Begin.AddMinutes(15)) is null ? 0 : RecordScratch.Own.Token(1)[0]);
        Assert.Null(model.Step(state, At(16, 4)));
        PulseForecaster.Forecast forecast = model.Step(state, At(31, 1))!.Value;
        Assert.Equal(Begin.AddMinutes(15), forecast.Origin);
        Assert.False(double.IsNaN(forecast.Count.Anomaly));
        // Records of an open interval leave a forecast as it is.
        Assert.Null(model.Step(state, At(32, 1)));
        Assert.Equal(Begin.AddMinutes(15), forecast.Origin);
        Assert.NotNull(model.Step(state, At(47, 1)));
        Assert.Throws<InvalidOperationException>(() => forecast.Origin);
        Assert.Throws<RecordException>(() => model.Step(state, At(60, 1) with { Meter = 6 }));

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 300; i++)
        {
            model.Step(state, At(60 + 5 * i, i));
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static Pulse At(int minute, double count) => new(12345, Begin.UtcDateTime.AddMinutes(minute), count);
    }

    private static IEnumerable<MeterReading> Wave(string sensor, int count, float level) => Enumerable.Range(0, count)
        .Where(static i => i % 50 is < 20 or > 23).Select(i => new MeterReading
        {
            Sensor = sensor, Time = Begin.AddHours(i), Load = i % 31 == 0 ? null : level * (2 + MathF.Sin(i * MathF.Tau / 24)),
            Humidity = i % 7, OutdoorForecast = i % 11, Site = (MeterSite)(i / 100 % 2),
        });
}
