using System.Globalization;
using System.Text.Json;
using static AarenGen.Tests.Backtesting.TestSeries;

namespace AarenGen.Tests.Backtesting;

/// <summary>Backtests against loops that follow the definitions, over all origins, targets and steps.</summary>
public sealed class BacktestTests
{
    private const int Horizon = 5, From = 120;

    [Fact]
    public void Scores_are_those_of_all_origins_one_by_one()
    {
        RegularSeries[] series = SeriesOfRandomLengths();
        var forecaster = new GaussianForecaster(2, Horizon, Forecast, Deviation, warmUp: 3);
        BacktestReport report = BacktestEngine.Run("test", forecaster, series, new() { From = Start.AddHours(From) });
        // After the last row nothing comes that a forecast could be compared with.
        Assert.Equal(series.Sum(static s => s.Rows - 1), forecaster.Steps);
        Assert.Equal((24, "1h", series.Length, 0), (report.Season, report.Grid, report.SeriesCount, report.Refits));
        Assert.Equal(Start.AddHours(From), report.From);
        var all = new List<Scored>();
        for (int target = 0; target < 2; target++)
        {
            for (int step = 0; step < Horizon; step++)
            {
                Scored[] scored = [.. series.SelectMany(s => Reference(s, target, step))];
                all.AddRange(scored);
                AssertScores(scored, report.Targets[target].Steps[step], Deviation(step));
            }
            AssertPoints([.. all.Where(s => s.Target == target)], report.Targets[target].Scores.Model, static s => s.Forecast);
        }
        AssertPoints([.. all], report.Overall.Model, static s => s.Forecast);
        Assert.Equal(
            1 - all.Average(static s => Math.Abs(s.Forecast - s.Truth) / s.Scale)
                / all.Average(static s => Math.Abs(s.Seasonal - s.Truth) / s.Scale),
            report.Overall.Skill, 1e-10);
        Assert.Equal(["last value", "seasonal naive (24)", "drift"], report.Overall.Baselines.Select(static b => b.Name));
        // Each series beside the others, the worst first.
        Assert.Equal(
            series.OrderByDescending(s => all.Where(a => a.Series == s.Key)
                .Average(static a => Math.Abs(a.Forecast - a.Truth) / a.Scale)).Select(static s => s.Key),
            report.WorstSeries.Select(static s => s.Key));
        Assert.Equal(series.Select(static s => s.Key), report.Series.Select(static s => s.Key));
        foreach (SeriesReport one in report.Series)
        {
            Scored[] own = [.. all.Where(s => s.Series == one.Key)];
            AssertPoints(own, one.Model, static s => s.Forecast);
            Assert.Equal(
                1 - own.Average(static s => Math.Abs(s.Forecast - s.Truth) / s.Scale)
                    / own.Average(static s => Math.Abs(s.Seasonal - s.Truth) / s.Scale),
                one.Skill, 1e-10);
            Assert.InRange(one.Coverage, 0.5, 1);
        }
        // Of the values, not of the series, the mean of all.
        Assert.Equal(
            report.Overall.PinballLoss!.Value, report.Series.Sum(static s => s.PinballLoss * s.Model.Count)!.Value / all.Count, 1e-10);
        Assert.Equal(
            report.Overall.LogLikelihood!.Value, report.Series.Sum(static s => s.LogLikelihood * s.Model.Count)!.Value / all.Count, 1e-10);
    }

    [Fact]
    public void All_series_are_listed_however_many_there_are()
    {
        double[] values = [.. Enumerable.Range(0, 100).Select(static t => (double)t)];
        RegularSeries[] series = [.. Enumerable.Range(0, 25).Select(i => Hourly($"{i}", 0, values))];
        BacktestReport report = BacktestEngine.Run(
            "test", new PointForecaster(1, 2, static (s, _, row, step) => row + 1 + step + NumberOf(s.Key)), series,
            new() { From = Start.AddHours(60), Season = 1 });
        Assert.Equal(Enumerable.Range(0, 25).Select(static i => $"{i}"), report.Series.Select(static s => s.Key));
        Assert.All(report.Series, static s => Assert.Equal(NumberOf(s.Key), s.Model.MeanAbsoluteError, 1e-12));
        Assert.Equal(Enumerable.Range(15, 10).Reverse().Select(static i => $"{i}"), report.WorstSeries.Select(static s => s.Key));
        BacktestReport read = BacktestReport.FromJson(report.ToJson());
        Assert.Equal(report.Series, read.Series);
        Assert.Equal(report.WorstSeries, read.WorstSeries);
        Assert.DoesNotContain("worstSeries", report.ToJson(), StringComparison.Ordinal);

        static int NumberOf(string key) => int.Parse(key, CultureInfo.InvariantCulture);
    }

