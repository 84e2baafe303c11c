namespace AarenGen;

/// <summary>
/// The distribution that quantiles stand for: its cumulative probability is linear between neighbouring levels, and beyond the outermost
/// ones it has exponential tails, which begin with the density of the outermost pair. Equal values are an atom, and a single level is all
/// of the distribution.
/// </summary>
/// <param name="values">The values at the levels, ascending.</param>
/// <param name="levels">The levels, ascending, above 0 and below 1.</param>
internal readonly ref struct PiecewiseDistribution(ReadOnlySpan<float> values, ReadOnlySpan<float> levels)
{
    private readonly ReadOnlySpan<float> values = values, levels = levels;

    private int Last => values.Length - 1;

    /// <summary>The scale of the lower tail: its mean distance from the lowest value.</summary>
    private double LowerScale => Last == 0 ? 0 : levels[0] * Slope(0);

    private double UpperScale => Last == 0 ? 0 : (1.0 - levels[Last]) * Slope(Last - 1);

    public double Mean
    {
        get
        {
            double mean = levels[0] * (values[0] - LowerScale) + (1.0 - levels[Last]) * (values[Last] + UpperScale);
            for (int i = 0; i < Last; i++)
            {
                mean += ((double)levels[i + 1] - levels[i]) * ((double)values[i] + values[i + 1]) / 2;
            }
            return mean;
        }
    }

    public double Quantile(double probability)
    {
        if (IsUnknown(probability))
        {
            return double.NaN;
        }
        if (probability < levels[0])
        {
            return values[0] + LowerScale * Math.Log(probability / levels[0]);
        }
        if (probability > levels[Last])
        {
            return values[Last] - UpperScale * Math.Log((1 - probability) / (1.0 - levels[Last]));
        }
        int i = 0;
        while (i < Last - 1 && levels[i + 1] < probability)
        {
            i++;
        }
        return Last == 0 ? values[0] : values[i] + (probability - levels[i]) * Slope(i);
    }

    /// <summary>The probability of at most <paramref name="x"/>.</summary>
    public double Below(double x)
    {
        if (IsUnknown(x))
        {
            return double.NaN;
        }
        if (x < values[0])
        {
            return Tail(levels[0], values[0] - x, LowerScale);
        }
        if (x >= values[Last])
        {
            return 1 - Tail(1.0 - levels[Last], x - values[Last], UpperScale);
        }
        int i = 0;
        while (values[i + 1] <= x)
        {
            i++;
        }
        return levels[i] + (x - values[i]) / Slope(i);
    }

    /// <summary>The probability of at least <paramref name="x"/>.</summary>
    public double Above(double x)
    {
        if (IsUnknown(x))
        {
            return double.NaN;
        }
        if (x > values[Last])
        {
            return Tail(1.0 - levels[Last], x - values[Last], UpperScale);
        }
        if (x <= values[0])
        {
            return 1 - Tail(levels[0], values[0] - x, LowerScale);
        }
        int i = Last;
        while (values[i - 1] >= x)
        {
            i--;
        }
        return 1 - levels[i] + (values[i] - x) / Slope(i - 1);
    }

    /// <summary>The logarithm of the density: infinite at an atom, and at an inner value that of the piece above it.</summary>
    public double LogDensity(double x)
    {
        if (IsUnknown(x))
        {
            return double.NaN;
        }
        if (x < values[0])
        {
            return LogTailDensity(levels[0], values[0] - x, LowerScale);
        }
        // The first piece that ends above x, and whether a piece without width, or a tail without scale, lies at x.
        int i = 0;
        bool isAtom = x == values[0] && LowerScale == 0;
        for (; i < Last && values[i + 1] <= x; i++)
        {
            isAtom |= values[i] == x;
        }
        if (isAtom || (x == values[Last] && UpperScale == 0))
        {
            return double.PositiveInfinity;
        }
        return i < Last ? -Math.Log(Slope(i)) : LogTailDensity(1.0 - levels[Last], x - values[Last], UpperScale);
    }

    /// <summary>
    /// ∫ (F(z) − 1{z ≥ x})² dz, piece by piece; on a linear piece, F from a to b over a width w gives w (a² + a b + b²)/3.
    /// </summary>
    public double RankedProbabilityScore(double x)
    {
        if (IsUnknown(x))
        {
            return double.NaN;
        }
        double score = 0;
        for (int i = 0; i < Last; i++)
        {
            double start = values[i], end = values[i + 1], cut = Math.Clamp(x, start, end);
            if (end > start)
            {
                double atCut = levels[i] + (cut - start) / Slope(i);
                score += Squares(levels[i], atCut, cut - start) + Squares(1 - atCut, 1.0 - levels[i + 1], end - cut);
            }
        }
        return score + TailScore(levels[0], values[0] - x, LowerScale) + TailScore(1.0 - levels[Last], x - values[Last], UpperScale);
    }

    /// <summary>Whether one of the numbers is NaN; of the values, which are sorted, that is the first.</summary>
    private bool IsUnknown(double x) => double.IsNaN(x) || float.IsNaN(values[0]);

    private double Slope(int i) => ((double)values[i + 1] - values[i]) / ((double)levels[i + 1] - levels[i]);

    private static double Squares(double a, double b, double width) => width * (a * a + a * b + b * b) / 3;

    /// <summary>
    /// The probability beyond a distance from the outermost value, in a tail of the given probability and scale. Without a scale the tail
    /// is part of the outermost value.
    /// </summary>
    private static double Tail(double probability, double distance, double scale) =>
        scale > 0 ? probability * Math.Exp(-distance / scale) : 0;

    private static double LogTailDensity(double probability, double distance, double scale) =>
        scale > 0 ? Math.Log(probability / scale) - distance / scale : double.NegativeInfinity;

    /// <summary>
    /// The score of a tail where the truth lies at a distance beyond the outermost value, or, if it is negative, before it. With the tail
    /// p e^(−d/s): beyond the truth the integral of its square, before it that of (1 − p e^(−d/s))².
    /// </summary>
    private static double TailScore(double probability, double distance, double scale)
    {
        if (distance <= 0)
        {
            return probability * probability * scale / 2;
        }
        double left = Tail(probability, distance, scale), passed = probability - (scale > 0 ? left : probability);
        return distance - 2 * scale * passed + scale * (probability * probability - left * left) / 2 + left * left * scale / 2;
    }
}
