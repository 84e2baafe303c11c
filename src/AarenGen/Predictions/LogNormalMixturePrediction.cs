using AarenGen.Kernels;

namespace AarenGen;

/// <summary>A predicted mixture of log-normal distributions: a view of a model's output, valid as long as the output is.</summary>
public readonly ref struct LogNormalMixturePrediction
{
    private readonly ReadOnlySpan<float> output;

    /// <summary>Called by generated code.</summary>
    /// <param name="output">A log-weight a component, then their means, then their raw deviations.</param>
    /// <exception cref="ArgumentException">The length is 0 or no multiple of 3.</exception>
    public LogNormalMixturePrediction(ReadOnlySpan<float> output)
    {
        Arguments.CheckParts(output, 3, "a weight, a mean and a deviation for each component", isEmptyAllowed: false);
        this.output = output;
    }

    /// <summary>Components of the mixture.</summary>
    public int Components => output.Length / 3;

    /// <summary>The mean, Σ w_k exp(μ_k + σ_k²/2); it may be far above the median.</summary>
    public double Mean
    {
        get
        {
            double logSum = SpecialFunctions.LogSumExp(output[..Components]), mean = 0;
            for (int k = 0; k < Components; k++)
            {
                double deviation = StandardDeviation(k);
                mean += Math.Exp(output[k] - logSum + output[Components + k] + deviation * deviation / 2);
            }
            return mean;
        }
    }

    /// <summary>
    /// The mean of the smaller of the truth and a limit: what to expect where an unlikely wide component makes <see cref="Mean"/> absurd.
    /// It is Σ w_k (exp(μ_k + σ_k²/2) Φ(z_k − σ_k) + limit (1 − Φ(z_k))), z_k = (ln limit − μ_k)/σ_k.
    /// Source: Klugman, Panjer and Willmot, Loss Models, appendix A (limited expected value).
    /// </summary>
    /// <param name="limit">Above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is not above 0.</exception>
    public double LimitedMean(double limit)
    {
        if (!(limit > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(limit), limit, "A limited mean needs a limit above 0.");
        }
        if (double.IsPositiveInfinity(limit))
        {
            return Mean;
        }
        double logSum = SpecialFunctions.LogSumExp(output[..Components]), mean = 0;
        for (int k = 0; k < Components; k++)
        {
            double deviation = StandardDeviation(k), z = (Math.Log(limit) - output[Components + k]) / deviation;
            // Where the first exponential may be beyond all doubles, μ + σ z = ln limit takes it into the probability.
            double cut = deviation - z > 3
                ? limit * Math.Exp(-0.5 * z * z - SpecialFunctions.HalfLogTau) * SpecialFunctions.MillsRatio(deviation - z)
                : Math.Exp(output[Components + k] + deviation * deviation / 2) * SpecialFunctions.Normal(z - deviation);
            mean += Math.Exp(output[k] - logSum) * (cut + limit * SpecialFunctions.Normal(-z));
        }
        return mean;
    }

    /// <summary>The value that the truth is as likely below as above.</summary>
    public double Median => Quantile(0.5);

    /// <summary>The value below which the truth lies with probability <paramref name="probability"/>.</summary>
    /// <param name="probability">Above 0 and below 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability is out of range.</exception>
    public double Quantile(double probability)
    {
        Arguments.CheckProbability(probability);
        return Math.Exp(SpecialFunctions.Invert(new OfLogarithm(output), probability));
    }

    /// <summary>The probability of at most <paramref name="x"/>.</summary>
    /// <param name="x">0 or more.</param>
    public double CumulativeProbability(double x) => x <= 0 ? 0 : new OfLogarithm(output).CumulativeProbability(Math.Log(x));

    /// <summary>The logarithm of the density; −∞ at 0 and below.</summary>
    /// <param name="x">Any number.</param>
    public double LogDensity(double x) => x <= 0 ? double.NegativeInfinity : LogNormalMixture.LogDensity(output, x);

    /// <summary>
    /// The probability of a value at least as far out as <paramref name="x"/>, on either side: 1 at the median and 0 far away, so that
    /// small ones tell anomalies. It is twice the smaller tail.
    /// </summary>
    /// <param name="x">The true value.</param>
    public double TailProbability(double x)
    {
        var logarithm = new OfLogarithm(output);
        return x <= 0 ? 0 : Math.Min(1, 2 * Math.Min(logarithm.CumulativeProbability(Math.Log(x)), logarithm.Above(Math.Log(x))));
    }

    /// <summary>
    /// The continuous ranked probability score, in the unit of the value: 0 for a certain prediction of the truth, and the absolute error
    /// for a certain prediction of anything else. Source: Gneiting and Raftery, Strictly proper scoring rules, 2007.
    /// </summary>
    /// <param name="x">The true value.</param>
    public double RankedProbabilityScore(double x) => RankedProbability.LogNormalMixture(output, x, x > 0 ? LimitedMean(x) : x);

    /// <summary>A random value from the mixture.</summary>
    /// <param name="random">The source; seed it for repeatable samples.</param>
    /// <exception cref="ArgumentNullException"><paramref name="random"/> is null.</exception>
    public double Sample(Random random)
    {
        int k = Sampling.Class(random, output[..Components]);
        return Math.Exp(output[Components + k] + StandardDeviation(k) * Sampling.Normal(random));
    }

    private double StandardDeviation(int k) => LogNormalMixture.StandardDeviation(output[2 * Components + k]);

    private readonly ref struct OfLogarithm(ReadOnlySpan<float> output) : IDistribution
    {
        private readonly ReadOnlySpan<float> output = output;

        public double CumulativeProbability(double x) => Sum(x, 1);

        /// <summary>The probability of at least <paramref name="x"/>, which keeps its precision where it is small.</summary>
        public double Above(double x) => Sum(x, -1);

        private double Sum(double x, int sign)
        {
            int count = output.Length / 3;
            double logSum = SpecialFunctions.LogSumExp(output[..count]), sum = 0;
            for (int k = 0; k < count; k++)
            {
                double deviation = LogNormalMixture.StandardDeviation(output[2 * count + k]);
                sum += Math.Exp(output[k] - logSum) * SpecialFunctions.Normal(sign * (x - output[count + k]) / deviation);
            }
            return sum;
        }
    }
}
