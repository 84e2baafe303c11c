namespace Experiments.Tests;

/// <summary>Baselines against closed forms and, on the benchmarks, against independently computed scores.</summary>
public sealed class BaselineTests
{
    [Fact]
    public void Forecasts_repeat_a_row_a_season_or_the_mean()
    {
        float[] history = [1, 10, 2, 20, 3, 30], forecast = new float[10];
        new LastValue().Forecast(history, 2, forecast);
        Assert.Equal([3f, 30, 3, 30, 3, 30, 3, 30, 3, 30], forecast);
        new SeasonalNaive(2).Forecast(history, 2, forecast);
        Assert.Equal([2f, 20, 3, 30, 2, 20, 3, 30, 2, 20], forecast);
        new TrainMean([1, 10, 4, 40], 2).Forecast(history, 2, forecast);
        Assert.Equal([2.5f, 25, 2.5f, 25, 2.5f, 25, 2.5f, 25, 2.5f, 25], forecast);
        new SeasonalNaive(3).Forecast(history, 2, forecast.AsSpan(0, 2));
        Assert.Equal([1f, 10], forecast[..2]);
        Assert.Throws<ArgumentException>(() => new SeasonalNaive(4).Forecast(history, 2, forecast));
        Assert.Throws<ArgumentException>(() => new TrainMean([1], 1).Forecast(history, 2, forecast));
        Assert.Throws<ArgumentException>(static () => new TrainMean([], 1));
        Assert.Throws<ArgumentException>(static () => new TrainMean([1, 2, 3], 2));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new SeasonalNaive(0));
    }

    [Fact]
    public void Every_window_is_scored()
    {
        // On a line the last value is off by 1 to 3, a season of 2 by 2, 2 and 4.
        float[] line = [.. Enumerable.Range(0, 20).Select(static t => (float)t)];
        var windows = ForecastingSplit.Windows(new(15, 20), 4, 3);
        PointError last = ForecastEvaluation.Run(new LastValue(), line, 1, windows, 3),
            seasonal = ForecastEvaluation.Run(new SeasonalNaive(2), line, 1, windows, 3);
        Assert.Equal((9, 14 / 3.0, 2.0), (last.Count, last.MeanSquared, last.MeanAbsolute));
        Assert.Equal((9, 24 / 3.0, 8 / 3.0), (seasonal.Count, seasonal.MeanSquared, seasonal.MeanAbsolute));
        Assert.Throws<ArgumentException>(() => ForecastEvaluation.Run(new LastValue(), line, 1, new(15, 19), 3));
    }

    [Fact]
    public void The_majority_is_the_class_seen_most()
    {
        Assert.Equal(2, new MajorityClass([new([1], 2), new([1], 0), new([1], 2)]).Label);
        Assert.Equal(0, new MajorityClass([new([1], 1), new([1], 0)]).Label);
        Assert.Throws<ArgumentException>(static () => new MajorityClass([]));
    }

    [Fact]
    public void The_nearest_neighbour_compares_series_at_one_length()
    {
        // A ramp and its mirror, of two channels; seen again with fewer and with more tokens.
        var neighbour = new NearestNeighbour([new([0, 1, 1, 1, 2, 1, 3, 1], 5), new([3, 1, 2, 1, 1, 1, 0, 1], 6), new([3, 1, 0, 1], 7)], 2);
        Assert.Equal(5, neighbour.Predict(new([0, 1, 3, 1], 0)));
        // The mirror and its ends alone are equally near: the first of them counts.
        Assert.Equal(6, neighbour.Predict(new([3, 1, 0, 1], 0)));
        Assert.Equal(5, neighbour.Predict(new([0, 1, 0.5, 1, 1, 1, 1.5, 1, 2, 1, 2.5, 1, 3, 1], 0)));
        // One token stands for a constant series, nearer to the ramp's upper end or its lower one: equally near to all.
        Assert.Equal(5, neighbour.Predict(new([9, 1], 0)));
        Assert.Equal(1, new NearestNeighbour([new([0], 0), new([4], 1)], 1).Predict(new([3, 3, 3], 0)));
        Assert.Throws<ArgumentException>(() => neighbour.Predict(new([double.NaN, 1], 0)));
        Assert.Throws<ArgumentException>(() => neighbour.Predict(new([1, 1, 1], 0)));
        Assert.Throws<ArgumentException>(static () => new NearestNeighbour([], 1));
    }

    [Fact]
    public void The_nearest_neighbour_equals_a_plain_search()
    {
        var random = new Random(6);
        TsCase[] cases = [.. Enumerable.Range(0, 60)
            .Select(i => new TsCase([.. Enumerable.Range(0, 5 * 3).Select(_ => random.NextDouble())], i))];
        var neighbour = new NearestNeighbour(cases[..40], 3);
        foreach (TsCase one in cases[40..])
        {
            Assert.Equal(cases[..40].MinBy(c => c.Tokens.Zip(one.Tokens, static (a, b) => (a - b) * (a - b)).Sum())!.Label,
                neighbour.Predict(one));
        }
    }

    [Fact]
    public void Exponential_intervals_have_the_rate_of_the_events()
    {
        var fit = ExponentialIntervals.Fit([new([0, 1, 4], null), new([7], null), new([2, 6], null)]);
        // Three intervals, 8 together.
        Assert.Equal((3 / 8.0, 8 / 3.0), (fit.Rate, fit.Mean));
        Assert.Equal(Math.Log(3 / 8.0) - 0.75, fit.LogDensity(2));
        Assert.Equal(double.NegativeInfinity, fit.LogDensity(-1));
        Assert.Throws<ArgumentException>(static () => ExponentialIntervals.Fit([new([1, 1], null)]));
        Assert.Throws<ArgumentException>(static () => ExponentialIntervals.Fit([new([1], null)]));
    }

    [Fact]
    public void Log_normal_intervals_have_the_moments_of_the_logarithms()
    {
        // Intervals e and 1 / e: logarithms 1 and -1.
        var fit = LogNormalIntervals.Fit([new([0, Math.E, Math.E + 1 / Math.E], null)]);
        // The second interval is a difference of two numbers near 3: off by at most 2^-52, and its logarithm by e times as much.
        const double Bound = 1.5e-15;
        Assert.Equal(0, fit.Location, Bound);
        Assert.Equal(1, fit.Scale, Bound);
        Assert.Equal(Math.Exp(0.5), fit.Mean, 4 * Bound);
        Assert.Equal(-0.5 * Math.Log(2 * Math.PI), fit.LogDensity(1), 2 * Bound);
        Assert.Equal(-0.5 - 0.5 * Math.Log(2 * Math.PI) - 1, fit.LogDensity(Math.E), 8 * Bound);
        Assert.Equal(double.NegativeInfinity, fit.LogDensity(0));
        Assert.Contains("is 0", Assert.Throws<ArgumentException>(static () => LogNormalIntervals.Fit([new([1, 1, 2], null)])).Message,
            StringComparison.Ordinal);
        Assert.Contains("equal", Assert.Throws<ArgumentException>(static () => LogNormalIntervals.Fit([new([1, 2, 3], null)])).Message,
            StringComparison.Ordinal);
        // Equal but for rounding: 0.1 + 0.2 is 0.30000000000000004.
        Assert.Contains("equal", Assert.Throws<ArgumentException>(
            static () => LogNormalIntervals.Fit([new([0, 0.1, 0.2, 0.1 + 0.2, 0.4], null)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fit_is_likelier_than_its_neighbours()
    {
        var random = new Random(7);
        EventSequence[] sequences = [.. Enumerable.Range(0, 5)
            .Select(_ => new EventSequence([.. Enumerable.Range(0, 30).Select(_ => random.NextDouble()).Order()], null))];
        double[] intervals = [.. sequences.SelectMany(static s => s.Intervals)];
        var exponential = ExponentialIntervals.Fit(sequences);
        var logNormal = LogNormalIntervals.Fit(sequences);
        double best = intervals.Sum(exponential.LogDensity), bestLog = intervals.Sum(logNormal.LogDensity);
        foreach (double factor in (double[])[0.97, 1.03])
        {
            double rate = exponential.Rate * factor, scale = logNormal.Scale * factor, location = logNormal.Location * factor;
            Assert.True(intervals.Sum(x => Math.Log(rate) - rate * x) < best);
            Assert.True(intervals.Sum(x => LogDensity(x, logNormal.Location, scale)) < bestLog);
            Assert.True(intervals.Sum(x => LogDensity(x, location, logNormal.Scale)) < bestLog);
        }

        static double LogDensity(double x, double m, double s) =>
            -Math.Pow(Math.Log(x) - m, 2) / (2 * s * s) - Math.Log(x * s * Math.Sqrt(2 * Math.PI));
    }

    [Fact]
    public void Marks_are_counted_from_one()
    {
        // Pairs: 0 1, 1 0, 0 1, 2 2.
        EventSequence[] train = [new([1, 2, 3, 4], [0, 1, 0, 1]), new([1, 2], [2, 2])];
        var frequencies = new MarkFrequencies(train, 4);
        AssertProbabilities(frequencies, 0, [2, 3, 2, 1], 8);
        AssertProbabilities(frequencies, 3, [2, 3, 2, 1], 8);
        Assert.Equal(1, frequencies.Predict(2));
        var transitions = new MarkTransitions(train, 4);
        AssertProbabilities(transitions, 0, [1, 3, 1, 1], 6);
        AssertProbabilities(transitions, 1, [2, 1, 1, 1], 5);
        AssertProbabilities(transitions, 3, [1, 1, 1, 1], 4);
        Assert.Equal([1, 0, 2, 0], Enumerable.Range(0, 4).Select(transitions.Predict));
        Assert.Equal((4, 4), (frequencies.Kinds, transitions.Kinds));
        Assert.Throws<ArgumentException>(() => new MarkTransitions(train, 2));
        Assert.Throws<ArgumentException>(static () => new MarkFrequencies([new([1], null)], 2));
        Assert.Throws<ArgumentException>(static () => new MarkFrequencies([new([1], [-1])], 2));

        static void AssertProbabilities(IMarkBaseline marks, int previous, double[] counts, double total)
        {
            for (int next = 0; next < counts.Length; next++)
            {
                // Two logarithms below 3, each rounded, and a difference.
                Assert.Equal(Math.Log(counts[next] / total), marks.LogProbability(previous, next), 4 * 3 * Math.Pow(2, -53));
            }
        }
    }

    [Fact]
    public void Events_are_scored_but_for_the_first_of_a_sequence()
    {
        EventSequence[] train = [new([0, 2], [0, 1])], test = [new([0, 1, 5], [0, 1, 1]), new([9], [0])];
        var intervals = ExponentialIntervals.Fit(train);
        EventScore times = EventEvaluation.Run(intervals, null, test);
        // Rate 1/2; intervals 1 and 4; the mean 2 is off by 1 and 2. A few roundings of numbers below 4.
        double bound = 8 * Math.Pow(2, -53);
        Assert.Equal(2, times.Events);
        Assert.Equal(Math.Log(2) + 1.25, times.IntervalNats, bound);
        Assert.Equal(times.IntervalNats, times.Nats);
        Assert.Equal(Math.Sqrt(2.5), times.IntervalRootMeanSquared, bound);
        Assert.Null(times.MarkNats);
        Assert.Null(times.MarkAccuracy);
        // After 0 came 1: probabilities 1/3 and 2/3; after 1 nothing came: 1/2 each, and 0 is predicted.
        EventScore both = EventEvaluation.Run(intervals, new MarkTransitions(train, 2), test);
        Assert.Equal((Math.Log(1.5) + Math.Log(2)) / 2, both.MarkNats!.Value, bound);
        Assert.Equal(times.IntervalNats + both.MarkNats.Value, both.Nats);
        Assert.Equal(0.5, both.MarkAccuracy);
        Assert.Throws<ArgumentException>(() => EventEvaluation.Run(intervals, null, [new([1], null)]));
        Assert.Throws<ArgumentException>(() => EventEvaluation.Run(intervals, new MarkTransitions(train, 2), [new([1, 2], null)]));
    }

    [DataTheory]
    [InlineData("ETTh1.csv", "last", 96, 1.294370594784636, 0.7131813544419714)]
    [InlineData("ETTh1.csv", "seasonal 24", 96, 0.5122251081807744, 0.4333027111881189)]
    [InlineData("ETTh1.csv", "mean", 96, 1.1099284100799256, 0.7959633803557449)]
    [InlineData("exchange_rate.csv", "last", 96, 0.08112569259699749, 0.19635661926015407)]
    [InlineData("exchange_rate.csv", "seasonal 7", 96, 0.08620930413715426, 0.20481195703723265)]
    [InlineData("exchange_rate.csv", "mean", 96, 3.1111853463667565, 1.4544123919770984)]
    public void Forecasting_benchmarks_have_known_scores(string name, string method, int horizon, double squared, double absolute)
    {
        SeriesTable table = SeriesTable.Read(BenchmarkData.At("forecasting", name));
        int columns = table.Columns.Length;
        var split = ForecastingSplit.Create(name, table.Rows);
        float[] values = table.Scale(split.Train.Count, split.Test.End).Values;
        IForecastBaseline baseline = method switch
        {
            "last" => new LastValue(),
            "mean" => new TrainMean(values.AsSpan(0, split.Train.Count * columns), columns),
            // The season follows from the times.
            _ => new SeasonalNaive(Season.Find(table, split.Train.Count).Rows),
        };
        PointError error = ForecastEvaluation.Run(
            baseline, values, columns, ForecastingSplit.Windows(split.Test, 336, horizon), horizon);
        // Expected: loops over the definition in another language, in double. Here scaled numbers, below 8, are rounded to float: a
        // difference of two is off by less than 2 * 8 * 2^-24.
        double bound = 16 * Math.Pow(2, -24);
        Assert.Equal(absolute, error.MeanAbsolute, bound);
        Assert.Equal(squared, error.MeanSquared, 2 * absolute * bound + bound * bound);
        Assert.Equal((split.Test.Count - horizon + 1L) * horizon * columns, error.Count);
    }

    [DataTheory]
    [InlineData("ETTh1.csv", 17420, 7, 30.531, "1 hour", 24)]
    [InlineData("ETTm1.csv.gz", 69680, 7, 30.531, "15 minutes", 96)]
    [InlineData("exchange_rate.csv", 7588, 8, 0.593, "1 day", 7)]
    public void Forecasting_benchmarks_are_read(string name, int rows, int columns, double lastOfFirstRow, string step, int season)
    {
        SeriesTable table = SeriesTable.Read(BenchmarkData.At("forecasting", name));
        Assert.Equal((rows, columns), (table.Rows, table.Columns.Length));
        Assert.Equal("OT", table.Names[^1]);
        Assert.Equal(step, table.Time!.Step.ToString());
        Assert.Equal(season, Season.Find(table, rows / 2).Rows);
        Assert.Empty(table.Notices);
        // Half a unit of the last decimal given here.
        Assert.Equal(lastOfFirstRow, table.Columns[^1][0], 5e-4);
    }

    [DataTheory]
    // By loops over the definition in another language, in double.
    [InlineData("JapaneseVowels", 352)]
    [InlineData("Handwriting", 282)]
    public void Classification_benchmarks_have_known_scores(string name, int correct)
    {
        TsDataset train = BenchmarkData.Classification(name, "TRAIN"), test = BenchmarkData.Classification(name, "TEST");
        var neighbour = new NearestNeighbour(train.Cases, train.Channels);
        Assert.Equal(correct, test.Cases.Count(c => neighbour.Predict(c) == c.Label));
    }

    [DataFact]
    public void Taxi_has_known_scores()
    {
        var split = EventSplit.ByShares(EventFile.Read(BenchmarkData.At("events", "taxi.txt")));
        EventScore exponential = EventEvaluation.Run(ExponentialIntervals.Fit(split.Train), null, split.Test);
        EventScore logNormal = EventEvaluation.Run(LogNormalIntervals.Fit(split.Train), null, split.Test);
        // By loops over the definition in another language, in double: sums of thousands of numbers, rounded differently.
        Assert.Equal(3851, exponential.Events);
        Assert.Equal(-0.4857549011009927, exponential.Nats, 1e-10);
        Assert.Equal(0.3545839519253407, exponential.IntervalRootMeanSquared, 1e-10);
        Assert.Equal(-0.5054090612791885, logNormal.Nats, 1e-10);
        Assert.Equal(0.3599618365045225, logNormal.IntervalRootMeanSquared, 1e-10);
    }

    [DataFact]
    public void Stack_Overflow_has_known_scores()
    {
        EventSplit split = BenchmarkData.StackOverflow();
        // Fitted to training and validation, so that the expected numbers do not depend on the seed's draw.
        EventSequence[] fitted = [.. split.Train, .. split.Validation];
        int kinds = split.MarkNames!.Length;
        EventScore exponential = EventEvaluation.Run(ExponentialIntervals.Fit(fitted), new MarkFrequencies(fitted, kinds), split.Test);
        EventScore logNormal = EventEvaluation.Run(LogNormalIntervals.Fit(fitted), new MarkTransitions(fitted, kinds), split.Test);
        // By loops over the definition in another language, in double: sums of 10^5 numbers, rounded differently.
        Assert.Equal(95907, exponential.Events);
        Assert.Equal(14.611711700533618, exponential.IntervalNats, 1e-9);
        Assert.Equal(14.721959436491737, logNormal.IntervalNats, 1e-9);
        Assert.Equal(1040147.2659481224, exponential.IntervalRootMeanSquared, 1e-4);
        Assert.Equal(1407974.4807057565, logNormal.IntervalRootMeanSquared, 1e-4);
        Assert.Equal(1.872594408730448, exponential.MarkNats!.Value, 1e-9);
        Assert.Equal(1.7206537942198055, logNormal.MarkNats!.Value, 1e-9);
        Assert.Equal((41138 / 95907.0, 42659 / 95907.0), (exponential.MarkAccuracy!.Value, logNormal.MarkAccuracy!.Value));
    }
}
