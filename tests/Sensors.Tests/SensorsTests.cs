namespace Sensors.Tests;

/// <summary>What the example claims of its forecasts, of its alarms, and of the three ways to them.</summary>
[Collection(ProgramRun.Collection)]
public sealed class SensorsTests(SensorsJob job) : TemporaryFolder, IClassFixture<SensorsJob>
{
    private const int Horizon = 24, LargestLineCount = 40;

    /// <summary>The hours of the table's wrong readings.</summary>
    private static readonly (string Sensor, string Hour)[] Planted =
    [
        ("hamburg-2", "2025-11-13T00"), ("boston-5", "2025-11-13T15"), ("hamburg-2", "2025-11-15T21"), ("boston-4", "2025-11-16T12"),
        ("boston-5", "2025-11-18T09"), ("boston-1", "2025-11-19T08"),
    ];

    private static readonly double[] Levels = [0.1, 0.5, 0.9];

    [Fact]
    public void The_forecasts_beat_those_of_the_season_and_their_intervals_hold()
    {
        Assert.Equal((0, ""), (job.Code, job.Error));
        ForecastScores scores = job.Report.Overall;
        Assert.InRange(scores.Skill, 0.2, 1);
        foreach (BaselineScores baseline in scores.Baselines)
        {
            Assert.InRange(scores.Model.MeanAbsoluteError, 0, 0.9 * baseline.Scores.MeanAbsoluteError);
        }
        Assert.InRange(Assert.Single(scores.Intervals).Coverage, 0.77, 0.83);
        Assert.InRange(scores.ConformalInterval.Coverage, 0.77, 0.83);
        Assert.All(job.Report.Targets[0].Steps, static step => Assert.InRange(step.Skill, 0.05, 1));
        Assert.Contains(job.Report.ToString(), job.Output, StringComparison.Ordinal);
        Assert.Contains("data:image/svg+xml", job.Html, StringComparison.Ordinal);
    }

    [Fact]
    public void Streams_batches_and_the_backtest_give_the_same_forecasts()
    {
        double error = 0;
        long count = 0, samples = 0;
        foreach (IGrouping<string, Reading> sensor in job.Readings.GroupBy(static r => r.Sensor))
        {
            var hours = Hours.Of([.. sensor]);
            float[] tokens = hours.Tokens(Horizon), outputs = new float[hours.Count * LoadForecaster.OutputWidth];
            job.Model.Forward(job.Model.CreateState(sensor.Key), tokens, outputs);
            SeriesState<LoadForecaster> state = job.Model.CreateSeriesState(sensor.Key);
            Reading[] stream = [.. sensor];
            int at = 0;
            for (int i = 0; i <= stream.Length; i++)
            {
                // A reading completes the hours before its own, of which the last one is seen; the clock completes the last hour of all.
                LoadForecaster.Forecast? forecast = i < stream.Length
                    ? job.Model.Step(state, stream[i], stream.AsSpan(i + 1)) : job.Model.Advance(state, hours.TimeOf(hours.Count));
                if (forecast is not { } streamed)
                {
                    continue;
                }
                at = hours.RowOf(streamed.Origin);
                QuantilePrediction batch = Prediction(at);
                for (int h = 0; h < Horizon; h++)
                {
                    foreach (double level in Levels)
                    {
                        Assert.Equal(batch.Quantile(level, h), streamed.Load[h].Quantile(level));
                    }
                }
            }
            Assert.Equal(hours.Count - 1, at);
            foreach (SampledForecast sample in job.Report.Samples.Where(s => s.Series == sensor.Key))
            {
                at = hours.RowOf(sample.HistoryTimes[^1]);
                samples++;
                for (int h = 0; h < sample.Forecast.Count; h++)
                {
                    QuantilePrediction batch = Prediction(at);
                    Assert.Equal(
                        (batch.Quantile(0.1, h), batch.Quantile(0.5, h), batch.Quantile(0.9, h)),
                        (sample.Lower[h], sample.Forecast[h], sample.Upper[h]));
                }
            }
            for (int row = hours.RowOf(job.Report.From) - 1; row < hours.Count; row++)
            {
                for (int h = 0; h < Horizon && row + 1 + h < hours.Count; h++)
                {
                    if (!double.IsNaN(hours.Load[row + 1 + h]))
                    {
                        error += Math.Abs(Prediction(row).Quantile(0.5, h) - hours.Load[row + 1 + h]);
                        count++;
                    }
                }
            }

            QuantilePrediction Prediction(int row) =>
                LoadForecaster.Prediction(outputs.AsSpan(row * LoadForecaster.OutputWidth, LoadForecaster.OutputWidth));
        }
        Assert.Equal(4, samples);
        Assert.Equal(count, job.Report.Overall.Model.Count);
        // Two sums of the same numbers in another order.
        Assert.Equal(error / count, job.Report.Overall.Model.MeanAbsoluteError, 1e-9 * error / count);
    }

