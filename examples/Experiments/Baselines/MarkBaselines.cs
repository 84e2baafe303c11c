using System.Globalization;
using AarenGen;

namespace Experiments;

/// <summary>A distribution of the next mark that depends on at most the mark before it.</summary>
internal interface IMarkBaseline
{
    /// <summary>Its name in reports.</summary>
    string Name { get; }

    /// <summary>Number of marks; they are numbered from 0.</summary>
    int Kinds { get; }

    /// <summary>Log of the probability that <paramref name="next"/> follows <paramref name="previous"/>, in nats; always finite.</summary>
    double LogProbability(int previous, int next);

    /// <summary>The likeliest mark after <paramref name="previous"/>; in a tie the lowest.</summary>
    int Predict(int previous);
}

/// <summary>The frequency of each mark, independent of earlier marks: (count + 1) / (total + kinds), smoothed as Laplace did.</summary>
internal sealed class MarkFrequencies : IMarkBaseline
{
    private readonly CategoryTransitions counts;

    /// <summary>Counts the marks of all events but each sequence's first, the ones that are predicted.</summary>
    /// <param name="train">Sequences with marks from 0 to <paramref name="kinds"/> - 1.</param>
    /// <param name="kinds">Number of marks, at least 1.</param>
    /// <exception cref="ArgumentException">A sequence has no marks, or one out of range.</exception>
    public MarkFrequencies(IReadOnlyList<EventSequence> train, int kinds)
    {
        counts = new(1, kinds);
        foreach ((_, int next) in MarkPairs.All(train, kinds))
        {
            counts.Add(0, next);
        }
    }

    /// <inheritdoc/>
    public string Name => "mark frequencies";

    /// <inheritdoc/>
    public int Kinds => counts.Categories;

    /// <inheritdoc/>
    public double LogProbability(int previous, int next) => counts.LogProbability(0, next);

    /// <inheritdoc/>
    public int Predict(int previous) => counts.MostLikely(0);
}

/// <summary>First-order Markov chain: (count of next after previous + 1) / (count of previous + kinds), smoothed as Laplace did.</summary>
internal sealed class MarkTransitions : IMarkBaseline
{
    private readonly CategoryTransitions counts;

    /// <summary>Counts neighbouring pairs within sequences.</summary>
    /// <param name="train">Sequences with marks from 0 to <paramref name="kinds"/> - 1.</param>
    /// <param name="kinds">Number of marks, at least 1.</param>
    /// <exception cref="ArgumentException">A sequence has no marks, or one out of range.</exception>
    public MarkTransitions(IReadOnlyList<EventSequence> train, int kinds)
    {
        counts = new(kinds, kinds);
        foreach ((int previous, int next) in MarkPairs.All(train, kinds))
        {
            counts.Add(previous, next);
        }
    }

    /// <inheritdoc/>
    public string Name => "Markov chain of marks";

    /// <inheritdoc/>
    public int Kinds => counts.Categories;

    /// <inheritdoc/>
    public double LogProbability(int previous, int next) => counts.LogProbability(previous, next);

    /// <inheritdoc/>
    public int Predict(int previous) => counts.MostLikely(previous);
}

/// <summary>Neighbouring marks, checked.</summary>
internal static class MarkPairs
{
    /// <summary>Every pair of neighbouring marks within a sequence.</summary>
    /// <exception cref="ArgumentException">A sequence has no marks, or one out of range.</exception>
    public static IEnumerable<(int Previous, int Next)> All(IReadOnlyList<EventSequence> sequences, int kinds)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ArgumentOutOfRangeException.ThrowIfLessThan(kinds, 1);
        int bad = sequences.SelectMany(static s => s.Marks ?? throw new ArgumentException(
            "A sequence has no marks; read them from the file of marks.", nameof(sequences)))
            .FirstOrDefault(mark => mark < 0 || mark >= kinds);
        return bad == 0
            ? sequences.SelectMany(static s => s.Marks!.Zip(s.Marks!.Skip(1)))
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"A mark is {bad}, but must be from 0 to {kinds - 1}; EventSplit numbers them so."), nameof(sequences));
    }
}
