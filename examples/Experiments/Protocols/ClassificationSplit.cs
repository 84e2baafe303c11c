using System.Globalization;

namespace Experiments;

/// <summary>Given train and test files, with validation data taken only from the training file.</summary>
/// <param name="Channels">Numbers in a token.</param>
/// <param name="Labels">The classes' names.</param>
/// <param name="Train">Cases weights are fitted to.</param>
/// <param name="Validation">Cases the best epoch is chosen by.</param>
/// <param name="Test">Cases that are scored once: the whole test file, in its order.</param>
internal sealed record ClassificationSplit(int Channels, string[] Labels, TsCase[] Train, TsCase[] Validation, TsCase[] Test)
{
    /// <summary>
    /// Takes 20 % of the training file for validation, stratified: each class gives its fraction, rounded down, and the cases still
    /// lacking come from the classes with the largest remainders. A class keeps at least one case to train on.
    /// </summary>
    /// <param name="train">The training file.</param>
    /// <param name="test">The test file.</param>
    /// <param name="seed">Decides which cases of a class become validation data; equal seeds give equal splits.</param>
    /// <exception cref="ArgumentException">The files differ in channels or classes, or train is too small to give a case.</exception>
    public static ClassificationSplit Create(TsDataset train, TsDataset test, int seed)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        if (train.Channels != test.Channels)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"The test file has {test.Channels} channels, the training file {train.Channels}; use two "
                    + $"files of one data set."), nameof(test));
        }
        if (!train.Labels.SequenceEqual(test.Labels, StringComparer.Ordinal))
        {
            throw new ArgumentException(
                $"The test file's classes ({string.Join(", ", test.Labels)}) are not the training file's "
                    + $"({string.Join(", ", train.Labels)}); use two files of one data set, with classes in the same order.", nameof(test));
        }
        var random = new Random(seed);
        int[][] classes = [.. Enumerable.Range(0, train.Labels.Length).Select(label => Shuffled(train.Cases, label, random))];
        var taken = new HashSet<int>();
        int[] counts = Shares([.. classes.Select(static c => c.Length)]);
        for (int label = 0; label < classes.Length; label++)
        {
            taken.UnionWith(classes[label].Take(counts[label]));
        }
        if (taken.Count == 0)
        {
            throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture, $"The training file has {train.Cases.Length} cases, too few to give 20 % to validation and "
                    + $"keep one per class; use a larger file."), nameof(train));
        }
        // In the file's order, so that the seed decides only the choice.
        return new(train.Channels, train.Labels, [.. train.Cases.Where((_, i) => !taken.Contains(i))],
            [.. train.Cases.Where((_, i) => taken.Contains(i))], test.Cases);
    }

    private static int[] Shuffled(TsCase[] cases, int label, Random random)
    {
        int[] indices = [.. Enumerable.Range(0, cases.Length).Where(i => cases[i].Label == label)];
        random.Shuffle(indices);
        return indices;
    }

    private static int[] Shares(int[] sizes)
    {
        int[] counts = [.. sizes.Select(static size => size / 5)];
        int lacking = (int)Math.Round(sizes.Sum() / 5.0, MidpointRounding.AwayFromZero) - counts.Sum();
        // A sort by keys that is stable, so that ties go to the class declared first. A class with one case gives none.
        foreach (int label in Enumerable.Range(0, sizes.Length).Where(l => sizes[l] > 1).OrderByDescending(l => sizes[l] % 5).Take(lacking))
        {
            counts[label]++;
        }
        return counts;
    }
}
