namespace AarenGen.Kernels;

/// <summary>Functions of probability theory, in double.</summary>
internal static class SpecialFunctions
{
    /// <summary>ln(2π)/2.</summary>
    public const double HalfLogTau = 0.918938533204672741780;

    /// <summary>ln(1 + e^x).</summary>
    public static double Softplus(double x) => Math.Max(x, 0) + double.LogP1(Math.Exp(-Math.Abs(x)));

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

    /// <summary>ln Γ(x), x > 0: Stirling's series from 10 on (first term left out below 1e-16), by recurrence before.</summary>
    public static double LogGamma(double x)
    {
        double shift = 0;
        for (; x < 10; x++)
        {
            shift -= Math.Log(x);
        }
        double r = 1 / x, s = r * r;
        double series = r * (1.0 / 12 - s * (1.0 / 360 - s * (1.0 / 1260 - s * (1.0 / 1680 - s * (1.0 / 1188 - s * (691.0 / 360360 - s * (1.0 / 156)))))));
        return (x - 0.5) * Math.Log(x) - x + HalfLogTau + series + shift;
    }

    /// <summary>Γ'(x)/Γ(x), x > 0: the derivative of <see cref="LogGamma"/>'s series.</summary>
    public static double Digamma(double x)
    {
        double shift = 0;
        for (; x < 10; x++)
        {
            shift -= 1 / x;
        }
        double s = 1 / (x * x);
        double series = s * (1.0 / 12 - s * (1.0 / 120 - s * (1.0 / 252 - s * (1.0 / 240 - s * (1.0 / 132 - s * (691.0 / 32760 - s * (1.0 / 12)))))));
        return Math.Log(x) - 0.5 / x - series + shift;
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
            double fraction = 0;
            for (int i = 120; i > 0; i--)
            {
                fraction = i / (size + fraction);
            }
            double tail = density / (size + fraction);
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

    /// <summary>
    /// The x at which a rising distribution function is p, by bisection to neighbouring doubles from a bracket that grows until it
    /// holds x: sure, and fast enough for what is read rather than trained on.
    /// </summary>
    public static double Invert<TDistribution>(TDistribution distribution, double p, double low, double high)
        where TDistribution : struct, IDistribution, allows ref struct
    {
        for (double width = high - low; distribution.Cumulative(low) > p; width *= 2)
        {
            low -= width;
        }
        for (double width = high - low; distribution.Cumulative(high) < p; width *= 2)
        {
            high += width;
        }
        while (true)
        {
            double middle = low + (high - low) / 2;
            if (middle <= low || middle >= high)
            {
                return middle;
            }
            if (distribution.Cumulative(middle) < p)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }
    }

    /// <summary>
    /// The distribution function of Student's t, by the regularised incomplete beta function's continued fraction (Lentz's method).
    /// Source: Press et al., Numerical Recipes, section 6.4.
    /// </summary>
    public static double StudentT(double t, double degrees)
    {
        double tail = 0.5 * Beta(degrees / (degrees + t * t), degrees / 2, 0.5);
        return t > 0 ? 1 - tail : tail;
    }

    private static double Beta(double x, double a, double b)
    {
        if (x is 0 or 1)
        {
            return x;
        }
        double front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + a * Math.Log(x) + b * double.LogP1(-x));
        return x < (a + 1) / (a + b + 2) ? front * BetaFraction(x, a, b) / a : 1 - front * BetaFraction(1 - x, b, a) / b;
    }

    private static double BetaFraction(double x, double a, double b)
    {
        const double least = 1e-300;
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

        static double Keep(double v) => Math.Abs(v) < least ? least : v;
    }
}

/// <summary>A distribution function that can be inverted.</summary>
internal interface IDistribution
{
    /// <summary>The probability of at most x.</summary>
    double Cumulative(double x);
}
