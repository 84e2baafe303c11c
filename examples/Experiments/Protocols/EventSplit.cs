using System.Globalization;

namespace Experiments;

/// <summary>Whole sequences of events, divided.</summary>
/// <param name="Train">Sequences models are fitted to.</param>
/// <param name="Validation">Sequences the best epoch is chosen by.</param>
/// <param name="Test">Sequences that are scored once.</param>
/// <param name="MarkNames">The files' number of each mark, ascending: a sequence's mark is an index into it. Null: no marks.</param>
/// <param name="ShortestInterval">
/// What events at one time count as being apart, in all parts: half the shortest interval above 0 of all the data, which is about the
/// resolution of their clock, but at least <see cref="ShortestFraction"/> of the mean of the training part. 0: no interval is as short as
/// that.
/// </param>
internal sealed record EventSplit(
    EventSequence[] Train, EventSequence[] Validation, EventSequence[] Test, int[]? MarkNames, double ShortestInterval)
{
    /// <summary>Minimum interval as a fraction of the mean: single precision cannot hold the density of shorter ones.</summary>
    public const double ShortestFraction = 1e-9;

    /// <summary>
    /// 60, 20 and 20 % of the sequences, boundaries rounded down. Without a seed they are taken in the order given, so that the test
    /// part comes last in time where the file is in the order of time; with a seed they are shuffled first, as Shchur et al.
    /// (arXiv 1909.12127) do.
    /// </summary>
    /// <param name="sequences">At least 3 sequences; either all have marks or none.</param>
    /// <param name="shuffleSeed">Null: the order given.</param>
    /// <exception cref="ArgumentException">There are too few sequences, or only some have marks.</exception>
    public static EventSplit ByShares(IReadOnlyList<EventSequence> sequences, int? shuffleSeed = null)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        EventSequence[] ordered = [.. sequences];
        if (shuffleSeed is { } seed)
        {
            new Random(seed).Shuffle(ordered);
        }
        int validation = (int)(ordered.Length * 6L / 10), test = (int)(ordered.Length * 8L / 10);
        return validation > 0 && test > validation
            ? Create(ordered[..validation], ordered[validation..test], ordered[test..])
            : throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture,
                $"There are {ordered.Length} sequences, too few for 60, 20 and 20 %; give at least 3."), nameof(sequences));
    }

    /// <summary>
    /// Fold 1 is the test part as it is. Training takes the other folds without the sequences whose times equal those of one in fold 1,
    /// and each sequence once (folds overlap). The seed draws a tenth of them for validation. The order is that of the files.
    /// </summary>
    /// <param name="folds">The test sets of the folds, fold 1 first; at least two folds.</param>
    /// <param name="seed">Decides which sequences validate; equal seeds give equal splits.</param>
    /// <exception cref="ArgumentException">There are fewer than two folds, too few sequences remain, or only some have marks.</exception>
    public static EventSplit ByFolds(IReadOnlyList<EventSequence[]> folds, int seed)
    {
        ArgumentNullException.ThrowIfNull(folds);
        ArgumentOutOfRangeException.ThrowIfLessThan(folds.Count, 2, nameof(folds));
        var seen = new HashSet<double[]>(folds[0].Select(static s => s.Times), new EqualTimes());
        EventSequence[] rest = [.. folds.Skip(1).SelectMany(static fold => fold).Where(s => seen.Add(s.Times))];
        if (rest.Length < 2)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"Beside the sequences of the first file there are {rest.Length}, too few to train and validate; give files that differ."),
                nameof(folds));
        }
        int[] order = [.. Enumerable.Range(0, rest.Length)];
        new Random(seed).Shuffle(order);
        var validation = order.Take(Math.Max(1, rest.Length / 10)).ToHashSet();
        return Create([.. rest.Where((_, i) => !validation.Contains(i))], [.. rest.Where((_, i) => validation.Contains(i))], folds[0]);
    }

    /// <summary>Parts as they were published.</summary>
    /// <param name="train">For training.</param>
    /// <param name="validation">For the choice of the epoch.</param>
    /// <param name="test">For scoring.</param>
    /// <exception cref="ArgumentException">Only some sequences have marks.</exception>
    public static EventSplit Of(EventSequence[] train, EventSequence[] validation, EventSequence[] test) => Create(train, validation, test);

    private static EventSplit Create(EventSequence[] train, EventSequence[] validation, EventSequence[] test)
    {
        double shortest = FindShortestInterval(train, [.. train, .. validation, .. test]);
        EventSequence[][] parts = [.. ((EventSequence[][])[train, validation, test])
            .Select(part => part.Select(s => s with { ShortestInterval = shortest }).ToArray())];
        int marked = parts.Sum(static part => part.Count(static s => s.Marks is not null));
        if (marked == 0)
        {
            return new(parts[0], parts[1], parts[2], null, shortest);
        }
        if (marked < parts.Sum(static part => part.Length))
        {
            throw new ArgumentException("Some sequences have marks and some have none; give marks to all or to none.");
        }
        // The marks are known in advance, like the classes of a label; their frequencies are not, and come only from the training part.
        int[] names = [.. parts.SelectMany(static part => part).SelectMany(static s => s.Marks!).Distinct().Order()];
        EventSequence[][] numbered =
            [.. parts.Select(part => part.Select(s => s with { Marks = [.. s.Marks!.Select(mark => Array.BinarySearch(names, mark))] })
                .ToArray())];
        return new(numbered[0], numbered[1], numbered[2], names, shortest);
    }

    private static double FindShortestInterval(EventSequence[] train, EventSequence[] all)
    {
        double[] intervals = [.. all.SelectMany(static s => s.Intervals)];
        // Intervals are scaled by the mean of the training part; one huge interval of another part must not make ordinary ones equal.
        double mean = train.SelectMany(static s => s.Intervals).Where(static i => i > 0).DefaultIfEmpty().Average();
        double shortest = Math.Max(intervals.Where(static i => i > 0).DefaultIfEmpty().Min() / 2, ShortestFraction * mean);
        return intervals.Any(i => i < shortest) ? shortest : 0;
    }

    /// <summary>The folds repeat a user's line of times character by character, so equal sequences have exactly equal times.</summary>
    private sealed class EqualTimes : IEqualityComparer<double[]>
    {
        public bool Equals(double[]? x, double[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(double[] times)
        {
            var hash = new HashCode();
            foreach (double time in times)
            {
                hash.Add(time);
            }
            return hash.ToHashCode();
        }
    }
}
