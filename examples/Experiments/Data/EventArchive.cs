using System.Globalization;
using System.IO.Compression;

namespace Experiments;

/// <summary>Sequences of events, in the parts in which they were published.</summary>
/// <param name="Train">For training, or all of them if the other parts are null.</param>
/// <param name="Validation">For the choice of the epoch; null: none were set aside.</param>
/// <param name="Test">For scoring; null: none were set aside.</param>
internal sealed record EventParts(EventSequence[] Train, EventSequence[]? Validation = null, EventSequence[]? Test = null);

/// <summary>
/// Reads event sequences as neural point processes publish them. In .npz: times or intervals, marks, and masks or lengths, as matrices
/// or as arrays of arrays. In .pkl: lists of events, or sequences with their times and marks.
/// </summary>
/// <remarks>
/// Sources: Bae et al., Meta Temporal Point Processes (github.com/BorealisAI/meta-tpp: matrices times, marks, masks); Shchur et al.,
/// Intensity-Free Learning (github.com/shchur/ifl-tpp: arrival_times, marks; dictionaries with sequences); Zuo et al., Transformer Hawkes
/// Process, and Mei and Eisner, Neural Hawkes Process (train.pkl, dev.pkl, test.pkl: time_since_start, type_event).
/// </remarks>
internal static class EventArchive
{
    private static readonly string[] TimeNames = ["times", "arrival_times", "event_times", "timestamps", "time_since_start"];
    private static readonly string[] IntervalNames = ["delta_times", "inter_times", "inter_event_times", "intervals"];
    private static readonly string[] MarkNames = ["marks", "event_types", "types", "type_event"];
    private static readonly string[] MaskNames = ["masks", "mask"];
    private static readonly string[] LengthNames = ["lengths", "length", "seq_lengths", "num_events"];
    private static readonly HashSet<string> AllNames =
        new([.. TimeNames, .. IntervalNames, .. MarkNames, .. MaskNames, .. LengthNames], StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads an .npz.</summary>
    /// <exception cref="TableException">The file is missing or bad.</exception>
    public static EventSequence[] ReadNumpy(string path) => Guard(path, bytes =>
    {
        var budget = new ElementBudget();
        IReadOnlyDictionary<string, NumpyArray?> arrays = NumpyArchive.Read(bytes, AllNames.Contains, budget);
        NumpyArray? times = Find(arrays, TimeNames), intervals = times is null ? Find(arrays, IntervalNames) : null;
        double[][] rows = Rows(budget, times ?? intervals ?? throw new InvalidDataException(
            $"it has no array of times ({string.Join(", ", TimeNames)}) or of intervals ({string.Join(", ", IntervalNames)}), but "
            + $"{(arrays.Count == 0 ? "none" : string.Join(", ", arrays.Keys.Take(10).Select(static k => TableException.Quote(k))))}"));
        double[][]? marks = Find(arrays, MarkNames) is { } found ? Rows(budget, found) : null;
        Func<int, int, bool> isReal = Present(budget, arrays, rows);
        if (marks is not null && marks.Length != rows.Length)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"it has marks of {marks.Length} sequences, but times of {rows.Length}"));
        }
        return rows.Select((row, s) => Sequence(budget, s, row, marks?[s], isReal, times is null))
            .Where(static one => one.Times.Length > 0).ToArray();
    });

    /// <summary>Reads a pickle.</summary>
    /// <exception cref="TableException">The file is missing or bad.</exception>
    public static EventParts ReadPickle(string path) => Guard<EventParts>(path, bytes =>
    {
        // PyTorch's files since version 1.6 are zip archives with a pickle in them; before, several pickles one after another.
        byte[] pickle = bytes is [(byte)'P', (byte)'K', 3, 4, ..] ? Packed(bytes) : bytes;
        var budget = new ElementBudget();
        foreach (object? value in PickleReader.ReadAll(pickle, budget))
        {
            if (value is not Dictionary<object, object?> root)
            {
                continue;
            }
            if (root.GetValueOrDefault("sequences") is List<object?> sequences)
            {
                return new([.. sequences.Select((one, s) => OfDictionary(budget, one, s)).Where(static one => one.Times.Length > 0)]);
            }
            EventSequence[] train = OfLists(budget, root, "train"), validation = OfLists(budget, root, "dev"),
                test = OfLists(budget, root, "test");
            if (train.Length + validation.Length + test.Length > 0)
            {
                return new(train, validation, test);
            }
        }
        throw new InvalidDataException(
            "it has neither lists of events under 'train', 'dev' or 'test', nor 'sequences' with 'arrival_times'");
    });

    private static byte[] Packed(byte[] bytes)
    {
        using ZipArchive archive = NumpyArchive.Open(bytes);
        return NumpyArchive.Unpack(archive.Entries.FirstOrDefault(static e => e.Name == "data.pkl")
            ?? throw new InvalidDataException("the archive has no data.pkl"));
    }

    private static NumpyArray? Find(IReadOnlyDictionary<string, NumpyArray?> arrays, string[] names) =>
        names.Select(name => arrays.FirstOrDefault(a => a.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value)
            .FirstOrDefault(static a => a is not null);

    /// <summary>The rows of a matrix, or the elements of an array of arrays.</summary>
    private static double[][] Rows(ElementBudget budget, NumpyArray array)
    {
        if (array.Objects is { } objects)
        {
            return [.. objects.Select(one => Numbers(budget, one))];
        }
        // [sequences, events, 1] is a matrix, too.
        int[] shape = array.Shape is [.., 1] and { Length: 3 } ? array.Shape[..2] : array.Shape;
        return shape is [int sequences, int events]
            ? [.. Enumerable.Range(0, sequences).Select(s => array.Numbers.AsSpan(s * events, events).ToArray())]
            : throw new InvalidDataException(
                $"an array has the shape ({string.Join(", ", array.Shape)}); [sequences, events] is needed, or an array of arrays");
    }

    private static double[] Numbers(ElementBudget budget, object? value)
    {
        switch (value)
        {
            // Of a matrix with one row or column.
            case NumpyArray { Numbers: { } numbers, Shape: [_] or [1, _] or [_, 1] }:
                return numbers;
            case NumpyArray { Objects: { } objects }:
                return OfList(objects);
            case List<object?> list:
                return OfList(list);
            default:
                throw new InvalidDataException("a sequence is no list of numbers");
        }

        double[] OfList(IReadOnlyList<object?> list)
        {
            // One list may be referred to many times.
            budget.Spend(list.Count);
            return [.. list.Select(static item => item is double number ? number
                : throw new InvalidDataException("a sequence has something other than numbers"))];
        }
    }

    /// <summary>Whether an element is an event and not padding.</summary>
    private static Func<int, int, bool> Present(
        ElementBudget budget, IReadOnlyDictionary<string, NumpyArray?> arrays, double[][] rows)
    {
        if (Find(arrays, MaskNames) is { } masks)
        {
            double[][] mask = Rows(budget, masks);
            return mask.Length == rows.Length && mask.Zip(rows).All(static p => p.First.Length == p.Second.Length)
                ? (s, i) => mask[s][i] != 0
                : throw new InvalidDataException("its masks have another shape than its times");
        }
        if (Find(arrays, LengthNames) is { } found)
        {
            double[] lengths = Numbers(budget, found);
            return lengths.Length == rows.Length && lengths.Zip(rows).All(static p => p.First >= 0 && p.First <= p.Second.Length)
                ? (s, i) => i < lengths[s]
                : throw new InvalidDataException("its lengths do not fit its times");
        }
        return static (_, _) => true;
    }

    private static EventSequence Sequence(
        ElementBudget budget, int number, double[] row, double[]? marks, Func<int, int, bool> isReal, bool areIntervals)
    {
        if (marks is not null && marks.Length != row.Length)
        {
            throw new InvalidDataException(string.Create(
                CultureInfo.InvariantCulture, $"sequence {number + 1} has {marks.Length} marks, but {row.Length} times"));
        }
        budget.Spend(row.Length);
        var times = new List<double>();
        List<int>? kinds = marks is null ? null : [];
        double time = 0;
        for (int i = 0; i < row.Length; i++)
        {
            if (isReal(number, i))
            {
                time = areIntervals ? time + row[i] : row[i];
                Add(number, times, time);
                kinds?.Add(Mark(number, i, marks![i]));
            }
        }
        return new([.. times], kinds is null ? null : [.. kinds]);
    }

    private static EventSequence OfDictionary(ElementBudget budget, object? value, int number)
    {
        if (value is not Dictionary<object, object?> sequence
            || TimeNames.Select(name => sequence.GetValueOrDefault(name)).FirstOrDefault(static t => t is not null) is not { } times)
        {
            throw new InvalidDataException(
                string.Create(CultureInfo.InvariantCulture, $"sequence {number + 1} has no 'arrival_times'"));
        }
        double[]? marks = MarkNames.Select(name => sequence.GetValueOrDefault(name)).FirstOrDefault(static m => m is not null) is { } found
            ? Numbers(budget, found) : null;
        return Sequence(budget, number, Numbers(budget, times), marks, static (_, _) => true, areIntervals: false);
    }

    private static EventSequence[] OfLists(ElementBudget budget, Dictionary<object, object?> root, string part)
    {
        if (root.GetValueOrDefault(part) is not List<object?> sequences)
        {
            return [];
        }
        return [.. sequences.Select((sequence, s) =>
        {
            var times = new List<double>();
            var marks = new List<int>();
            foreach (object? item in sequence as List<object?> ?? throw Bad(s))
            {
                budget.Spend(1);
                if (item is not Dictionary<object, object?> one || one.GetValueOrDefault("time_since_start") is not double time
                    || one.GetValueOrDefault("type_event") is not double mark)
                {
                    throw Bad(s);
                }
                Add(s, times, time);
                marks.Add(Mark(s, marks.Count, mark));
            }
            return new EventSequence([.. times], [.. marks]);
        }).Where(static one => one.Times.Length > 0)];

        InvalidDataException Bad(int number) => new(string.Create(CultureInfo.InvariantCulture,
            $"sequence {number + 1} of '{part}' is no list of events with 'time_since_start' and 'type_event'"));
    }

    private static void Add(int number, List<double> times, double time)
    {
        if (!(Math.Abs(time) <= EventFile.FarthestTime))
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"time {times.Count + 1} of sequence {number + 1} is {time}, not a number up to {EventFile.FarthestTime:G}"));
        }
        if (times.Count > 0 && time < times[^1])
        {
            throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"time {times.Count + 1} of sequence {number + 1}, {time}, lies before the one before it, {times[^1]}; sort the events, or "
                + $"give masks or lengths if the rows are padded"));
        }
        times.Add(time);
    }

    private static int Mark(int number, int index, double mark) =>
        mark >= 0 && mark <= int.MaxValue && mark == Math.Floor(mark) ? (int)mark
            : throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                $"mark {index + 1} of sequence {number + 1} is {mark}, not a whole number from 0"));

    private static T Guard<T>(string path, Func<byte[], T> read)
    {
        try
        {
            return read(File.ReadAllBytes(path));
        }
        catch (InvalidDataException e)
        {
            throw new TableException(path, null, null, $"{e.Message.TrimEnd('.')}.", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TableException(path, null, null, "there is no such file; check the path.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new TableException(path, null, null, "the file may not be read; give yourself the permission, or copy it.", e);
        }
        catch (IOException e)
        {
            throw new TableException(path, null, null, $"the file cannot be read: {e.Message}", e);
        }
    }
}