    [Fact]
    public void Live_alarms_are_those_of_the_backtest_and_find_the_wrong_readings()
    {
        AnomalyReport anomalies = job.Report.Anomalies!;
        string[] live = [.. job.Output.Split('\n').Where(static l => l.StartsWith("Alarm: ", StringComparison.Ordinal)).Order()];
        // The last hour of all is not complete without another reading.
        string[] tested = [.. anomalies.Alarms.Where(a => a.Time < job.Report.To)
            .Select(static a => FormattableString.Invariant($"Alarm: {a.Series} at {a.Time:yyyy-MM-dd HH}h UTC, score {a.Score:F1}"))
            .Order()];
        Assert.Equal(tested, live);
        (string, string)[] found = [.. anomalies.Alarms.Select(static a => (a.Series, $"{a.Time:yyyy-MM-ddTHH}"))];
        Assert.InRange(Planted.Count(found.Contains), 5, 6);
        // One a day was wanted, and each wrong reading gives two: it spoils the forecast after it.
        Assert.InRange(anomalies.AlarmCount, 6, 45);
    }

    [Fact]
    public void The_job_is_forty_lines()
    {
        string[] lines = [.. Directory.GetFiles(Path.Combine(Repository.Root, "examples", "Sensors"), "*.cs").SelectMany(File.ReadLines)
            .Select(static l => l.Trim())
            .Where(static l => l.Trim('{', '}', ';').Length > 0 && !l.StartsWith("//", StringComparison.Ordinal)
                && !l.StartsWith("using ", StringComparison.Ordinal))];
        Assert.InRange(lines.Length, 20, LargestLineCount);
    }

    [Fact]
    public void The_table_has_what_real_ones_have()
    {
        string[] rows = [.. File.ReadLines(Path.Combine(Repository.Root, "examples", "Sensors", "data", "sensors.csv")).Skip(1)];
        Assert.Equal(12, rows.Select(static r => r[..r.IndexOf(',')]).Distinct().Count());
        string[] offsets = [.. rows.Select(static r => r.Split(',')[1][^6..]).Distinct().Order()];
        Assert.Equal(["+01:00", "+02:00", "-04:00", "-05:00"], offsets.Order(StringComparer.Ordinal));
        Assert.InRange(rows.Count(static r => r.Split(',')[2].Length == 0), 200, 800);
        foreach (IGrouping<string, Reading> sensor in job.Readings.GroupBy(static r => r.Sensor))
        {
            TimeSpan[] waits = [.. sensor.Zip(sensor.Skip(1), static (a, b) => b.Time - a.Time)];
            Assert.InRange(waits.Average(static w => w.TotalMinutes), 38, 44);
            Assert.Equal(3, waits.Count(static w => w > TimeSpan.FromHours(2)));
        }
    }

    [Fact]
    public void The_table_is_what_its_script_makes()
    {
        string data = Path.Combine(Repository.Root, "examples", "Sensors", "data");
        var start = new System.Diagnostics.ProcessStartInfo("dotnet", ["run", Path.Combine(data, "MakeTable.cs")])
        {
            RedirectStandardOutput = true,
        };
        using var process = System.Diagnostics.Process.Start(start)!;
        using var made = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(made);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        Assert.True(made.ToArray().AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(data, "sensors.csv"))), "The table differs.");
    }

    [Theory]
    [InlineData("bogus", "'bogus'")]
    [InlineData("--data nowhere.csv", "nowhere.csv: there is no such file")]
    public void A_mistake_is_one_line(string arguments, string expected)
    {
        (int code, string error) = ProgramRun.Of(typeof(Reading).Assembly, [.. arguments.Split(' '), "--output", At("out")]);
        Assert.Equal(2, code);
        Assert.Contains(expected, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sensor;time\na;2025-01-01", "there is no column")]
    [InlineData("sensor,time,load,humidity,outdoor_forecast,site\na,2025-01-01,1,2,3,Paris", "line 2, column 'site'")]
    [InlineData("sensor,time,load,humidity,outdoor_forecast,site\na,2025-01-02,1,2,3,Boston\na,2025-01-01,1,2,3,Boston", "OrderBy")]
    public void A_wrong_table_is_one_line(string table, string expected)
    {
        (int code, string error) = ProgramRun.Of(
            typeof(Reading).Assembly, "--data", Write("table.csv", table), "--output", At("out"));
        Assert.Equal(2, code);
        Assert.Contains(expected, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }
}
