using static AarenGen.Tests.Backtesting.TestSeries;

namespace AarenGen.Tests.Backtesting;

/// <summary>Thresholds of anomaly scores, and what they find.</summary>
public sealed class AnomalyTests
{
    /// <summary>
    /// Tail probabilities of a calibrated model are uniform, so that the score s is exceeded with probability 10^−s. With n scores the
    /// empirical quantile at m exceedances has the relative deviation 1/√m in probability, 1/(ln 10 √m) in s. The tail's scale has the
    /// relative deviation 1/(ln 2 √k), and multiplies ln(k/m). Five deviations.
    /// </summary>
    [Theory]
    [InlineData(100, 100_000)]
    [InlineData(1, 100_000)]
    [InlineData(0.01, 100_000)]
    [InlineData(1, 2_000)]
    public void A_threshold_has_the_wanted_alarms_a_day(double perDay, int count)
    {
        const double scoresPerDay = 1000;
        var random = new Random(1);
        AnomalyThreshold threshold = new(perDay, scoresPerDay), half = new(perDay, scoresPerDay);
        for (int i = 0; i < count; i++)
        {
            (i % 2 == 0 ? threshold : half).Add(AnomalyThreshold.ScoreOf(1 - random.NextDouble()));
        }
        threshold.Merge(half);
        threshold.Add(double.NaN);
        Assert.Equal(count, threshold.Count);
        double wanted = perDay / scoresPerDay * count, tail = Math.Max(50, count / 50);
        double deviation = wanted >= tail ? 1 / (Math.Log(10) * Math.Sqrt(wanted))
            : (1 / Math.Sqrt(tail) + Math.Log(tail / wanted) / (Math.Log(2) * Math.Sqrt(tail))) / Math.Log(10);
        double exact = Math.Log10(scoresPerDay / perDay);
        Assert.InRange(threshold.Value, exact - 5 * deviation, exact + 5 * deviation);
        Assert.True(threshold.IsAnomaly(threshold.Value + 0.01));
        Assert.False(threshold.IsAnomaly(threshold.Value - 0.01));
        Assert.False(threshold.IsAnomaly(double.NaN));
    }

