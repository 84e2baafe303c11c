namespace AarenGen;

/// <summary>
/// Predicted quantiles: a view of a model's output, valid as long as the output is. Levels that the model predicts out of order
/// are read in order.
/// </summary>
public readonly ref struct QuantilePrediction
{
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

    /// <summary>A quantile between the declared levels, interpolated; the outermost level beyond them.</summary>
    /// <param name="probability">Above 0 and below 1.</param>
    /// <param name="index">Which of the predicted values, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability or the index is out of range.</exception>
    public double Quantile(double probability, int index = 0)
    {
        Arguments.CheckProbability(probability);
        int above = 0;
        while (above < levels.Length && levels[above] < probability)
        {
            above++;
        }
        if (above == 0 || above == levels.Length)
        {
            return AtLevel(Math.Min(above, levels.Length - 1), index);
        }
        double fraction = (probability - levels[above - 1]) / ((double)levels[above] - levels[above - 1]);
        return AtLevel(above - 1, index) * (1 - fraction) + AtLevel(above, index) * fraction;
    }
}
