using AarenGen.Tests.Models;

namespace AarenGen.Tests.Backtesting;

/// <summary>Backtests of generated models, against what their own steps say.</summary>
public sealed class ModelBacktestTests
{
    private const int Horizon = 3, From = 200, Hours = 300;

    private static readonly DateTimeOffset Begin = TestSeries.Start;
    private static readonly MeterReading[] Records = [.. Wave("a", 0, Hours, 30).Concat(Wave("b", 40, 240, 8)).OrderBy(static r => r.Time)];

    private static readonly ForecastTrainingOptions Training = new()
    {
        ValidateUntil = At(From), WindowLength = 48, Training = new() { Epochs = 4, BatchSize = 4, LearningRate = 1e-2, Threads = 2 },
    };

    /// <summary>What a step of a model says of its next intervals, of which these values will come.</summary>
    private delegate Said[] Forecaster<TModel>(
        TModel model, SeriesState<TModel> state, MeterReading record, ReadOnlySpan<MeterReading> ahead, double[] truths)
        where TModel : SequenceModel<TModel>, IModelDefinition<TModel>;

    [Fact]
    public void Scores_of_quantiles_are_those_of_the_models_steps() => Check<QuantileMeters, QuantileMeters.Forecast>(
        static (model, state, record, ahead, truths) => Say(model.Step(state, record, ahead)!.Value.Load, truths, hasDensity: false));

    [Fact]
    public void Scores_of_a_gaussian_are_those_of_the_models_steps() => Check<GaussianMeters, GaussianMeters.Forecast>(
        static (model, state, record, ahead, truths) => Say(model.Step(state, record, ahead)!.Value.Load, truths, hasDensity: true));

    [Fact]
    public void Scores_of_values_are_those_of_the_models_steps()
    {
        BacktestReport report = Check<PointMeters, PointMeters.Forecast>(
            static (model, state, record, ahead, _) =>
            {
                PredictedValues load = model.Step(state, record, ahead)!.Value.Load;
                return [new(load[0], [], 0, 0), new(load[1], [], 0, 0), new(load[2], [], 0, 0)];
            });
        Assert.Null(report.Anomalies);
        Assert.Empty(report.Levels);
        Assert.Null(report.Overall.PinballLoss);
        Assert.InRange(report.Overall.ConformalInterval.Coverage, 0.6, 1);
    }

    [Fact]
    public void New_models_are_trained_on_the_past_alone()
    {
        const int every = 30, changed = 260;
        BacktestOptions options = new() { From = At(From), RefitEvery = every };
        QuantileMeters model = QuantileMeters.Create(1);
        model.Fit(Records, Training);
        BacktestReport report = model.Backtest(Records, options, Training);
        Assert.Equal(3, report.Refits);
        // What is scored here of each interval: one period an interval.
        Assert.Equal(Hours - From, report.Periods.Count);

        // Whatever comes from an hour on, the scores of the hours before it stay: not one model has seen it.
        MeterReading[] other = [.. Records.Select(static r => r.Time < At(changed) ? r : r with { Load = -5 * r.Load, Humidity = 100 })];
        BacktestReport again = model.Backtest(other, options, Training);
        int same = report.Periods.TakeWhile(static p => p.Start < At(changed)).Count();
        Assert.Equal(changed - From, same);
        for (int i = 0; i < same; i++)
        {
            // An anomaly of one interval is scored with it, as are its errors.
            Assert.Equal(report.Periods[i], again.Periods[i]);
        }
        Assert.All(
            report.Periods.Zip(again.Periods).Skip(same).Where(static p => p.First.Count > 0),
            static p => Assert.NotEqual(p.First.Error, p.Second.Error));

        // A new model is what Fit gives on the records before its intervals; before them it forecasts nothing.
        QuantileMeters second = QuantileMeters.Create(0);
        second.Fit(Records, Training with { ValidateUntil = At(From + every) });
        BacktestReport of = second.Backtest(Records, new() { From = At(From) });
        BacktestReport never = model.Backtest(Records, new() { From = At(From) });
        for (int hour = From; hour < From + 2 * every; hour++)
        {
            double error = report.Periods[hour - From].Error;
            if (report.Periods[hour - From].Count == 0)
            {
                continue;
            }
            if (hour < From + every)
            {
                Assert.Equal(never.Periods[hour - From].Error, error);
            }
            else if (hour >= From + every + Horizon - 1)
            {
                // Forecasts of the hours between come from both models.
                Assert.Equal(of.Periods[hour - From].Error, error);
                Assert.NotEqual(never.Periods[hour - From].Error, error);
            }
        }
    }

