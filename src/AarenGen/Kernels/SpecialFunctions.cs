namespace AarenGen.Kernels;

/// <summary>Functions of probability theory, in double.</summary>
internal static class SpecialFunctions
{
    /// <summary>ln(2π)/2.</summary>
    public const double HalfLogTau = 0.918938533204672741780;

    /// <summary>The power series of √(v/(1 − e^−v)): its square's, B_k (−v)^k/k!, solved for it term by term.</summary>
    private static readonly double[] RootSeries =
    [
        1, 1.0 / 4, 1.0 / 96, -1.0 / 384, -1.0 / 10240, 5.154079861111111e-5, 1.2756024714918915e-6, -1.1100970878802910e-6,
        -1.9670584004181823e-8, 2.4836319884715677e-8, 3.3966619960386745e-10, -5.6900718339421876e-10, -6.3372301556671302e-12,
        1.3251315155878904e-11,
    ];

    /// <summary>
    /// ln(1 + x), x above −1, to a few units in the last place: the framework's double.LogP1 takes the logarithm of the rounded sum, which
    /// is 0 for x below 1e-16. Source: Kahan, as in Higham, Accuracy and Stability of Numerical Algorithms, section 1.14.1.
    /// </summary>
    public static double LogOnePlus(double x)
    {
        double sum = 1 + x;
        return sum == 1 || double.IsPositiveInfinity(sum) ? x : Math.Log(sum) * (x / (sum - 1));
    }

    /// <summary>
    /// e^x − 1 to a few units in the last place, as <see cref="LogOnePlus"/>; the framework's double.ExpM1 is the difference.
    /// </summary>
    public static double ExpMinusOne(double x)
    {
        double power = Math.Exp(x);
        return power == 1 ? x : power == 0 || double.IsPositiveInfinity(power) ? power - 1 : (power - 1) * (x / Math.Log(power));
    }

    /// <summary>ln(1 + e^x).</summary>
    public static double Softplus(double x) => Math.Max(x, 0) + LogOnePlus(Math.Exp(-Math.Abs(x)));

    /// <summary>ln Σ e^x.</summary>
    public static double LogSumExp(ReadOnlySpan<float> values)
    {
        double best = double.NegativeInfinity, sum = 0;
        foreach (float value in values)
        {
            AddExponential(value, ref best, ref sum);
        }
        return best + Math.Log(sum);
    }

    /// <summary>Adds e^x to e^best · sum, best being the largest exponent so far.</summary>
    public static void AddExponential(double x, ref double best, ref double sum)
    {
        if (x > best)
        {
            sum *= Math.Exp(best - x);
            best = x;
        }
        sum += x == best ? 1 : Math.Exp(x - best);
    }

    /// <summary>Φ(x): by Taylor's series of the integral near 0, by Laplace's continued fraction of the tail beyond 3.</summary>
    public static double Normal(double x)
    {
        double size = Math.Abs(x);
        if (double.IsNaN(x))
        {
            return x;
        }
        double density = Math.Exp(-0.5 * x * x - HalfLogTau);
        if (size > 3)
        {
            double tail = density * MillsRatio(size);
            return x > 0 ? 1 - tail : tail;
        }
        double term = size, sum = size;
        for (int i = 1; term > 1e-17 * sum; i++)
        {
            term *= size * size / (2 * i + 1);
            sum += term;
        }
        return x > 0 ? 0.5 + density * sum : 0.5 - density * sum;
    }

    /// <summary>Φ(−x)/φ(x), x above 3.</summary>
    public static double MillsRatio(double x)
    {
        double fraction = 0;
        for (int i = 120; i > 0; i--)
        {
            fraction = i / (x + fraction);
        }
        return 1 / (x + fraction);
    }

