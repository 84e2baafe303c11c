using System.Globalization;

namespace AarenGen;

/// <summary>
/// Counts of which category follows which context, begun at 1 each (Laplace's rule of succession): with the category before as context a
/// Markov chain, with a single context frequencies. Only pairs that occur take memory. Not thread-safe.
/// </summary>
public sealed class CategoryTransitions
{
    private readonly Dictionary<int, long>?[] counts;
    private readonly long[] totals;
    private readonly int[] mostLikely;

    /// <summary>No counts yet.</summary>
    /// <param name="contexts">Number of contexts, at least 1.</param>
    /// <param name="categories">Number of categories, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public CategoryTransitions(int contexts, int categories)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(contexts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(categories, 1);
        counts = new Dictionary<int, long>?[contexts];
        totals = new long[contexts];
        mostLikely = new int[contexts];
        Categories = categories;
    }

    /// <summary>Number of categories.</summary>
    public int Categories { get; }

    /// <summary>Counts one.</summary>
    /// <param name="context">The context, from 0.</param>
    /// <param name="next">The category that follows, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such context or category.</exception>
    public void Add(int context, int next)
    {
        Check(context, counts.Length, nameof(context));
        Check(next, Categories, nameof(next));
        Dictionary<int, long> row = counts[context] ??= [];
        long count = row[next] = row.GetValueOrDefault(next) + 1, most = row.GetValueOrDefault(mostLikely[context]);
        if (count > most || (count == most && next < mostLikely[context]))
        {
            mostLikely[context] = next;
        }
        totals[context]++;
    }

    /// <summary>The natural logarithm of (count + 1) / (total of the context + categories).</summary>
    /// <param name="context">The context, from 0.</param>
    /// <param name="next">The category that follows, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such context or category.</exception>
    public double LogProbability(int context, int next)
    {
        Check(context, counts.Length, nameof(context));
        Check(next, Categories, nameof(next));
        return Math.Log((counts[context]?.GetValueOrDefault(next) ?? 0) + 1) - Math.Log(totals[context] + Categories);
    }

    /// <summary>The category counted most; in a tie the lowest.</summary>
    /// <param name="context">The context, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such context.</exception>
    public int MostLikely(int context)
    {
        Check(context, counts.Length, nameof(context));
        return mostLikely[context];
    }

    private static void Check(int number, int count, string name)
    {
        if ((uint)number >= (uint)count)
        {
            throw new ArgumentOutOfRangeException(
                name, number, string.Create(CultureInfo.InvariantCulture, $"It must be from 0 to {count - 1}."));
        }
    }
}
