namespace AarenGen;

/// <summary>
/// Widens or narrows predicted intervals so that they hold the truth as often as they say, whatever the model. It runs beside a stream and
/// learns from the errors of past forecasts, for each target and step of the horizon on its own. Its memory is constant: two numbers for
/// each forecast that waits for its truth, targets × horizon² / 2, and two for each error of a window. Not thread-safe.
/// </summary>
/// <remarks>
/// <para>The error of an interval [l, u] for the truth y is max(l − y, y − u): how far y lies outside, negative inside. Of the last n
/// errors of the same target and step, the margin is the k-th smallest, k = ⌈(n + 1) coverage⌉, and the interval becomes
/// [l − margin, u + margin]. For exchangeable errors it holds the truth with at least the wanted probability, and at most 1 / (n + 1)
/// more. An interval of one point gives the point forecast ± a quantile of its absolute errors. Source: Romano, Patterson and Candès,
/// Conformalized Quantile Regression, NeurIPS 2019.</para>
/// <para>With <see cref="ConformalOptions.AdaptationRate"/> the level follows what was missed, so that the long-run coverage holds under
/// any drift: over T intervals, forecast d rows ahead, it is within (1 + d γ) / (γ T) of the wanted one. Source: Gibbs and Candès, Adaptive
/// Conformal Inference Under Distribution Shift, NeurIPS 2021.</para>
/// <para>While there are fewer than c / (1 − c) errors for a coverage c, or while the level is 0 or below, the interval is unbounded. One
/// that narrows to less than nothing is its middle.</para>
/// <para>The error of a forecast is known when its truth is: call <see cref="Observe"/> for each row of the stream, then
/// <see cref="Predict"/> if the model has a forecast after it.</para>
/// </remarks>
public sealed class ConformalIntervals
{
    private readonly int window;
    private readonly double rate;
    private readonly ScoreWindow?[] scores;

    /// <summary>What was forecast and is not known yet: of step h the last h + 1 rows. NaN: nothing.</summary>
    private readonly double[] lower, upper;

    /// <summary>The margins of these, and the levels; empty where the level does not adapt.</summary>
    private readonly double[] margins, levels;
    private readonly int pendingOfTarget;
    private long row;