    /// <summary>Intervals before 2001 have numbers below 0.</summary>
    [Theory]
    [InlineData(1990)]
    [InlineData(2)]
    [InlineData(2025)]
    public void Series_of_any_year_are_tested_to_their_end(int year)
    {
        var begin = new DateTimeOffset(year, 1, 1, 0, 0, 0, TimeSpan.Zero);
        RegularSeries series = Hourly("", (int)(begin - Start).TotalHours, [.. Enumerable.Range(0, 100).Select(static t => (double)t)]);
        BacktestReport report = BacktestEngine.Run(
            "test", new PointForecaster(1, 3, static (_, _, row, step) => row + step), [series], new() { From = begin.AddHours(90) });
        Assert.Equal((10, 27), (report.Origins, report.Overall.Model.Count));
        Assert.Equal(begin.AddHours(99), report.To);
    }

    [Fact]
    public void The_row_before_the_beginning_is_the_first_origin_and_the_end_is_not_read()
    {
        double[] values = [.. Enumerable.Range(0, 200).Select(static t => (double)t)];
        var forecaster = new PointForecaster(1, 3, static (_, _, row, step) => row + step);
        BacktestReport report = BacktestEngine.Run(
            "test", forecaster, [Hourly("", 0, values)], new() { From = Start.AddHours(149.5), To = Start.AddHours(160) });
        // Values 150 to 159: the origins 149 to 158, of which the last two have two and one values.
        Assert.Equal((10, 3 * 10 - 2 - 1), (report.Origins, report.Overall.Model.Count));
        Assert.Equal((Start.AddHours(150), Start.AddHours(159)), (report.From, report.To));
        Assert.Equal((1, -1), (report.Overall.Model.MeanAbsoluteError, report.Overall.Model.MeanError));
        // On a line, drift is exact, the last value 1, 2 and 3 behind.
        Assert.Equal(0, report.Overall.Baselines[^1].Scores.MeanAbsoluteError, 1e-10);
        Assert.Equal((1, 2, 3), (Last(0), Last(1), Last(2)));
        Assert.Equal(24, report.Overall.Baselines[1].Scores.MeanAbsoluteError);
        Assert.Equal(1 - 1 / 24.0, report.Overall.Skill, 1e-12);
        Assert.Null(report.Anomalies);
        Assert.Null(report.Overall.PinballLoss);
        Assert.Empty(report.Overall.Intervals);
        // Always wrong by one: that is the conformal margin.
        Assert.Equal((1.0, 2.0), (report.Overall.ConformalInterval.Coverage, report.Overall.ConformalInterval.MeanWidth));

        double Last(int step) => report.Targets[0].Steps[step].Baselines[0].Scores.MeanAbsoluteError;
    }

    [Fact]
    public void Simple_forecasts_take_what_is_known()
    {
        var baselines = new Baselines([3]);
        Assert.False(baselines.HasForecast);
        baselines.Add(double.NaN);
        Assert.False(baselines.HasForecast);
        baselines.Add(10);
        baselines.Add(20);
        baselines.Add(double.NaN);
        baselines.Add(16);
        baselines.Add(double.NaN);
        // Rows 6, 7: places 0 (never known: the last value) and 1; the line through (1, 10) and (4, 16) has the slope 2.
        var forecasts = new double[3];
        baselines.Forecast(0, forecasts);
        Assert.Equal([16, 16, 20], forecasts);
        baselines.Forecast(1, forecasts);
        Assert.Equal([16, 16, 22], forecasts);
        baselines.Forecast(2, forecasts);
        Assert.Equal([16, 20, 24], forecasts);
    }