    /// <summary>
    /// The x at which a rising distribution function becomes p, 0 &lt; p &lt; 1: the smallest double where it is p or more, −∞ where
    /// that lies below all doubles; NaN where the function is. Doubles are bisected in their order, so that 64 steps reach any of them.
    /// </summary>
    public static double Invert<TDistribution>(TDistribution distribution, double p)
        where TDistribution : struct, IDistribution, allows ref struct
    {
        long low = Rank(double.NegativeInfinity), high = Rank(double.PositiveInfinity);
        while (low + 1 < high)
        {
            // Without the overflow of high − low.
            long middle = (low >> 1) + (high >> 1) + (low & high & 1);
            double cumulative = distribution.CumulativeProbability(AtRank(middle));
            if (double.IsNaN(cumulative))
            {
                return double.NaN;
            }
            (low, high) = cumulative < p ? (middle, high) : (low, middle);
        }
        return AtRank(high) == double.MinValue ? double.NegativeInfinity : AtRank(high);

        // The bits of doubles above 0 are in their order; below 0 the order of the magnitudes is reversed.
        static long Rank(double x)
        {
            long bits = BitConverter.DoubleToInt64Bits(x);
            return bits >= 0 ? bits : long.MinValue - bits;
        }

        static double AtRank(long rank) => BitConverter.Int64BitsToDouble(rank >= 0 ? rank : long.MinValue - rank);
    }

    /// <summary>The same for a distribution that is symmetric about 0, whose upper tail keeps the precision of the lower.</summary>
    public static double InvertSymmetric<TDistribution>(TDistribution distribution, double p) where TDistribution : struct, IDistribution =>
        p == 0.5 ? 0 : p < 0.5 ? Invert(distribution, p) : -Invert(distribution, 1 - p);

    /// <summary>
    /// ln Γ(x + 1/2) − ln Γ(x) − ln(x)/2, x > 0, and its derivative; both go to 0 as x grows. From 10 on by the asymptotic series, whose
    /// coefficients are (B_2k(1/2) − B_2k(0)) / ((2k − 1) 2k) and whose first term left out is below 6e-17 there; by recurrence before.
    /// The difference of two log-gammas loses all digits from x = 1e16 on. Source: DLMF 5.11.8.
    /// </summary>
    public static double LogGammaHalfStep(double x, out double derivative)
    {
        if (!(x > 0))
        {
            return derivative = double.NaN;
        }
        double value = 0;
        derivative = 0;
        for (; x < 10; x++)
        {
            value -= 0.5 * LogOnePlus(0.25 / (x * (x + 1)));
            derivative += 0.25 / (x * (x + 0.5) * (x + 1));
        }
        double r = 1 / x, s = r * r;
        value -= r * (1.0 / 8 - s * (1.0 / 192 - s * (1.0 / 640 - s * (17.0 / 14336
            - s * (31.0 / 18432 - s * (691.0 / 180224 - s * (5461.0 / 425984)))))));
        derivative += s * (1.0 / 8 - s * (1.0 / 64 - s * (1.0 / 128 - s * (17.0 / 2048
            - s * (31.0 / 2048 - s * (7601.0 / 180224 - s * (70993.0 / 425984)))))));
        return value;
    }

    /// <summary>ln of the density of the standard Student-t distribution; that of the normal one for infinite degrees of freedom.</summary>
    public static double StudentTLogDensity(double t, double degrees) =>
        LogGammaHalfStep(degrees / 2, out _) - HalfLogTau
        - (double.IsPositiveInfinity(degrees) ? 0.5 * t * t : (degrees + 1) / 2 * LogOnePlusSquareOver(t, degrees));

    /// <summary>The derivatives of <see cref="StudentTLogDensity"/>: that by t is −Pull · t; and that by the degrees of freedom.</summary>
    public static (double Pull, double ByDegrees) StudentTDerivatives(double t, double degrees)
    {
        _ = LogGammaHalfStep(degrees / 2, out double step);
        double ratio = t * t / degrees, fraction = ratio / (1 + ratio), excess;
        if (fraction < 0.01)
        {
            // ln(1 + ratio) − fraction = −ln(1 − fraction) − fraction, by its series: the first term left out is below 2e-17 of the first.
            double sum = 0;
            for (int k = 9; k >= 2; k--)
            {
                sum = (sum + 1.0 / k) * fraction;
            }
            excess = sum * fraction;
        }
        else
        {
            excess = LogOnePlus(ratio) - fraction;
        }
        return ((1 + 1 / degrees) / (1 + ratio), 0.5 * (step - excess + fraction / degrees));
    }

