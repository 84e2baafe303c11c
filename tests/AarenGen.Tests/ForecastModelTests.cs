using AarenGen.Serialization;
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
            Assert.Equal(outputs[^LoadForecaster.OutputWidth..], states[s.Key].Forecasts().Core.Outputs.ToArray());
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

        int minute = 60;
        Assert.Equal(0, Allocations.Min(() =>
        {
            for (int i = 0; i < 300; i++)
            {
                model.Step(state, At(minute += 5, i));
            }
        }));

        static Pulse At(int minute, double count) => new(12345, Begin.UtcDateTime.AddMinutes(minute), count);
    }

    [Fact]
    public void Records_that_a_model_cannot_take_are_named_by_trainings_and_backtests()
    {
        TrainingOptions one = new() { Epochs = 1, BatchSize = 4, Threads = 2 };
        MeterReading[] records = [.. Wave("a", 120, 300)], wrong = [.. records];
        wrong[^2] = wrong[^2] with { Load = 1e30f };
        DateTimeOffset from = Begin.AddHours(96);
        LoadForecaster model = LoadForecaster.Create(1);
        model.Fit(records, new() { ValidateUntil = from, Training = one });
        // Where statistics are known, all records are checked before anything else.
        foreach (Action call in (Action[])[() => model.Fit(wrong), () => model.Backtest(wrong, new() { From = from })])
        {
            Assert.StartsWith(
                "The record of the series 'a' at 2025-03-24 22:00:00Z makes Load 1.00000002E+30;",
                Assert.Throws<RecordException>(call).Message, StringComparison.Ordinal);
        }
        // Where they are not, a number of the part for validation may be too far from those of the part for training.
        Assert.StartsWith(
            "The interval of the series 'a' at 2025-03-24 22:00:00Z: Load (column 0) of the token holds 1E+30;",
            Assert.Throws<ArgumentException>(() => LoadForecaster.Create(1).Fit(wrong)).Message, StringComparison.Ordinal);
        // Models that are trained anew have statistics of their own.
        MeterReading[] large = [.. records.Select(static r => r with { Load = r.Load * 1e18f })];
        LoadForecaster wide = LoadForecaster.Create(1);
        wide.Fit(large, new() { Training = one });
        wrong[^2] = wrong[^2] with { Load = 1e19f };
        Assert.NotNull(wide.Backtest(wrong, new() { From = from }));
        RecordException e = Assert.Throws<RecordException>(
            () => wide.Backtest(wrong, new() { From = from, RefitEvery = 12 }, new() { Training = one }));
        Assert.StartsWith(
            "The interval of the series 'a' at 2025-03-24 22:00:00Z makes Load 9.99999998E+18;", e.Message, StringComparison.Ordinal);
        Assert.Contains("CheckpointPath", Assert.Throws<ArgumentException>(() => model.Backtest(
            records, new() { From = from, RefitEvery = 12 }, new() { Training = one with { CheckpointPath = "file" } })).Message,
            StringComparison.Ordinal);
        // Two values that are finite as floats, and a sum that is not.
        Pulse[] pulses = [.. Enumerable.Range(0, 100).Select(
            static i => new Pulse(7, Begin.UtcDateTime.AddMinutes(5 * i), i is 48 or 49 ? 3e38 : 1))];
        Assert.StartsWith(
            "The interval of the series '7' at 2025-03-20 04:00:00Z makes Count 6E+38;",
            Assert.Throws<RecordException>(() => PulseForecaster.Create(1).Fit(pulses)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_task_may_tell_its_layers_what_is_missing()
    {
        // A target, an observed value and four of the weather; the category; and behind them what is missing.
        Assert.Equal([new(0, 6, 0, 1, MissingValues.MeanWithIndicator, 7)], IndicatingMeters.Description.Tokens.Missing);
        // The wait has one anyway; the amount, the time of no encoding, the mark and a category.
        Assert.Equal(
            [new(0, 1, 0, 1, MissingValues.MeanWithIndicator, 4), new(1, 1, 0, 1, MissingValues.MeanWithIndicator, 5)],
            IndicatingVisits.Description.Tokens.Missing);
        Assert.Equal([new(0, 1, 0, 1, MissingValues.MeanWithIndicator, 2)], IndicatingStrokes.Description.Tokens.Missing);
        Assert.Equal([new(0, 6, 0, 1, MissingValues.CarryForward, 0)], PointMeters.Description.Tokens.Missing);

        MeterReading[] records = [.. Wave("a", 160, 300).Select(static (r, i) => i % 7 == 3 ? r with { Load = null } : r)];
        IndicatingMeters model = IndicatingMeters.Create(1);
        model.Fit(records, new() { Training = new() { Epochs = 2, BatchSize = 4, Threads = 2 } });
        // The model has no memory but for what is carried forward, so the value before a missing one tells nothing.
        float[] first = After(1, null), second = After(500, null);
        Assert.Equal(first, second);
        Assert.All(first, static v => Assert.True(float.IsFinite(v)));
        // The mean in its place is not the same as the mean itself.
        Assert.NotEqual(first, After(1, (float)model.Statistics!.Tokens[0].Center));

        float[] After(float load, float? next)
        {
            SeriesState<IndicatingMeters> state = model.CreateSeriesState("a");
            MeterReading[] two = [.. Wave("a", 2, 300)];
            Assert.NotNull(model.Step(state, two[0] with { Load = load }, []));
            Assert.NotNull(model.Step(state, two[1] with { Load = next }, []));
            return state.Core.Outputs.ToArray();
        }
    }

    [Fact]
    public unsafe void A_backtest_tells_that_the_model_was_trained_on_its_records()
    {
        const string notice = "The model was trained on what it is tested on";
        TrainingOptions one = new() { Epochs = 1, BatchSize = 4, Threads = 2 };
        MeterReading[] records = [.. Wave("a", 120, 300), .. Wave("b", 100, 80)];
        DateTimeOffset from = Begin.AddHours(96);
        LoadForecaster model = LoadForecaster.Create(1);
        Assert.Null(model.FittedUntil);
        Assert.DoesNotContain(Notices(), static n => n.StartsWith(notice, StringComparison.Ordinal));
        model.Fit(records, new() { ValidateUntil = from, Training = one });
        Assert.Equal(from, model.FittedUntil);
        Assert.DoesNotContain(Notices(), static n => n.StartsWith(notice, StringComparison.Ordinal));
        // What is not used for validation is not used.
        model.Fit(records, new() { ValidationFraction = 0, ValidateUntil = Begin.AddHours(60), Training = one });
        Assert.Equal(from, model.FittedUntil);
        model.Fit(records, new() { TrainUntil = Begin.AddHours(97), Training = one });
        Assert.Equal(Begin.AddHours(120), model.FittedUntil);
        Assert.StartsWith(notice, Notices()[0], StringComparison.Ordinal);
        Assert.Contains("up to 2025-03-25 00:00Z, and the test begins at 2025-03-24 00:00Z", Notices()[0], StringComparison.Ordinal);

        using MemoryStream saved = new(), compiled = new();
        model.Save(saved);
        saved.Position = 0;
        Assert.Equal(model.FittedUntil, LoadForecaster.Load(saved).FittedUntil);
        model.SaveCompiled(compiled);
        fixed (byte* memory = compiled.ToArray())
        {
            using var resource = new UnmanagedMemoryStream(memory, compiled.Length);
            Assert.Equal(model.FittedUntil, LoadForecaster.LoadEmbedded(resource, "file").FittedUntil);
        }
        Assert.Contains("fitted_until", Assert.Throws<ModelFileException>(static () => ModelNotes.Read(
            null, new Dictionary<string, string> { ["aarengen.fitted_until"] = "yesterday" }, UserMetadata.None)).Message,
            StringComparison.Ordinal);
        // A training that was stopped leaves weights of the records, too.
        LoadForecaster stopped = LoadForecaster.Create(1);
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => stopped.Fit(
            records, new() { Training = one with { Epochs = 9 } }, new Stopping(stop), stop.Token));
        Assert.Equal(Begin.AddHours(120), stopped.FittedUntil);
        LoadForecaster failed = LoadForecaster.Create(1);
        Assert.Throws<IOException>(() => failed.Fit(records, new() { Training = one }, new Failing()));
        Assert.Equal(Begin.AddHours(120), failed.FittedUntil);
        // One that never began leaves none.
        LoadForecaster refused = LoadForecaster.Create(1);
        Assert.Throws<OperationCanceledException>(() => refused.Fit(records, new() { Training = one }, null, stop.Token));
        Assert.Null(refused.FittedUntil);
        Assert.ThrowsAny<ArgumentException>(() => refused.Fit(records, new() { Training = one with { BatchSize = 0 } }));
        Assert.Null(refused.FittedUntil);

        IReadOnlyList<string> Notices() => model.Backtest(records, new() { From = from }).Notices;
    }

    private sealed class Failing : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => throw new IOException("The disk is full.");
    }

    private sealed class Stopping(CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => source.Cancel();
    }

    /// <summary>Three values come between two forecasts, each scored by its step of the one before, in a backtest and live.</summary>
    [Fact]
    public void A_threshold_of_a_backtest_finds_the_same_anomalies_live_with_patches()
    {
        // The first of three values.
        const int count = 1500, first = 1001;
        var random = new Random(3);
        // A spike after every 37th interval, which is no multiple of the stride, and a value that is missing before each.
        Pulse[] pulses = [.. Enumerable.Range(0, count).Select(i => new Pulse(7, Begin.UtcDateTime.AddMinutes(15 * i), Value(i)))];
        PatchedForecaster model = PatchedForecaster.Create(1);
        DateTimeOffset from = Begin.AddMinutes(15 * first);
        model.Fit(pulses, new() { ValidateUntil = from, Training = new() { Epochs = 2, BatchSize = 8, Threads = 2 } });
        AnomalyReport anomalies = model.Backtest(pulses, new() { From = from, ReferenceFraction = 0.5 }).Anomalies!;
        // Every value that is there is scored, whatever the stride.
        Assert.Equal(Enumerable.Range(first, count - first).Count(static i => i % 37 != 36), anomalies.Count);
        Assert.Equal(Enumerable.Range(first - first / 2 + 1, first / 2 - 1).Count(static i => i % 37 != 36), anomalies.ReferenceCount);
        Assert.InRange(anomalies.AlarmCount, 10, 100);

        SeriesState<PatchedForecaster> state = model.CreateSeriesState("7");
        List<(DateTimeOffset Output, DateTimeOffset Time, double Score)> live = [];
        foreach (Pulse pulse in pulses)
        {
            if (model.Step(state, pulse) is { } forecast && forecast.Count.AnomalyTime is { } time && time >= from)
            {
                live.Add((forecast.Origin, time, forecast.Count.Anomaly));
            }
        }
        Assert.InRange(live.Count, (count - first) / 3 - 2, (count - first) / 3 + 1);
        Assert.All(live, static v => Assert.InRange((v.Output - v.Time).TotalMinutes, 0, 30));
        // The most unusual of the three values is told; what is above the threshold in the backtest is so live.
        DateTimeOffset last = live[^1].Output;
        Assert.Equal(
            anomalies.Alarms.Where(a => a.Time <= last).GroupBy(a => live.First(v => v.Output >= a.Time).Output)
                .Select(static group => group.MaxBy(static a => a.Score)!).Select(static a => (a.Time, Math.Round(a.Score, 9))),
            live.Where(v => v.Score > anomalies.Threshold).Select(static v => (v.Time, Math.Round(v.Score, 9))));

        double Value(int i) => i % 37 == 36 ? double.NaN : 100 + 10 * random.NextDouble() + (i > first && i % 37 == 0 ? 40 : 0);
    }

    internal static IEnumerable<MeterReading> Wave(string sensor, int count, float level) => Enumerable.Range(0, count)
        .Where(static i => i % 50 is < 20 or > 23).Select(i => new MeterReading
        {
            Sensor = sensor, Time = Begin.AddHours(i), Load = i % 31 == 0 ? null : level * (2 + MathF.Sin(i * MathF.Tau / 24)),
            Humidity = i % 7, OutdoorForecast = i % 11, Site = (MeterSite)(i / 100 % 2),
        });
}