    [Fact]
    public void Longer_seasons_stand_beside_where_two_are_known()
    {
        double[] values = [.. Enumerable.Range(0, 500).Select(static t => Math.Sin(t))];
        PointForecaster forecaster() => new(1, 2, static (_, _, _, _) => 0);
        BacktestReport report = BacktestEngine.Run("test", forecaster(), [Hourly("", 0, values)], new() { From = Start.AddHours(400) });
        Assert.Equal(
            ["last value", "seasonal naive (24)", "seasonal naive (168)", "drift"], report.Overall.Baselines.Select(static b => b.Name));
        report = BacktestEngine.Run("test", forecaster(), [Hourly("", 0, values)], new() { From = Start.AddHours(400), Season = 7 });
        Assert.Equal(["last value", "seasonal naive (7)", "drift"], report.Overall.Baselines.Select(static b => b.Name));
        Assert.Equal(7, report.Season);
    }

    /// <summary>A day of milliseconds would take 691 MB for each target.</summary>
    [Fact]
    public void A_season_takes_no_more_memory_than_the_series()
    {
        double[] values = [.. Enumerable.Range(0, 100).Select(static t => Math.Sin(t))];
        TimeGrid grid = TimeGrid.Parse("1ms");
        RegularSeries series = new("", grid, grid.IndexOf(Start), ["target 0"], [values], [], values.Length, 0);
        PointForecaster forecaster = new(1, 2, static (_, _, _, _) => 0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        BacktestReport report = BacktestEngine.Run("test", forecaster, [series], new() { From = Start.AddMilliseconds(60) });
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
        Assert.Equal(1, report.Season);
        Assert.Equal(["last value", "seasonal naive (1)", "drift"], report.Overall.Baselines.Select(static b => b.Name));
        Assert.Contains(report.Notices, static n => n.StartsWith("No series has two seasons of 86400000", StringComparison.Ordinal));
        Assert.Contains("Season is 2147483647 intervals", Assert.Throws<ArgumentException>(() => BacktestEngine.Run(
            "test", forecaster, [series], new() { From = Start.AddMilliseconds(60), Season = int.MaxValue })).Message,
            StringComparison.Ordinal);
        report = BacktestEngine.Run("test", forecaster, [series], new() { From = Start.AddMilliseconds(60), Season = 100 });
        Assert.Equal(100, report.Season);
        // Two days before the test are enough, a row less is not.
        RegularSeries hours = Hourly("", 0, values);
        Assert.Equal(24, BacktestEngine.Run("test", forecaster, [hours], new() { From = Start.AddHours(48) }).Season);
        Assert.Equal(1, BacktestEngine.Run("test", forecaster, [hours], new() { From = Start.AddHours(47) }).Season);
    }

    [Fact]
    public void A_model_is_fitted_anew_for_each_segment()
    {
        double[] values = new double[100];
        List<DateTimeOffset> fits = [];
        // Forecasts from 40, 60, 80 on are by the models 1, 2, 3.
        BacktestReport report = BacktestEngine.Run(
            "test", Model(1), [Hourly("a", 0, values), Hourly("b", 65, values[..35])],
            new() { From = Start.AddHours(40), RefitEvery = 20, Season = 1 },
            time =>
            {
                fits.Add(time);
                return Model(fits.Count + 1);
            });
        Assert.Equal([Start.AddHours(60), Start.AddHours(80)], fits);
        Assert.Equal(2, report.Refits);
        // The first series has 20 origins with each model; the second one, from 65 on, 14 with the second and 20 with the third.
        Assert.Equal(60 + 34, report.Origins);
        Assert.Equal((20 * (1 + 2 + 3) + 14 * 2 + 20 * 3) / 94.0, report.Overall.Model.MeanAbsoluteError, 1e-12);
        Assert.Contains("fitted anew 2 times", report.ToString(), StringComparison.Ordinal);

        static PointForecaster Model(int number) => new(1, 1, (_, _, _, _) => number);
    }

    [Fact]
    public void Samples_show_the_first_the_middle_the_last_and_the_worst_origin()
    {
        var random = new Random(7);
        double[] values = [.. Enumerable.Range(0, 200).Select(_ => Normal(random))];
        values[171] = 40;
        BacktestReport report = BacktestEngine.Run(
            "test", new GaussianForecaster(1, 4, static (_, _, _, _) => 0, static _ => 1), [Hourly("one", 0, values)],
            new() { From = Start.AddHours(150), ReferenceFraction = 1 });
        Assert.Equal(["first", "middle", "last", "worst"], report.Samples.Select(static s => s.Reason));
        SampledForecast first = report.Samples[0], last = report.Samples[2], worst = report.Samples[3];
        Assert.Equal(Start.AddHours(150), first.Times[0]);
        Assert.Equal(values[150..154], first.Truth);
        Assert.Equal(values[126..150], first.History);
        Assert.Equal(values[196..200], last.Truth);
        Assert.Equal(values[126..130], first.Baseline);
        Assert.Contains(40, worst.Truth);
        Assert.Equal(Enumerable.Repeat(-GaussianForecaster.Standard[^1], 4), worst.Lower);
        Assert.Equal(4, worst.ConformalLower.Count);
        // The anomaly is the most unlikely value.
        Assert.Contains(report.Anomalies!.Alarms, a => a.Time == Start.AddHours(171) && a.Truth == 40 && a.Score > 100);
    }

    [Fact]
    public void A_report_is_text_Markdown_and_JSON()
    {
        BacktestReport report = BacktestEngine.Run(
            "Load|Model", new GaussianForecaster(2, Horizon, Forecast, Deviation), SeriesOfRandomLengths(),
            new() { From = Start.AddHours(From) });
        string json = report.ToJson();
        Assert.Equal(json, BacktestReport.FromJson(json).ToJson());
        using (JsonDocument parsed = JsonDocument.Parse(json))
        {
            Assert.Equal(
                report.Overall.Skill, parsed.RootElement.GetProperty("overall").GetProperty("skill").GetDouble());
        }
        Assert.Throws<JsonException>(static () => BacktestReport.FromJson("null"));
        string text = report.ToString(), markdown = report.ToMarkdown();
        foreach (string expected in (string[])["Targets", "Beside simple forecasts", "Intervals", "Steps", "seasonal naive (24)", "CRPS"])
        {
            Assert.Contains(expected, text, StringComparison.Ordinal);
            Assert.Contains(expected, markdown, StringComparison.Ordinal);
        }
        Assert.DoesNotContain(" \n", text, StringComparison.Ordinal);
        Assert.StartsWith("# Backtest of Load\\|Model\n", markdown, StringComparison.Ordinal);
        // Every row of a table of Markdown has as many cells as its header.
        int cells = 0;
        foreach (string line in markdown.Split('\n'))
        {
            int count = line.StartsWith('|') ? line.Replace("\\|", "", StringComparison.Ordinal).Count(static c => c == '|') : 0;
            Assert.True(cells == 0 || count == 0 || count == cells, line);
            cells = count;
        }
        // Periods split the values; nothing is lost.
        Assert.Equal(report.Overall.Model.Count, report.Periods.Sum(static p => p.Count));
        Assert.InRange(report.Periods.Count, 50, 100);
    }

    [Fact]
    public void What_cannot_be_scored_is_said()
    {
        PointForecaster forecaster = new(1, 2, static (_, _, _, _) => 0);
        RegularSeries series = Hourly("", 0, new double[50]);
        Assert.Contains(
            "no series", Assert.Throws<ArgumentException>(() => Run([], new() { From = Start })).Message, StringComparison.Ordinal);
        Assert.Contains("Nothing can be scored", Assert.Throws<ArgumentException>(
            () => Run([series], new() { From = Start.AddHours(50) })).Message, StringComparison.Ordinal);
        Assert.Contains("To must lie after From", Assert.Throws<ArgumentException>(
            () => Run([series], new() { From = Start.AddHours(9), To = Start })).Message, StringComparison.Ordinal);
        Assert.Contains("RefitEvery", Assert.Throws<ArgumentException>(
            () => Run([series], new() { From = Start.AddHours(9), RefitEvery = 5 })).Message, StringComparison.Ordinal);
        double[] missing = new double[50];
        missing.AsSpan(20).Fill(double.NaN);
        Assert.Contains("missing", Assert.Throws<ArgumentException>(
            () => Run([Hourly("", 0, missing)], new() { From = Start.AddHours(30) })).Message, StringComparison.Ordinal);
        BacktestReport report = Run([series, Hourly("late", 0, new double[8])], new() { From = Start.AddHours(9) });
        Assert.Contains(report.Notices, static n => n.StartsWith("1 of 2 series", StringComparison.Ordinal));
        Assert.Contains(report.Notices, static n => n.Contains("count in no MASE", StringComparison.Ordinal));
        Assert.True(double.IsNaN(report.Overall.Model.MeanAbsoluteScaledError));
        Assert.Throws<OperationCanceledException>(() => BacktestEngine.Run(
            "test", forecaster, [series], new() { From = Start.AddHours(9) }, cancellation: new(canceled: true)));

        BacktestReport Run(RegularSeries[] all, BacktestOptions options) => BacktestEngine.Run("test", forecaster, all, options);
    }

    [Fact]
    public void A_very_long_horizon_has_no_conformal_intervals()
    {
        BacktestReport report = BacktestEngine.Run(
            "test", new PointForecaster(1, 9000, static (_, _, _, _) => 1), [Hourly("", 0, new double[40])],
            new() { From = Start.AddHours(30) });
        Assert.Equal(10 * 11 / 2, report.Overall.Model.Count);
        Assert.Equal(0, report.Overall.ConformalInterval.Count);
        Assert.Contains(report.Notices, static n => n.Contains("no conformal intervals", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1min", 1440, 10080, 525600)]
    [InlineData("15min", 96, 672, 35040)]
    [InlineData("1h", 24, 168, 8760)]
    [InlineData("24h", 7, 365)]
    [InlineData("1d", 7, 365)]
    [InlineData("1w", 52)]
    [InlineData("1mo", 12)]
    [InlineData("1q", 4)]
    [InlineData("1y")]
    [InlineData("7min", 1440)]
    public void A_grid_knows_its_seasons(string every, params int[] seasons)
    {
        TimeGrid grid = TimeGrid.Parse(every);
        Assert.Equal(seasons, grid.Seasons);
        int days = every.EndsWith('y') ? 365 : 1;
        Assert.InRange(grid.IntervalsPerDay * days, 1e-3, 1440.001);
    }

    /// <summary>A value that was scored, and what it was scored with.</summary>
    private sealed record Scored(
        string Series, int Target, double Truth, double Forecast, double Scale, double Last, double Seasonal, double Drift);

    /// <summary>A tenth of all values is missing, and the series differ in their first and last hour.</summary>
    private static RegularSeries[] SeriesOfRandomLengths()
    {
        var random = new Random(11);
        (int Offset, int Rows)[] shapes = [(0, 300), (20, 250), (60, 93), (5, 290)];
        return [.. shapes.Select(s => Hourly($"{s.Offset}", s.Offset, Values(s.Rows, 0), Values(s.Rows, 10)))];

        double[] Values(int rows, double level) => [.. Enumerable.Range(0, rows).Select(
            t => random.Next(10) == 0 ? double.NaN : level + Math.Sin(t * Math.PI / 12) + Normal(random) / 2)];
    }

    private static double Forecast(RegularSeries series, int target, int row, int step) =>
        10 * target + Math.Sin((row + 1 + step) * Math.PI / 12) + 0.1 * step;

    private static double Deviation(int step) => 0.4 + 0.1 * step;

    private static IEnumerable<Scored> Reference(RegularSeries series, int target, int step)
    {
        double[] values = series.Column(target).ToArray();
        int from = From - (int)(series.TimeOf(0) - Start).TotalHours;
        double scale = Enumerable.Range(24, Math.Max(0, from - 24)).Select(t => Math.Abs(values[t] - values[t - 24]))
            .Where(static d => !double.IsNaN(d)).DefaultIfEmpty(double.NaN).Average();
        for (int origin = Math.Max(3, from - 1); origin + 1 + step < values.Length; origin++)
        {
            int at = origin + 1 + step;
            int[] known = [.. Enumerable.Range(0, origin + 1).Where(t => !double.IsNaN(values[t]))];
            if (double.IsNaN(values[at]) || known.Length == 0)
            {
                continue;
            }
            double last = values[known[^1]], slope = known.Length > 1 ? (last - values[known[0]]) / (known[^1] - known[0]) : 0;
            int seasonal = known.LastOrDefault(t => (at - t) % 24 == 0, known[^1]);
            yield return new(
                series.Key, target, values[at], Forecast(series, target, origin, step), scale, last, values[seasonal],
                last + slope * (at - known[^1]));
        }
    }

    private static void AssertScores(Scored[] scored, ForecastScores scores, double deviation)
    {
        AssertPoints(scored, scores.Model, static s => s.Forecast);
        AssertPoints(scored, scores.Baselines[0].Scores, static s => s.Last);
        AssertPoints(scored, scores.Baselines[1].Scores, static s => s.Seasonal);
        AssertPoints(scored, scores.Baselines[2].Scores, static s => s.Drift);
        double[] levels = GaussianForecaster.TestLevels, standard = GaussianForecaster.Standard;
        Assert.Equal(
            scored.Average(s => levels.Select((l, i) => s.Truth - s.Forecast - deviation * standard[i] is var d && d > 0
                ? l * d : (l - 1) * d).Average()),
            scores.PinballLoss!.Value, 1e-10);
        Assert.Equal([0.8, 0.5], scores.Intervals.Select(static i => i.Wanted));
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(
                scored.Average(s => Math.Abs(s.Truth - s.Forecast) <= -standard[i] * deviation ? 1 : 0), scores.Intervals[i].Coverage,
                1e-12);
            Assert.Equal(-2 * standard[i] * deviation, scores.Intervals[i].MeanWidth, 1e-10);
        }
        Assert.Equal(
            scored.Average(s => -Math.Pow((s.Truth - s.Forecast) / deviation, 2) / 2) - Math.Log(deviation * Math.Sqrt(2 * Math.PI)),
            scores.LogLikelihood!.Value, 1e-10);
        // Midpoints of cells of 0.005: an error of the order of its square over 24.
        Assert.Equal(scored.Average(s => RankedScore((s.Truth - s.Forecast) / deviation) * deviation),
            scores.RankedProbabilityScore!.Value, 1e-5);
    }

    /// <summary>∫ (Φ(x) - [x ≥ z])² dx in narrow cells, Φ as the sum of its density.</summary>
    private static double RankedScore(double z)
    {
        const double width = 0.005;
        double below = 0, sum = 0;
        for (double x = Math.Min(-8, z - 1); x < Math.Max(8, z + 1); x += width)
        {
            double mass = width * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI), middle = below + mass / 2,
                after = Math.Clamp((x + width / 2 - z) / width, 0, 1);
            sum += width * ((1 - after) * middle * middle + after * (middle - 1) * (middle - 1));
            below += mass;
        }
        return sum;
    }

    private static void AssertPoints(Scored[] scored, PointScores scores, Func<Scored, double> forecast)
    {
        Assert.Equal(scored.Length, scores.Count);
        Assert.Equal(scored.Average(s => Math.Abs(forecast(s) - s.Truth)), scores.MeanAbsoluteError, 1e-10);
        Assert.Equal(Math.Sqrt(scored.Average(s => Math.Pow(forecast(s) - s.Truth, 2))), scores.RootMeanSquaredError, 1e-10);
        Assert.Equal(
            scored.Where(static s => s.Scale > 0).Average(s => Math.Abs(forecast(s) - s.Truth) / s.Scale), scores.MeanAbsoluteScaledError,
            1e-10);
        Assert.Equal(
            scored.Average(s => 200 * Math.Abs(forecast(s) - s.Truth) / (Math.Abs(forecast(s)) + Math.Abs(s.Truth))),
            scores.SymmetricPercentageError, 1e-9);
    }
}
