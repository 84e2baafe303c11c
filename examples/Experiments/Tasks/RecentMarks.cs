namespace Experiments;

/// <summary>The different marks of a sequence so far, the latest first, up to a number of them.</summary>
/// <param name="capacity">How many are kept.</param>
internal sealed class RecentMarks(int capacity)
{
    private readonly List<int> marks = new(capacity + 1);

    /// <summary>How many there are.</summary>
    public int Count => marks.Count;

    /// <summary>The mark at a place; 0 is the latest.</summary>
    public int this[int place] => marks[place];

    /// <summary>The place of a mark; the capacity if it is not among them.</summary>
    public int PlaceOf(int mark) => marks.IndexOf(mark) is var place and >= 0 ? place : capacity;

    /// <summary>Puts the mark of the next event in front.</summary>
    public void Add(int mark)
    {
        if (!marks.Remove(mark) && marks.Count == capacity)
        {
            marks.RemoveAt(capacity - 1);
        }
        marks.Insert(0, mark);
    }
}

/// <summary>
/// What follows a mark when no recent mark of the sequence does: counts of the training part, of a mark after its predecessor, that fall
/// back on the marks' frequencies where the predecessor is rare.
/// </summary>
internal sealed class NewMarks
{
    /// <summary>Events of a predecessor that count as much as the frequencies of all.</summary>
    private const double Prior = 8;

    private readonly Dictionary<int, int>?[] followers;
    private readonly long[] totals;
    private readonly double[] frequencies;
    private readonly int[] byFrequency;

    /// <summary>Counts the training part.</summary>
    /// <param name="train">Sequences with marks from 0 to <paramref name="kinds"/> - 1.</param>
    /// <param name="kinds">Number of marks.</param>
    /// <param name="capacity">How many marks are recent.</param>
    public NewMarks(IReadOnlyList<EventSequence> train, int kinds, int capacity)
    {
        followers = new Dictionary<int, int>?[kinds];
        totals = new long[kinds];
        // Every mark may come.
        long[] counts = new long[kinds];
        Array.Fill(counts, 1);
        foreach (EventSequence sequence in train)
        {
            var recent = new RecentMarks(capacity);
            for (int i = 0; i < sequence.Marks!.Length; i++)
            {
                int mark = sequence.Marks[i];
                if (i > 0 && recent.PlaceOf(mark) == capacity)
                {
                    Dictionary<int, int> row = followers[sequence.Marks[i - 1]] ??= [];
                    row[mark] = row.GetValueOrDefault(mark) + 1;
                    totals[sequence.Marks[i - 1]]++;
                    counts[mark]++;
                }
                recent.Add(mark);
            }
        }
        double all = counts.Sum();
        frequencies = [.. counts.Select(c => c / all)];
        byFrequency = [.. Enumerable.Range(0, kinds).OrderByDescending(m => counts[m])];
    }

    /// <summary>The probability of a mark that is not recent.</summary>
    public double Probability(int previous, int mark, RecentMarks recent)
    {
        double rest = 1;
        for (int place = 0; place < recent.Count; place++)
        {
            rest -= Fraction(previous, recent[place]);
        }
        // Rounding may leave less than the mark itself has.
        double own = Fraction(previous, mark);
        return own / Math.Max(rest, own);
    }

    /// <summary>The likeliest mark that is not recent, and its probability; null: all marks are recent.</summary>
    public (int Mark, double Probability)? MostLikely(int previous, RecentMarks recent)
    {
        // Among those that have not followed the predecessor, the most frequent is the likeliest.
        IEnumerable<int> candidates = (followers[previous]?.Keys ?? Enumerable.Empty<int>())
            .Where(mark => !IsRecent(mark)).Concat(byFrequency.Where(mark => !IsRecent(mark)).Take(1));
        int best = candidates.DefaultIfEmpty(-1).MaxBy(mark => mark < 0 ? -1 : Fraction(previous, mark));
        return best < 0 ? null : (best, Probability(previous, best, recent));

        bool IsRecent(int mark)
        {
            for (int place = 0; place < recent.Count; place++)
            {
                if (recent[place] == mark)
                {
                    return true;
                }
            }
            return false;
        }
    }

    private double Fraction(int previous, int mark) =>
        ((followers[previous]?.GetValueOrDefault(mark) ?? 0) + Prior * frequencies[mark]) / (totals[previous] + Prior);
}

/// <summary>
/// Predictions of marks of many kinds. The model predicts the place of the next mark among the recent ones of the sequence, or that it is
/// none of them; then <see cref="NewMarks"/> say which. An output for every kind would have to learn from a few examples each that marks
/// repeat; the place of a mark is learned from all events together.
/// </summary>
/// <remarks>
/// Source of the idea: Merity et al., Pointer Sentinel Mixture Models, arXiv 1609.07843; the places are those of the move-to-front code.
/// </remarks>
internal static class MarkRecency
{
    /// <summary>Recent marks that are kept.</summary>
    public const int Capacity = 63;

    /// <summary>The places, and one class for none of them.</summary>
    public const int Classes = Capacity + 1;

    /// <summary>The place of each mark among those before it in its sequence.</summary>
    public static int[] PlacesOf(int[] marks)
    {
        var recent = new RecentMarks(Capacity);
        return [.. marks.Select(mark =>
        {
            int place = recent.PlaceOf(mark);
            recent.Add(mark);
            return place;
        })];
    }

    /// <summary>The natural logarithm of the probability of the next mark, and whether it is the predicted one.</summary>
    /// <param name="logProbability">The model's log-probability of each class.</param>
    /// <param name="recent">The recent marks, up to the last event.</param>
    /// <param name="unseen">Distribution of the marks that are not recent.</param>
    /// <param name="kinds">Number of marks.</param>
    /// <param name="next">The next mark.</param>
    public static (double LogProbability, bool IsHit) Score(
        Func<int, double> logProbability, RecentMarks recent, NewMarks unseen, int kinds, int next)
    {
        // Places that do not exist yet, and other marks where all are recent, are impossible.
        bool hasOthers = recent.Count < kinds;
        double possible = hasOthers ? Math.Exp(logProbability(Capacity)) : 0, best = double.NegativeInfinity;
        int predicted = -1;
        for (int place = 0; place < recent.Count; place++)
        {
            double probability = Math.Exp(logProbability(place));
            possible += probability;
            (best, predicted) = probability > best ? (probability, recent[place]) : (best, predicted);
        }
        int previous = recent[0];
        if (hasOthers && unseen.MostLikely(previous, recent) is (int mark, double fraction)
            && Math.Exp(logProbability(Capacity)) * fraction > best)
        {
            predicted = mark;
        }
        int actual = recent.PlaceOf(next);
        // Where all possible places have no probability in double, the smallest number stands for it.
        double log = logProbability(actual) - Math.Log(Math.Max(possible, double.Epsilon))
            + (actual == Capacity ? Math.Log(unseen.Probability(previous, next, recent)) : 0);
        return (log, predicted == next);
    }
}
