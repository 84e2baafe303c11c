using AarenGen.Kernels;

namespace AarenGen;

/// <summary>Predicted class probabilities: a view of a model's output, valid as long as the output is.</summary>
public readonly ref struct CategoricalPrediction
{
    private readonly ReadOnlySpan<float> output;

    /// <summary>Called by generated code.</summary>
    /// <param name="output">The logarithm of the weight of each class, up to a constant.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public CategoricalPrediction(ReadOnlySpan<float> output)
    {
        Arguments.CheckParts(output, 1, "a number for each class", isEmptyAllowed: false);
        this.output = output;
    }

    /// <summary>Classes.</summary>
    public int Count => output.Length;

    /// <summary>The most probable class; the first one in a tie.</summary>
    public int MostLikely
    {
        get
        {
            int best = 0;
            for (int k = 1; k < output.Length; k++)
            {
                best = output[k] > output[best] ? k : best;
            }
            return best;
        }
    }

    /// <summary>The logarithm of the probability of a class.</summary>
    /// <param name="category">The class, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public double LogProbability(int category) => output[Arguments.CheckIndex(category, Count)] - SpecialFunctions.LogSumExp(output);

    /// <summary>The probability of a class.</summary>
    /// <param name="category">The class, from 0 to below <see cref="Count"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such class.</exception>
    public double Probability(int category) => Math.Exp(LogProbability(category));

    /// <summary>Writes the probabilities of all classes, which sum to 1.</summary>
    /// <param name="probabilities">[Count], overwritten.</param>
    /// <exception cref="ArgumentException">The length is wrong.</exception>
    public void CopyProbabilities(Span<float> probabilities)
    {
        Arguments.CheckLength(probabilities, Count);
        double logSum = SpecialFunctions.LogSumExp(output);
        for (int k = 0; k < Count; k++)
        {
            probabilities[k] = (float)Math.Exp(output[k] - logSum);
        }
    }

    /// <summary>A random class by these probabilities.</summary>
    /// <param name="random">The source; seed it for repeatable samples.</param>
    /// <exception cref="ArgumentNullException"><paramref name="random"/> is null.</exception>
    public int Sample(Random random) => Sampling.Class(random, output);
}