    [Fact]
    public void Conformal_intervals_and_anomalies_are_filled()
    {
        GaussianMeters model = GaussianMeters.Create(1);
        MeterReading[] records = [.. Records.Select(static r => r.Sensor == "a" && r.Time == At(250) ? r with { Load = 1e4f } : r)];
        model.Fit(records, Training);
        BacktestReport report = model.Backtest(
            records, new() { From = At(From), ReferenceFraction = 0.8, AlarmsPerDay = 0.5 });
        ForecastScores scores = report.Overall;
        Assert.Equal(scores.Model.Count, scores.ConformalInterval.Count);
        Assert.InRange(scores.ConformalInterval.Coverage, 0.65, 0.97);
        Assert.Equal(scores.ConformalInterval.Count, scores.RawInterval!.Count);
        AnomalyReport anomalies = report.Anomalies!;
        Assert.True(anomalies.ReferenceCount >= 100);
        Assert.True(double.IsFinite(anomalies.Threshold));
        // Each known value of the test has a score, by the forecast of the hour before it.
        Assert.Equal(records.Count(static r => r.Time >= At(From) && r.Load is not null), anomalies.Count);
        Anomaly planted = Assert.Single(anomalies.Alarms, static a => a.Series == "a" && a.Time == At(250));
        Assert.Equal(1e4, planted.Truth);
        Assert.Equal(anomalies.Alarms.Max(static a => a.Score), planted.Score);
        Assert.All(anomalies.Alarms, a => Assert.True(report.IsAlarm(a.Score)));
        Assert.True(report.IsAlarm(double.PositiveInfinity));
        Assert.False(report.IsAlarm(anomalies.Threshold) || report.IsAlarm(0) || report.IsAlarm(double.NaN));
        Assert.Equal(report.ToJson(), BacktestReport.FromJson(report.ToJson()).ToJson());
    }

    /// <summary>What docs/backtesting.md advises where single readings are wrong.</summary>
    [Fact]
    public void A_wrong_value_is_taken_back_by_the_state_before_it()
    {
        GaussianMeters model = GaussianMeters.Create(1);
        model.Fit(Records, Training);
        BacktestReport report = model.Backtest(Records, new() { From = At(From), ReferenceFraction = 0.8, AlarmsPerDay = 0.1 });
        SeriesState<GaussianMeters> state = model.CreateSeriesState("a"), before = model.CreateSeriesState("a");
        SeriesState<GaussianMeters> spoiled = model.CreateSeriesState("a"), without = model.CreateSeriesState("a");
        int taken = 0;
        foreach (MeterReading reading in Records.Where(static r => r.Sensor == "a" && r.Time < At(60)))
        {
            bool isWrong = reading.Time == At(50);
            MeterReading read = isWrong ? reading with { Load = 1e4f } : reading;
            state.CopyTo(before);
            double score = model.Step(state, read, [])!.Value.Load.Anomaly;
            Assert.True(!isWrong || report.IsAlarm(score), $"{score}");
            if (isWrong)
            {
                before.CopyTo(state);
                model.Step(state, read with { Load = null }, []);
                taken++;
            }
            model.Step(spoiled, read, []);
            model.Step(without, isWrong ? reading with { Load = null } : reading, []);
            Assert.Equal(without.Core.Outputs, state.Core.Outputs);
            Assert.Equal(taken > 0, !spoiled.Core.Outputs.SequenceEqual(state.Core.Outputs));
        }
        Assert.Equal(1, taken);
    }

    [Fact]
    public void Progress_is_reported_and_cancellation_ends_a_backtest()
    {
        QuantileMeters model = QuantileMeters.Create(1);
        var seen = new Listener();
        model.Backtest(Records, Options, progress: seen);
        Assert.Equal((BacktestProgress[])[new(1, 2), new(2, 2)], seen.Reports);

        using var source = new CancellationTokenSource();
        seen = new() { OnReport = source.Cancel };
        Assert.Throws<OperationCanceledException>(
            () => model.Backtest(Records, Options, progress: seen, cancellationToken: source.Token));
        Assert.Equal((BacktestProgress[])[new(1, 2)], seen.Reports);
        Assert.Throws<OperationCanceledException>(() => model.Backtest(
            Records, Options with { RefitEvery = 10 }, Training, cancellationToken: new(canceled: true)));
    }