    /// <summary>
    /// The distribution function of Student's t, with full relative precision in the lower tail. With w² = ν ln(1 + t²/ν) and v = s²/ν the
    /// upper tail is e^c ∫_w^∞ φ(s) √(v/(1 − e^−v)) ds, c from <see cref="LogGammaHalfStep"/>; the root's power series in v
    /// is integrated term by term, all of one recurrence. For ν ≥ 50 and v ≤ 0.3 the first term left out is below 1e-16 of the sum.
    /// Elsewhere the regularised incomplete beta function's continued fraction converges fast. Source of the fraction: Press et al.,
    /// Numerical Recipes, section 6.4.
    /// </summary>
    public static double StudentT(double t, double degrees)
    {
        if (double.IsNaN(t) || !(degrees > 0))
        {
            return double.NaN;
        }
        if (double.IsInfinity(t) || double.IsPositiveInfinity(degrees))
        {
            return Normal(t);
        }
        double logRatio = LogOnePlusSquareOver(t, degrees);
        double tail = degrees >= 50 && logRatio <= 0.3
            ? StudentTailBySeries(Math.Sqrt(degrees * logRatio), logRatio, degrees)
            : StudentTailByFraction(logRatio, degrees);
        return t > 0 ? 1 - tail : tail;
    }

    /// <summary>ln(1 + x²/y), y > 0, also where the square is beyond all doubles.</summary>
    private static double LogOnePlusSquareOver(double x, double y)
    {
        double size = Math.Abs(x);
        return size < 1e120 ? LogOnePlus(x * x / y) : double.IsInfinity(size) ? size : 2 * Math.Log(size) - Math.Log(y);
    }

    private static double StudentTailBySeries(double w, double v, double degrees)
    {
        // Σ c_k M_k/ν^k with M_k = ∫_w^∞ s^2k φ(s) ds = w^(2k−1) φ(w) + (2k − 1) M_(k−1).
        double moment = Normal(-w), edge = w * Math.Exp(-0.5 * w * w - HalfLogTau) / degrees, sum = moment;
        for (int k = 1; k < RootSeries.Length; k++)
        {
            moment = edge + (2 * k - 1) / degrees * moment;
            edge *= v;
            sum += RootSeries[k] * moment;
        }
        return Math.Exp(LogGammaHalfStep(degrees / 2, out _)) * sum;
    }

    /// <summary>Half of I_x(ν/2, 1/2), x = ν/(ν + t²).</summary>
    private static double StudentTailByFraction(double logRatio, double degrees)
    {
        double a = degrees / 2, x = Math.Exp(-logRatio), y = -ExpMinusOne(-logRatio);
        if (y == 0)
        {
            return 0.5;
        }
        double front = Math.Exp(LogGammaHalfStep(a, out _) + 0.5 * Math.Log(a * y / Math.PI) - a * logRatio);
        return x < (a + 1) / (a + 2.5) ? 0.5 * front * BetaFraction(x, a, 0.5) / a : 0.5 - front * BetaFraction(y, 0.5, a);
    }

    private static double BetaFraction(double x, double a, double b)
    {
        const double min = 1e-300;
        double c = 1, d = 1 / Keep(1 - (a + b) * x / (a + 1)), result = d;
        for (int m = 1; m < 10_000; m++)
        {
            double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 / Keep(1 + even * d);
            c = Keep(1 + even / c);
            result *= d * c;
            d = 1 / Keep(1 + odd * d);
            c = Keep(1 + odd / c);
            double change = d * c;
            result *= change;
            if (Math.Abs(change - 1) < 1e-15)
            {
                break;
            }
        }
        return result;

        static double Keep(double v) => Math.Abs(v) < min ? min : v;
    }
}

/// <summary>A distribution function that can be inverted.</summary>
internal interface IDistribution
{
    /// <summary>The probability of at most x.</summary>
    double CumulativeProbability(double x);
}