    /// <summary>Creates the intervals of a stream at its beginning.</summary>
    /// <param name="targets">Number of targets, at least 1.</param>
    /// <param name="horizon">Steps of a forecast, 1 to 32,768.</param>
    /// <param name="coverage">The wanted fraction of truths inside, above 0 and below 1.</param>
    /// <param name="options">How to learn; the defaults where null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public ConformalIntervals(int targets, int horizon, double coverage, ConformalOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(targets, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(horizon, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(horizon, 32_768);
        if (!(coverage is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(coverage), coverage, "The coverage must be above 0 and below 1.");
        }
        options ??= new();
        (Targets, Horizon, Coverage, window, rate) = (targets, horizon, coverage, options.Window, options.AdaptationRate);
        pendingOfTarget = horizon * (horizon + 1) / 2;
        scores = new ScoreWindow?[checked(targets * horizon)];
        lower = new double[checked(targets * pendingOfTarget)];
        upper = new double[lower.Length];
        margins = new double[rate > 0 ? lower.Length : 0];
        levels = new double[rate > 0 ? scores.Length : 0];
        Reset();
    }

    /// <summary>Number of targets.</summary>
    public int Targets { get; }

    /// <summary>Steps of a forecast.</summary>
    public int Horizon { get; }

    /// <summary>The wanted fraction of truths inside.</summary>
    public double Coverage { get; }

    /// <summary>By how much the next interval is widened on each side; +∞ while too little is known.</summary>
    /// <param name="target">The target, from 0.</param>
    /// <param name="step">Rows after the first forecast one, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such target or step.</exception>
    public double Margin(int target, int step) => MarginAt(Index(target, step));

    /// <summary>The fraction of truths that the next interval lets lie outside, by now: 1 − coverage unless the level adapts.</summary>
    /// <param name="target">The target, from 0.</param>
    /// <param name="step">Rows after the first forecast one, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such target or step.</exception>
    public double Level(int target, int step) => LevelAt(Index(target, step));

    /// <summary>How many errors the margin is made of, at most the window.</summary>
    /// <param name="target">The target, from 0.</param>
    /// <param name="step">Rows after the first forecast one, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such target or step.</exception>
    public int ErrorCount(int target, int step) => scores[Index(target, step)]?.Count ?? 0;

    /// <summary>Takes the truth of the stream's next row, and learns from the forecasts that were made for it.</summary>
    /// <param name="truth">[targets]: the true values; NaN: missing.</param>
    /// <exception cref="ArgumentException">The length is wrong.</exception>
    public void Observe(ReadOnlySpan<double> truth)
    {
        CheckLength(truth, Targets, nameof(truth));
        row++;
        for (int target = 0; target < Targets; target++)
        {
            for (int step = 0; step < Horizon; step++)
            {
                int pending = Pending(target, step);
                double error = Math.Max(lower[pending] - truth[target], truth[target] - upper[pending]);
                lower[pending] = upper[pending] = double.NaN;
                if (!double.IsNaN(error))
                {
                    int index = target * Horizon + step;
                    (scores[index] ??= new(window)).Add(error);
                    if (rate > 0)
                    {
                        levels[index] += rate * (1 - Coverage - (error > margins[pending] ? 1 : 0));
                    }
                }
            }
        }
    }

    /// <summary>Takes the forecast after the row that was observed last, and writes its conformal intervals.</summary>
    /// <param name="lower">[targets × horizon]: the lower bounds, target by target; NaN: there is no forecast.</param>
    /// <param name="upper">[targets × horizon]: the upper bounds, not below the lower ones.</param>
    /// <param name="conformalLower">[targets × horizon], overwritten.</param>
    /// <param name="conformalUpper">[targets × horizon], overwritten.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public void Predict(
        ReadOnlySpan<double> lower, ReadOnlySpan<double> upper, Span<double> conformalLower, Span<double> conformalUpper)
    {
        CheckLength(lower, scores.Length, nameof(lower));
        CheckLength(upper, scores.Length, nameof(upper));
        CheckLength(conformalLower, scores.Length, nameof(conformalLower));
        CheckLength(conformalUpper, scores.Length, nameof(conformalUpper));
        for (int target = 0; target < Targets; target++)
        {
            for (int step = 0; step < Horizon; step++)
            {
                int index = target * Horizon + step, pending = Pending(target, step);
                double margin = MarginAt(index), low = lower[index], high = upper[index];
                (this.lower[pending], this.upper[pending]) = (low, high);
                if (rate > 0)
                {
                    margins[pending] = margin;
                }
                double middle = low + (high - low) / 2;
                conformalLower[index] = low - margin <= high + margin ? low - margin : middle;
                conformalUpper[index] = low - margin <= high + margin ? high + margin : middle;
            }
        }
    }

    /// <summary>Forgets everything, for a new stream.</summary>
    public void Reset()
    {
        Array.Clear(scores);
        lower.AsSpan().Fill(double.NaN);
        upper.AsSpan().Fill(double.NaN);
        levels.AsSpan().Fill(1 - Coverage);
        row = 0;
    }

    private static void CheckLength(ReadOnlySpan<double> span, int expected, string name)
    {
        if (span.Length != expected)
        {
            throw new ArgumentException($"'{name}' must hold {expected} numbers, but holds {span.Length}.", name);
        }
    }

    private int Index(int target, int step) =>
        Arguments.CheckIndex(target, Targets) * Horizon + Arguments.CheckIndex(step, Horizon);

    /// <summary>The place of what was forecast step + 1 rows ago, and of what is forecast now.</summary>
    private int Pending(int target, int step) =>
        target * pendingOfTarget + step * (step + 1) / 2 + (int)(row % (step + 1));

    private double LevelAt(int index) => rate > 0 ? levels[index] : 1 - Coverage;

    private double MarginAt(int index)
    {
        double level = LevelAt(index);
        int count = scores[index]?.Count ?? 0;
        // Products such as 10 · 0.9 round up by less than this, which would ask for one error more.
        double place = Math.Ceiling((count + 1) * (1 - level) - 1e-9);
        return level <= 0 || place > count ? double.PositiveInfinity : place < 1 ? double.NegativeInfinity : scores[index]![(int)place - 1];
    }
}