    [Fact]
    public void Mistakes_are_named()
    {
        QuantileMeters model = QuantileMeters.Create(1);
        Assert.Throws<ArgumentNullException>(() => model.Backtest(null!, Options));
        Assert.Throws<ArgumentNullException>(() => model.Backtest(Records, null!));
        Reject<ArgumentException>([], Options, null, "no records");
        Reject<ArgumentException>(Records, new() { From = At(Hours) }, null, "Nothing can be scored");
        Reject<ArgumentException>(Records, new() { From = At(5_000) }, null, "Nothing can be scored");
        Reject<ArgumentException>(Records, new() { From = At(From), To = At(From) }, null, "before it begins");
        Reject<ArgumentException>(
            [.. Records.Select(static r => r.Time < At(From) ? r : r with { Load = null })], Options, null, "missing");
        // Nothing lies before a model that is to be trained anew.
        Reject<ArgumentException>(
            [.. Records.Where(static r => r.Time >= At(From))], new() { From = At(From), RefitEvery = 1 }, null, "training");
        Reject<ArgumentOutOfRangeException>(Records, Options, new() { ValidationFraction = 1 }, "ValidationFraction");
        Reject<ArgumentOutOfRangeException>(Records, Options, new() { WindowLength = 0 }, "WindowLength");
        Reject<ArgumentOutOfRangeException>(Records, Options, new() { Stride = 0 }, "Stride");
        Assert.Throws<ArgumentOutOfRangeException>(() => Options with { RefitEvery = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => Options with { Season = 0 });
        Reject<RecordException>([Records[^1], Records[0]], Options, null, "OrderBy");

        void Reject<T>(MeterReading[] records, BacktestOptions options, ForecastTrainingOptions? refit, string message)
            where T : Exception =>
            Assert.Contains(message, Assert.Throws<T>(() => model.Backtest(records, options, refit)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_test_of_everything_and_a_season_that_never_ends_have_no_scale()
    {
        QuantileMeters model = QuantileMeters.Create(1);
        BacktestReport all = model.Backtest(Records, new() { From = At(-1000) });
        // From each interval but the last of a series.
        Assert.Equal(Hours - 1 + 240 - 1, all.Origins);
        Assert.True(double.IsNaN(all.Overall.Model.MeanAbsoluteScaledError));
        Assert.Contains(all.Notices, static n => n.Contains("MASE", StringComparison.Ordinal));
        BacktestReport report = model.Backtest(Records, Options with { Season = Hours });
        Assert.True(double.IsNaN(report.Overall.Model.MeanAbsoluteScaledError));
        Assert.Equal(Hours, report.Season);
        // The season's forecast is the last value, as long as no season has passed.
        Assert.Equal(report.Overall.Baselines[0].Scores, report.Overall.Baselines[1].Scores);
        foreach (int season in (int[])[Hours + 1, int.MaxValue])
        {
            ArgumentException e = Assert.Throws<ArgumentException>(() => model.Backtest(Records, Options with { Season = season }));
            Assert.StartsWith($"Season is {season} intervals, more than any series has", e.Message, StringComparison.Ordinal);
        }
    }

    private static BacktestOptions Options => new() { From = At(From) };

    private static DateTimeOffset At(int hour) => Begin.AddHours(hour);

    private static Said[] Say(PredictedSeries load, double[] truths, bool hasDensity)
    {
        var said = new Said[Horizon];
        for (int step = 0; step < Horizon; step++)
        {
            PredictedDistribution d = load[step];
            said[step] = new(
                d.Median, [d.Quantile(0.1), d.Quantile(0.5), d.Quantile(0.9)], d.RankedProbabilityScore(truths[step]),
                hasDensity ? d.LogDensity(truths[step]) : double.NaN);
        }
        return said;
    }

    /// <summary>Trains a model, steps it through all records, and computes from its words what its backtest says.</summary>
    private static BacktestReport Check<TModel, TForecast>(Forecaster<TModel> forecaster)
        where TModel : ForecastModel<TModel, MeterReading, TForecast>, IModelDefinition<TModel>, IRecordBinding<MeterReading>,
            IForecastDefinition<TForecast>
        where TForecast : struct
    {
        TModel model = SequenceModel<TModel>.Create(1);
        model.Fit(Records, Training);
        SeriesStateCollection<TModel> states = model.CreateSeriesStates();
        BacktestReport report = model.Backtest(Records, Options);
        double[] levels = [0.1, 0.5, 0.9];
        var errors = new List<double>[Horizon];
        List<double> scaled = [], pinball = [], crps = [], likelihood = [], naive = [], seasonal = [];
        int inside = 0, origins = 0;
        for (int step = 0; step < Horizon; step++)
        {
            errors[step] = [];
        }
        foreach (IGrouping<string, MeterReading> series in Records.GroupBy(static r => r.Sensor))
        {
            MeterReading[] own = [.. series];
            double[] loads = [.. own.Select(static r => r.Load ?? double.NaN)];
            int from = own.Count(static r => r.Time < At(From));
            double scale = Enumerable.Range(24, from - 24).Select(t => Math.Abs(loads[t] - loads[t - 24])).Where(double.IsFinite).Average();
            for (int t = 0; t < own.Length; t++)
            {
                int ahead = Math.Min(Horizon, own.Length - 1 - t);
                double[] truths = [.. Enumerable.Range(t + 1, Horizon).Select(i => i < own.Length ? loads[i] : double.NaN)];
                Said[] said = forecaster(model, states[own[t].Sensor], own[t], own.AsSpan(t + 1, ahead), truths);
                if (t < from - 1 || ahead == 0)
                {
                    continue;
                }
                origins++;
                double last = loads[..(t + 1)].Last(double.IsFinite);
                for (int step = 0; step < ahead; step++)
                {
                    double truth = truths[step];
                    if (double.IsNaN(truth))
                    {
                        continue;
                    }
                    errors[step].Add(said[step].Value - truth);
                    scaled.Add(Math.Abs(said[step].Value - truth) / scale);
                    naive.Add(Math.Abs(last - truth));
                    // The last known value at this place of the season.
                    double before = Enumerable.Range(1, 10).Select(d => t + 1 + step - 24 * d).Where(i => i >= 0).Select(i => loads[i])
                        .First(double.IsFinite);
                    seasonal.Add(Math.Abs(before - truth));
                    if (said[step].Quantiles is [var low, _, var high] quantiles)
                    {
                        pinball.AddRange(quantiles.Zip(levels, (q, level) => Math.Max(level * (truth - q), (level - 1) * (truth - q))));
                        crps.Add(said[step].Score);
                        likelihood.Add(said[step].LogDensity);
                        inside += truth >= low && truth <= high ? 1 : 0;
                    }
                }
            }
        }
        double[] all = [.. errors.SelectMany(static e => e)];
        ForecastScores scores = report.Overall;
        Assert.Equal(origins, report.Origins);
        Assert.Equal(all.Length, scores.Model.Count);
        Same(all.Average(Math.Abs), scores.Model.MeanAbsoluteError);
        Same(Math.Sqrt(all.Average(static e => e * e)), scores.Model.RootMeanSquaredError);
        Assert.Equal(all.Average(), scores.Model.MeanError, 1e-9 * all.Average(Math.Abs));
        Same(scaled.Average(), scores.Model.MeanAbsoluteScaledError);
        Same(naive.Average(), scores.Baselines[0].Scores.MeanAbsoluteError);
        Same(seasonal.Average(), scores.Baselines[1].Scores.MeanAbsoluteError);
        TargetReport target = Assert.Single(report.Targets);
        Assert.Equal("Load", target.Name);
        for (int step = 0; step < Horizon; step++)
        {
            Assert.Equal(errors[step].Count, target.Steps[step].Model.Count);
            Same(errors[step].Average(Math.Abs), target.Steps[step].Model.MeanAbsoluteError);
        }
        if (pinball.Count > 0)
        {
            Same(pinball.Average(), scores.PinballLoss!.Value);
            Same(crps.Average(), scores.RankedProbabilityScore!.Value);
            Assert.Equal(all.Length, Assert.Single(scores.Intervals).Count);
            Same(inside / (double)all.Length, scores.Intervals[0].Coverage);
        }
        if (scores.LogLikelihood is { } log)
        {
            Assert.Equal(likelihood.Average(), log, 1e-9 * likelihood.Average(Math.Abs));
        }
        return report;

        // Sums of at most a thousand doubles in another order.
        static void Same(double expected, double actual) => Assert.Equal(expected, actual, 1e-11 * Math.Abs(expected));
    }

    private static MeterReading[] Wave(string sensor, int first, int count, float level)
    {
        var random = new Random(first);
        return [.. Enumerable.Range(first, count).Select(i => new MeterReading
        {
            Sensor = sensor, Time = At(i), Humidity = i % 7, OutdoorForecast = i % 11, Site = (MeterSite)(i / 100 % 2),
            Load = i % 31 == 5 ? null : level * (float)(2 + Math.Sin(i * Math.Tau / 24) + 0.1 * TestSeries.Normal(random)),
        })];
    }

    /// <summary>What is forecast of an interval, and how well it fits what comes.</summary>
    private sealed record Said(double Value, double[] Quantiles, double Score, double LogDensity);

    private sealed class Listener : IProgress<BacktestProgress>
    {
        public List<BacktestProgress> Reports { get; } = [];

        public Action? OnReport { get; init; }

        public void Report(BacktestProgress value)
        {
            Reports.Add(value);
            OnReport?.Invoke();
        }
    }
}
