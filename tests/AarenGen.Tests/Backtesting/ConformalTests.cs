using static AarenGen.Tests.Backtesting.TestSeries;

namespace AarenGen.Tests.Backtesting;

/// <summary>Conformal intervals against their definition, and their coverage.</summary>
public sealed class ConformalTests
{
    [Fact]
    public void Margins_are_quantiles_of_the_errors_that_are_known_by_then()
    {
        const int targets = 2, horizon = 3, rows = 200, window = 20;
        const double coverage = 0.8;
        var random = new Random(1);
        var conformal = new ConformalIntervals(targets, horizon, coverage, new() { Window = window });
        double[,] truth = new double[rows, targets];
        double[,] lower = new double[rows, targets * horizon], upper = new double[rows, targets * horizon];
        double[] seen = new double[targets], lows = new double[targets * horizon], highs = new double[targets * horizon],
            conformalLows = new double[targets * horizon], conformalHighs = new double[targets * horizon];
        for (int row = 0; row < rows; row++)
        {
            for (int target = 0; target < targets; target++)
            {
                truth[row, target] = seen[target] = random.Next(8) == 0 ? double.NaN : Normal(random);
            }
            conformal.Observe(seen);
            if (row % 11 == 10)
            {
                // No forecast here: nothing is learnt from it later.
                for (int i = 0; i < lows.Length; i++)
                {
                    lower[row, i] = upper[row, i] = double.NaN;
                }
                continue;
            }
            for (int i = 0; i < lows.Length; i++)
            {
                lower[row, i] = lows[i] = Normal(random) - 0.3;
                upper[row, i] = highs[i] = lows[i] + 0.6 * random.NextDouble();
            }
            conformal.Predict(lows, highs, conformalLows, conformalHighs);
            for (int i = 0; i < lows.Length; i++)
            {
                int target = i / horizon, step = i % horizon;
                // All origins whose truth came by this row, and of these errors the last ones.
                double[] errors = [.. Enumerable.Range(0, rows).Where(o => o + 1 + step <= row)
                    .Select(o => Math.Max(lower[o, i] - truth[o + 1 + step, target], truth[o + 1 + step, target] - upper[o, i]))
                    .Where(static e => !double.IsNaN(e)).TakeLast(window).Order()];
                // ⌈0.8 (n + 1)⌉ in whole numbers.
                int place = (4 * (errors.Length + 1) + 4) / 5;
                double margin = place > errors.Length ? double.PositiveInfinity : errors[place - 1];
                Assert.Equal(errors.Length, conformal.ErrorCount(target, step));
                Assert.Equal(margin, conformal.Margin(target, step));
                double middle = lows[i] + (highs[i] - lows[i]) / 2;
                Assert.Equal(Math.Min(lows[i] - margin, middle), conformalLows[i], 1e-12);
                Assert.Equal(Math.Max(highs[i] + margin, middle), conformalHighs[i], 1e-12);
            }
        }
        conformal.Reset();
        Assert.Equal((0, double.PositiveInfinity), (conformal.ErrorCount(1, 2), conformal.Margin(1, 2)));
    }

    /// <summary>
    /// Errors of independent draws are exchangeable: of n, the k-th smallest holds the next one with probability k / (n + 1), here 401/501.
    /// The mean over T rows has the variance of the hits, c (1 − c) / T, and that of the margins, whose coverage has the variance
    /// c (1 − c) / (n + 2) and which are correlated over at most n rows: c (1 − c) n / ((n + 2) T) more. Five deviations.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Exchangeable_errors_are_covered_as_often_as_said(bool isPoint)
    {
        const int rows = 30_000, window = 500;
        const double exact = 401 / 501.0;
        (double coverage, int scored) = Run(
            new(1, 1, 0.8, new() { Window = window }), rows, isPoint ? 0 : 0.5, window, new(3), static (random, _) => Normal(random));
        Assert.InRange(coverage, exact - 5 * Deviation(), exact + 5 * Deviation());

        double Deviation() => Math.Sqrt(2 * 0.8 * 0.2 / scored);
    }

    /// <summary>
    /// The noise grows tenfold and jumps. Without adaptation, coverage is lost; with it, the bound of Gibbs and Candès holds for any data:
    /// |coverage − wanted| ≤ (1 + d γ) / (γ T), d rows ahead.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public void Adaptive_levels_hold_their_coverage_under_drift(int horizon)
    {
        const int rows = 20_000;
        const double rate = 0.01, wanted = 0.9;
        // Errors of a window of all rows: the quantile lags far behind.
        double plain = Drifting(0), adaptive = Drifting(rate);
        double bound = (1 + horizon * rate) / (rate * (rows - horizon));
        Assert.InRange(adaptive, wanted - bound, wanted + bound);
        Assert.True(plain < wanted - 0.05, $"{plain}");

        double Drifting(double adaptation) => Run(
            new(1, horizon, wanted, new() { Window = rows, AdaptationRate = adaptation }), rows, 0.5, 0, new(5),
            static (random, row) => Normal(random) * (1 + 9.0 * row / rows) + (row > rows / 2 ? 5 * Math.Sin(row / 300.0) : 0)).Coverage;
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(static () => new ConformalIntervals(0, 1, 0.8));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new ConformalIntervals(1, 0, 0.8));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new ConformalIntervals(1, 1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(static () => new ConformalOptions { Window = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(static () => new ConformalOptions { AdaptationRate = -1 });
        var conformal = new ConformalIntervals(1, 2, 0.8);
        Assert.Throws<ArgumentException>(() => conformal.Observe([1, 2]));
        Assert.Throws<ArgumentException>(() => conformal.Predict([1], [1, 2], new double[2], new double[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => conformal.Margin(0, 2));
    }

    [Fact]
    public void A_window_is_the_sorted_list_of_the_last_values()
    {
        var random = new Random(9);
        var window = new ScoreWindow(37);
        List<double> all = [];
        for (int i = 0; i < 500; i++)
        {
            all.Add(random.Next(20));
            window.Add(all[^1]);
            Assert.Equal(all.TakeLast(37).Order(), Enumerable.Range(0, window.Count).Select(k => window[k]));
        }
    }

    /// <summary>Coverage of the last step's intervals [-half, half], as they became.</summary>
    /// <param name="needed">Errors that must be known before an interval counts.</param>
    private static (double Coverage, int Count) Run(
        ConformalIntervals conformal, int rows, double half, int needed, Random random, Func<Random, int, double> next)
    {
        int horizon = conformal.Horizon, hits = 0, count = 0;
        double[] low = new double[horizon], high = new double[horizon], lower = new double[horizon], upper = new double[horizon];
        low.AsSpan().Fill(-half);
        high.AsSpan().Fill(half);
        Queue<(double Lower, double Upper, bool Counts)> pending = [];
        for (int row = 0; row < rows; row++)
        {
            double truth = next(random, row);
            if (pending.Count == horizon)
            {
                (double from, double to, bool counts) = pending.Dequeue();
                hits += counts && truth >= from && truth <= to ? 1 : 0;
                count += counts ? 1 : 0;
            }
            conformal.Observe([truth]);
            conformal.Predict(low, high, lower, upper);
            pending.Enqueue((lower[^1], upper[^1], conformal.ErrorCount(0, horizon - 1) >= needed));
        }
        return (hits / (double)count, count);
    }
}
