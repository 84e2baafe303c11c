namespace AarenGen;

/// <summary>
/// Predicted quantiles: a view of a model's output, valid as long as the output is. Levels that the model predicts out of order
/// are read in order.
/// </summary>
/// <remarks>
/// Between two levels the cumulative probability is interpolated, and beyond the outermost ones it has exponential tails, which begin with
/// the density between the outermost pair. All members but <see cref="AtLevel"/> describe this distribution. Where the outermost two
/// values are equal, or there is a single level, nothing is known beyond, and there is no tail.
/// </remarks>
public readonly ref struct QuantilePrediction
{
    /// <summary>Levels whose values are sorted without an allocation.</summary>
    private const int MaxOnStack = 64;

    private readonly ReadOnlySpan<float> output, levels;

    /// <summary>Called by generated code.</summary>
    /// <param name="output">All values at the first level, then at the second, and so on.</param>
    /// <param name="levels">The levels, ascending.</param>
    /// <exception cref="ArgumentException">There are no levels, or their number does not divide that of the outputs.</exception>
    public QuantilePrediction(ReadOnlySpan<float> output, ReadOnlySpan<float> levels)
    {
        if (levels.IsEmpty)
        {
            throw new ArgumentException("Quantiles need at least one level.", nameof(levels));
        }
        Arguments.CheckParts(output, levels.Length, "one for each level and value");
        this.output = output;
        this.levels = levels;
    }

    /// <summary>How many values are predicted.</summary>
    public int Count => levels.IsEmpty ? 0 : output.Length / levels.Length;

    /// <summary>The declared levels, ascending.</summary>
    public ReadOnlySpan<float> Levels => levels;

    /// <summary>The value below which the truth lies with the probability of a declared level.</summary>
    /// <param name="level">The level's index, from 0 to below the number of <see cref="Levels"/>.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The level or the index is out of range.</exception>
    public float AtLevel(int level, int index = 0)
    {
        Arguments.CheckIndex(level, levels.Length);
        Arguments.CheckIndex(index, Count);
        // The value that as many lie below as levels do: selection, since there are few levels and nothing may be allocated.
        int count = Count;
        for (int i = 0; i < levels.Length; i++)
        {
            float candidate = output[i * count + index];
            int before = 0;
            for (int j = 0; j < levels.Length; j++)
            {
                float other = output[j * count + index];
                before += other < candidate || (other == candidate && j < i) ? 1 : 0;
            }
            if (before == level)
            {
                return candidate;
            }
        }
        return float.NaN;
    }

    /// <summary>The mean.</summary>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public double Mean(int index = 0) => Distribution(index, stackalloc float[MaxOnStack]).Mean;

    /// <summary>The value below which the truth lies with probability <paramref name="probability"/>.</summary>
    /// <param name="probability">Above 0 and below 1.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability or the index is out of range.</exception>
    public double Quantile(double probability, int index = 0)
    {
        Arguments.CheckProbability(probability);
        return Distribution(index, stackalloc float[MaxOnStack]).Quantile(probability);
    }

    /// <summary>The probability of at most <paramref name="x"/>.</summary>
    /// <param name="x">Any number.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public double CumulativeProbability(double x, int index = 0) => Distribution(index, stackalloc float[MaxOnStack]).Below(x);

    /// <summary>
    /// The probability of a value at least as far out as <paramref name="x"/>, on either side: 1 at the median and 0 far away, so that
    /// small ones tell anomalies. It is twice the smaller tail. Beyond the outermost levels it is extrapolated.
    /// </summary>
    /// <param name="x">The true value.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public double TailProbability(double x, int index = 0)
    {
        PiecewiseDistribution distribution = Distribution(index, stackalloc float[MaxOnStack]);
        return Math.Min(1, 2 * Math.Min(distribution.Below(x), distribution.Above(x)));
    }

    /// <summary>
    /// The continuous ranked probability score, in the unit of the value: 0 for a certain prediction of the truth, and the absolute error
    /// for a certain prediction of anything else. Source: Gneiting and Raftery, Strictly proper scoring rules, 2007.
    /// </summary>
    /// <param name="x">The true value.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public double RankedProbabilityScore(double x, int index = 0) =>
        Distribution(index, stackalloc float[MaxOnStack]).RankedProbabilityScore(x);

    /// <summary>
    /// The logarithm of the density, which is constant between two neighbouring values; at a value it is that above it. Where several
    /// levels have <paramref name="x"/> itself as their value, or it is an outermost value without a tail, it is positive infinity; beyond
    /// a value without a tail it is negative infinity.
    /// </summary>
    /// <param name="x">Any number.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public double LogDensity(double x, int index = 0) => Distribution(index, stackalloc float[MaxOnStack]).LogDensity(x);

    /// <summary>A random value from the distribution.</summary>
    /// <param name="random">The source; seed it for repeatable samples.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    /// <exception cref="ArgumentNullException"><paramref name="random"/> is null.</exception>
    public double Sample(Random random, int index = 0)
    {
        ArgumentNullException.ThrowIfNull(random);
        double probability = random.NextDouble();
        while (probability == 0)
        {
            probability = random.NextDouble();
        }
        return Distribution(index, stackalloc float[MaxOnStack]).Quantile(probability);
    }

    /// <summary>The distribution of a value, with its quantiles in order.</summary>
    private PiecewiseDistribution Distribution(int index, Span<float> stack)
    {
        Arguments.CheckIndex(index, Count);
        Span<float> values = levels.Length <= stack.Length ? stack[..levels.Length] : new float[levels.Length];
        // Insertion: levels are few and mostly in order, and under NativeAOT Span.Sort allocates. NaN comes first, as there.
        for (int level = 0; level < levels.Length; level++)
        {
            float value = output[level * Count + index];
            int at = level;
            for (; at > 0 && values[at - 1].CompareTo(value) > 0; at--)
            {
                values[at] = values[at - 1];
            }
            values[at] = value;
        }
        return new(values, levels);
    }
}
