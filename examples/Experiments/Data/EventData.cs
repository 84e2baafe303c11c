using System.Globalization;

namespace Experiments;

/// <summary>A file of events, for messages.</summary>
/// <param name="Path">The file.</param>
/// <param name="Sequences">Its sequences.</param>
/// <param name="HasLines">Whether each sequence is a line.</param>
internal sealed record EventSource(string Path, EventSequence[] Sequences, bool HasLines);

/// <summary>Events of a data set, divided.</summary>
/// <param name="Identity">Their name and content.</param>
/// <param name="Split">The parts.</param>
/// <param name="Unit">The unit of the times, for reports.</param>
/// <param name="Sources">The files.</param>
internal sealed record EventData(DataIdentity Identity, EventSplit Split, string Unit, IReadOnlyList<EventSource> Sources)
{
    private const int SplitSeed = 1;

    /// <summary>The files, for messages about all of them.</summary>
    public string Places => string.Join(", ", Sources.Select(static s => s.Path));

    /// <summary>The files that hold the marks.</summary>
    public string MarkPlaces { get; init; } = string.Join(", ", Sources.Select(static s => s.Path));

    /// <summary>Events in text files.</summary>
    /// <param name="times">
    /// Files of times. One: 60, 20 and 20 % of its sequences, in the file's order. Several: the first is the test part, and the
    /// others, without the sequences that are also in the first, are for training and validation.
    /// </param>
    /// <param name="marks">As many files of marks, or none.</param>
    /// <param name="unit">The unit of the times.</param>
    /// <param name="name">Their name; null: from the files.</param>
    /// <exception cref="TableException">A file is missing or bad.</exception>
    /// <exception cref="ArgumentException">The files do not fit each other.</exception>
    public static EventData OfText(IReadOnlyList<string> times, IReadOnlyList<string> marks, string unit, string? name = null)
    {
        if (marks.Count > 0 && marks.Count != times.Count)
        {
            throw new ArgumentException(
                $"There are {times.Count} files of times but {marks.Count} of marks; give each its own, in the same order.");
        }
        if (times.Count == 0)
        {
            throw new ArgumentException("--times: give at least one file.");
        }
        EventSource[] sources =
            [.. times.Select((path, i) => new EventSource(path, EventFile.Read(path, marks.Count == 0 ? null : marks[i]), HasLines: true))];
        EventSplit split = sources.Length == 1 ? Shares(sources[0])
            : EventSplit.ByFolds([.. sources.Select(static s => s.Sequences)], SplitSeed);
        name ??= sources.Length == 1 ? Path.GetFileNameWithoutExtension(times[0])
            : new DirectoryInfo(Path.GetDirectoryName(Path.GetFullPath(times[0]))!).Name;
        EventData data = new(DataIdentity.OfFiles(name, [.. times, .. marks]), split, unit, sources);
        return marks.Count == 0 ? data : data with { MarkPlaces = string.Join(", ", marks) };
    }

    /// <summary>Events in an archive, divided as its publishers did.</summary>
    /// <param name="path">An .npz or .pkl.</param>
    /// <param name="unit">The unit of the times.</param>
    /// <param name="name">Their name.</param>
    /// <param name="parts">Sequences for training and for validation, of which there are more; null: 60, 20 and 20 %.</param>
    /// <exception cref="TableException">The file is missing or bad.</exception>
    public static EventData OfArchive(string path, string unit, string name, (int Train, int Validation)? parts = null)
    {
        EventParts content = path.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) ? new(EventArchive.ReadNumpy(path))
            : EventArchive.ReadPickle(path);
        if (content is { Train.Length: > 0, Test.Length: > 0 })
        {
            return OfParts(name, unit, [path], content);
        }
        EventSource source = new(path, [.. content.Train, .. content.Validation ?? [], .. content.Test ?? []], HasLines: false);
        EventSplit split = parts is (int train, int validation) && source.Sequences.Length > train + validation
            ? Guarded(path, () => EventSplit.Of(source.Sequences[..train], source.Sequences[train..(train + validation)],
                source.Sequences[(train + validation)..]))
            : Shares(source);
        return new(DataIdentity.OfFiles(name, path), split, unit, [source]);
    }

    /// <summary>Events in one file for each part.</summary>
    /// <param name="train">The file to learn from.</param>
    /// <param name="validation">The file that chooses the epoch; null: a tenth of the training part does.</param>
    /// <param name="test">The file to score on.</param>
    /// <param name="unit">The unit of the times.</param>
    /// <param name="name">Their name.</param>
    /// <exception cref="TableException">A file is missing or bad.</exception>
    public static EventData OfPickles(string train, string? validation, string test, string unit, string name) =>
        OfParts(name, unit, [train, .. validation is null ? (string[])[] : [validation], test],
            new(All(train), validation is null ? null : All(validation), All(test)));

    /// <summary>Events in text files of a training and a test part.</summary>
    /// <param name="train">The times and marks to learn from.</param>
    /// <param name="test">The times and marks to score on.</param>
    /// <param name="unit">The unit of the times.</param>
    /// <param name="name">Their name.</param>
    /// <exception cref="TableException">A file is missing or bad.</exception>
    public static EventData OfTextParts((string Times, string? Marks) train, (string Times, string? Marks) test, string unit, string name)
    {
        string[] paths = [.. ((string?[])[train.Times, train.Marks, test.Times, test.Marks]).OfType<string>()];
        return OfParts(name, unit, paths, new(EventFile.Read(train.Times, train.Marks), null, EventFile.Read(test.Times, test.Marks)));
    }

    private static EventData OfParts(string name, string unit, string[] paths, EventParts parts)
    {
        (EventSequence[] train, EventSequence[]? validation, EventSequence[]? test) = parts;
        EventSource source = new(string.Join(", ", paths), [.. train, .. validation ?? [], .. test!], HasLines: false);
        return new(DataIdentity.OfFiles(name, paths),
            Guarded(source.Path, () => validation is { Length: > 0 } ? EventSplit.Of(train, validation, test!)
                : EventSplit.ByFolds([test!, train], SplitSeed)),
            unit, [source]);
    }

    private static EventSequence[] All(string path)
    {
        EventParts parts = EventArchive.ReadPickle(path);
        return [.. parts.Train, .. parts.Validation ?? [], .. parts.Test ?? []];
    }

    private static EventSplit Shares(EventSource source) => source.Sequences.Length >= 3
        ? Guarded(source.Path, () => EventSplit.ByShares(source.Sequences))
        : throw new TableException(source.Path, null, null, string.Create(
            CultureInfo.InvariantCulture,
            $"there are {source.Sequences.Length} sequences{(source.HasLines ? " (lines)" : "")}, but training, validation and test need "
            + $"one each at least; give more, or a file for each part."));

    /// <summary>Names the file in messages about its content.</summary>
    private static EventSplit Guarded(string path, Func<EventSplit> split)
    {
        try
        {
            return split();
        }
        catch (ArgumentException e)
        {
            throw new TableException(path, null, null, e.Message.Replace($" (Parameter '{e.ParamName}')", "", StringComparison.Ordinal), e);
        }
    }
}
