using System.Globalization;

namespace Experiments;

/// <summary>Events of one user, day or device.</summary>
/// <param name="Times">At least one time, never decreasing, in the file's unit.</param>
/// <param name="Marks">The kind of each event, from 0, as many as times; null: events have no kinds.</param>
/// <param name="ShortestInterval">
/// The minimum interval; shorter ones count as this, for models and baselines alike: see <see cref="EventSplit"/>.
/// </param>
internal sealed record EventSequence(double[] Times, int[]? Marks, double ShortestInterval = 0)
{
    /// <summary>The intervals between neighbouring events, one fewer than there are events.</summary>
    public IEnumerable<double> Intervals => Enumerable.Range(1, Times.Length - 1).Select(IntervalBefore);

    /// <summary>The interval before an event, which is not the first.</summary>
    public double IntervalBefore(int index) => Math.Max(Times[index] - Times[index - 1], ShortestInterval);
}

/// <summary>
/// Reads event sequences: one line per sequence, times separated by white space; marks, if any, likewise in a second file.
/// </summary>
internal static class EventFile
{
    /// <summary>Squares of the intervals between nearer times, and their sums, are numbers.</summary>
    public const double FarthestTime = 1e100;

    /// <summary>Reads the sequences in the files' order. Blank lines at the end of a file are skipped.</summary>
    /// <param name="timesPath">One line per sequence: times that never decrease.</param>
    /// <param name="marksPath">One line per sequence: whole numbers from 0, as many as times; null: no marks.</param>
    /// <exception cref="TableException">
    /// A file is missing or empty; a line is blank though lines follow it; a time is not a finite number or lies before its
    /// predecessor; a mark is not a whole number from 0; the files differ in lines, or in the length of a line.
    /// </exception>
    public static EventSequence[] Read(string timesPath, string? marksPath = null)
    {
        double[][] times = Rows(timesPath, ParseTimes);
        if (marksPath is null)
        {
            return [.. times.Select(static t => new EventSequence(t, null))];
        }
        int[][] marks = Rows(marksPath, ParseMarks);
        if (marks.Length != times.Length)
        {
            throw new TableException(marksPath, null, null, string.Create(
                CultureInfo.InvariantCulture,
                $"lines: {marks.Length}, but {timesPath} has {times.Length}; each sequence needs one in both."));
        }
        for (int i = 0; i < times.Length; i++)
        {
            if (marks[i].Length != times[i].Length)
            {
                throw new TableException(marksPath, i + 1, null, string.Create(
                    CultureInfo.InvariantCulture,
                    $"marks: {marks[i].Length}, but the same line of {timesPath} has {times[i].Length} times; each event needs both."));
            }
        }
        return [.. times.Zip(marks, static (t, m) => new EventSequence(t, m))];
    }

    private static T[][] Rows<T>(string path, Func<string, int, string[], T[]> parse)
    {
        using StreamReader reader = TextFile.Open(path);
        var rows = new List<T[]>();
        int line = 0;
        int? blank = null;
        while (reader.ReadLine() is { } text)
        {
            line++;
            string[] words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
            {
                blank ??= line;
                continue;
            }
            rows.Add(blank is null
                ? parse(path, line, words)
                : throw new TableException(
                    path, blank, null, "the line is blank, but lines follow it; a sequence needs at least one event."));
        }
        return rows.Count > 0 ? rows.ToArray()
            : throw new TableException(path, null, null, "the file is empty; one line per sequence is needed.");
    }

    private static double[] ParseTimes(string path, int line, string[] words)
    {
        var times = new double[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!FiniteNumber.TryParse(words[i], out times[i]))
            {
                throw new TableException(path, line, null, string.Create(
                    CultureInfo.InvariantCulture,
                    $"time {i + 1} is {TableException.Quote(words[i])}, which is not a finite number; correct it."));
            }
            if (Math.Abs(times[i]) > FarthestTime)
            {
                throw new TableException(path, line, null, string.Create(CultureInfo.InvariantCulture,
                    $"time {i + 1}, {TableException.Quote(words[i])}, lies beyond {FarthestTime:G}; correct it, or use a larger unit."));
            }
            if (i > 0 && times[i] < times[i - 1])
            {
                throw new TableException(path, line, null, string.Create(
                    CultureInfo.InvariantCulture,
                    $"time {i + 1}, {words[i]}, lies before time {i}, {words[i - 1]}; sort the events of a line by time."));
            }
        }
        return times;
    }

    private static int[] ParseMarks(string path, int line, string[] words)
    {
        var marks = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out marks[i]))
            {
                throw new TableException(path, line, null, string.Create(CultureInfo.InvariantCulture,
                    $"mark {i + 1} is {TableException.Quote(words[i])}, which is not a whole number from 0; correct it."));
            }
        }
        return marks;
    }
}