    [Fact]
    public void A_threshold_needs_a_reference_and_survives_anomalies_in_it()
    {
        var threshold = new AnomalyThreshold(1, 1000);
        Assert.True(double.IsNaN(threshold.Value));
        Assert.False(threshold.IsAnomaly(300));
        var random = new Random(2);
        for (int i = 0; i < 5000; i++)
        {
            threshold.Add(AnomalyThreshold.ScoreOf(1 - random.NextDouble()));
        }
        double clean = threshold.Value;
        for (int i = 0; i < 10; i++)
        {
            threshold.Add(AnomalyThreshold.ScoreOf(0));
        }
        // Ten of the hundred scores of the tail are wrong: the ranks of both quantiles move by ten. From an exponential tail of the scale
        // s they move by at most s (ln(100/90) and ln(50/40)), and the extrapolation by ln(100/5)/ln 2 times the difference.
        double scale = 1 / Math.Log(10);
        Assert.InRange(threshold.Value - clean, 0, scale * (Math.Log(100 / 90.0) + Math.Log(20) / Math.Log(2) * Math.Log(50 / 40.0)) * 1.5);
        Assert.Throws<ArgumentOutOfRangeException>(() => threshold.Add(-1));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new AnomalyThreshold(0, 10));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new AnomalyThreshold(10, 10));
        Assert.Equal((0, 3, 300), (AnomalyThreshold.ScoreOf(1), AnomalyThreshold.ScoreOf(0.001), AnomalyThreshold.ScoreOf(0)));
        Assert.True(double.IsNaN(AnomalyThreshold.ScoreOf(double.NaN)));
    }

    /// <summary>
    /// Clean data: the alarms of the test days are Poisson around the wanted number, whose threshold itself is uncertain: with m expected
    /// exceedances in the reference and as many in the test, the difference has the variance 2 m. Five deviations.
    /// </summary>
    [Fact]
    public void Clean_data_have_the_wanted_alarms_a_day()
    {
        const int days = 400;
        const int rows = 2 * days * 24;
        RegularSeries[] series = [.. Enumerable.Range(0, 3).Select(static s => Hourly($"{s}", 0, Daily(rows, s), Daily(rows, 9 + s)))];
        BacktestReport report = Run(series, new() { From = Start.AddDays(days), AlarmsPerDay = 1, ReferenceFraction = 1 });
        AnomalyReport anomalies = report.Anomalies!;
        Assert.Equal(6L * days * 24, anomalies.Count);
        Assert.Equal(6L * (days * 24 - 1), anomalies.ReferenceCount);
        Assert.InRange(anomalies.AlarmCount, days - 5 * Math.Sqrt(2 * days), days + 5 * Math.Sqrt(2 * days));
        Assert.Equal(anomalies.AlarmCount / (double)days, anomalies.PerDay, 1e-9);
        Assert.Equal(200, anomalies.Alarms.Count);
        Assert.Equal(anomalies.Alarms.OrderBy(static a => a.Time), anomalies.Alarms);
    }

    /// <summary>
    /// Half of the scores are missing from the test on: a series has ended, or its values are missing. As above, five deviations.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Alarms_are_counted_by_the_scores_that_are_there(bool areMissing)
    {
        const int days = 400;
        double[] ended = Daily(2 * days * 24, 3);
        ended.AsSpan(days * 24).Fill(double.NaN);
        BacktestReport report = Run(
            [Hourly("a", 0, Daily(2 * days * 24, 2)), Hourly("b", 0, areMissing ? ended : ended[..(days * 24)])],
            new() { From = Start.AddDays(days), AlarmsPerDay = 1, ReferenceFraction = 1 });
        AnomalyReport anomalies = report.Anomalies!;
        Assert.Equal((24.0, 24L * days), (anomalies.ScoresPerDay, anomalies.Count));
        Assert.InRange(anomalies.AlarmCount, days - 5 * Math.Sqrt(2 * days), days + 5 * Math.Sqrt(2 * days));
        Assert.Equal(anomalies.AlarmCount / (double)days, anomalies.PerDay, 1e-9);
    }

    /// <summary>All alarms are counted, though only the most unlikely ones are held. As above, five deviations.</summary>
    [Fact]
    public void Any_number_of_alarms_is_counted()
    {
        const int days = 1600, perDay = 12;
        BacktestReport report = Run(
            [Hourly("", 0, Daily(2 * days * 24, 2))], new() { From = Start.AddDays(days), AlarmsPerDay = perDay, ReferenceFraction = 1 });
        double expected = perDay * days;
        Assert.InRange(
            report.Anomalies!.AlarmCount, expected - 5 * Math.Sqrt(2 * expected), expected + 5 * Math.Sqrt(2 * expected));
        Assert.Equal(200, report.Anomalies.Alarms.Count);
    }

    [Fact]
    public void Days_have_one_alarm_of_a_hundred_scores_unless_the_options_say_more()
    {
        const int days = 800;
        TimeGrid grid = TimeGrid.Days();
        double[] values = Daily(days, 5);
        RegularSeries series = new("", grid, grid.IndexOf(Start), ["target 0"], [values], [], days, 0);
        BacktestReport report = Run([series], new() { From = Start.AddDays(400), ReferenceFraction = 1 });
        Assert.Equal((0.01, 1.0), (report.Anomalies!.WantedPerDay, report.Anomalies.ScoresPerDay));
        Assert.False(double.IsNaN(report.Anomalies.Threshold));
        // Four are expected, five deviations.
        Assert.InRange(report.Anomalies.AlarmCount, 0, 4 + 5 * Math.Sqrt(8));
        report = Run([series], new() { From = Start.AddDays(400), ReferenceFraction = 1, AlarmsPerDay = 1 });
        Assert.True(double.IsNaN(report.Anomalies!.Threshold) && double.IsNaN(report.Anomalies.PerDay));
        Assert.Equal(0, report.Anomalies.AlarmCount);
        // Nothing is an alarm without a threshold, or without scores.
        Assert.False(report.IsAlarm(double.PositiveInfinity));
        Assert.False((report with { Anomalies = null }).IsAlarm(double.PositiveInfinity));
        Assert.Contains(report.Notices, static n => n.Contains("1 alarms a day are wanted", StringComparison.Ordinal));
        RegularSeries[] hours = [.. Enumerable.Range(0, 6).Select(static s => Hourly($"{s}", 0, Daily(2400, s)))];
        Assert.Equal(1, Run(hours, new() { From = Start.AddDays(50) }).Anomalies!.WantedPerDay);
        Assert.Equal(0.24, Run(hours[..1], new() { From = Start.AddDays(50) }).Anomalies!.WantedPerDay, 1e-12);
    }

    [Fact]
    public void Spikes_a_level_shift_and_a_stuck_sensor_are_found()
    {
        const int days = 200, first = 120 * 24;
        double[] values = Daily(days * 24, 4);
        int spike = 130 * 24 + 7, shift = 150 * 24, stuck = 170 * 24;
        values[spike] += 8;
        for (int t = shift; t < shift + 12; t++)
        {
            values[t] += 4;
        }
        for (int t = stuck; t < stuck + 24; t++)
        {
            values[t] = values[stuck - 1];
        }
        BacktestReport report = Run(
            [Hourly("", 0, values)], new() { From = Start.AddHours(first), AlarmsPerDay = 0.1, ReferenceFraction = 1 });
        int[] alarms = [.. report.Anomalies!.Alarms.Select(static a => (int)(a.Time - Start).TotalHours)];
        Assert.Contains(spike, alarms);
        // The noise has the deviation ½: a shift by 8 deviations in every hour.
        Assert.Equal(12, alarms.Count(t => t >= shift && t < shift + 12));
        // A day's wave goes up and down by 3: the stuck value is wrong for most of the day.
        Assert.InRange(alarms.Count(t => t >= stuck && t < stuck + 24), 10, 24);
        int others = alarms.Count(t => t != spike && (t < shift || t >= shift + 12) && (t < stuck || t >= stuck + 24));
        // 80 days at 0.1 alarms are 8; as many are uncertain in the threshold.
        Assert.InRange(others, 0, 8 + 5 * Math.Sqrt(16));
    }

    private static BacktestReport Run(RegularSeries[] series, BacktestOptions options) => BacktestEngine.Run(
        "test",
        new GaussianForecaster(
            series[0].Names.Count, 1, static (_, _, row, step) => Wave(row + 1 + step), static _ => 0.5),
        series, options);

    private static double Wave(int hour) => 3 * Math.Sin(hour * Math.PI / 12);

    private static double[] Daily(int rows, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows).Select(t => Wave(t) + 0.5 * Normal(random))];
    }
}
