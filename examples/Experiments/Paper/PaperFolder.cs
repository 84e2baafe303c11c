using System.Text.RegularExpressions;

namespace Experiments;

/// <summary>How the files of a data set of events belong together.</summary>
internal enum EventLayout
{
    /// <summary>One .npz or .pkl.</summary>
    Archive,

    /// <summary>train.pkl, dev.pkl if there is one, and test.pkl.</summary>
    Pickles,

    /// <summary>Times and marks of the test parts of folds.</summary>
    Folds,

    /// <summary>Times and marks of a training and a test part.</summary>
    TrainAndTest,

    /// <summary>Times and, if there are any, marks.</summary>
    Text,
}

/// <summary>A data set whose files are there.</summary>
/// <param name="Dataset">The data set.</param>
/// <param name="Paths">Its files, in the order in which they are read.</param>
/// <param name="Others">Other files that could be it, which are not read.</param>
/// <param name="Layout">How files of events belong together.</param>
internal sealed record FoundDataset(
    PaperDataset Dataset, IReadOnlyList<string> Paths, IReadOnlyList<string> Others, EventLayout Layout = EventLayout.Archive);

/// <summary>Looks for the paper's data sets in a folder and those below it. Case does not matter.</summary>
internal sealed partial class PaperFolder
{
    /// <summary>Deep enough for every layout that is published.</summary>
    private const int MaxDepth = 10;

    private readonly string root;
    private readonly string[] files;

    /// <summary>Lists the files, the nearest first.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="UserException">There is no such folder.</exception>
    public PaperFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new UserException(File.Exists(folder) ? $"{folder}: this is a file; name the folder that has the data sets."
                : $"{folder}: there is no such folder; check the path.");
        }
        root = Path.GetFullPath(folder);
        files = [.. FilesOf(folder, Real(folder) ?? root, 0, new HashSet<string>(StringComparer.Ordinal))
            .OrderBy(static f => f.Count(static c => c == Path.DirectorySeparatorChar)).ThenBy(static f => f, StringComparer.Ordinal)];
    }

    /// <summary>The files of a data set; null: they are missing.</summary>
    public FoundDataset? Find(PaperDataset dataset) => dataset.Setting switch
    {
        PaperSetting.Control => First(dataset, f => HasEnding(f, ".hdf5", ".h5") && dataset.IsNamed(Version().Replace(Stem(f), ""))),
        PaperSetting.Classification => FindPair(dataset),
        PaperSetting.Forecasting => First(dataset, f => HasEnding(f, ".csv", ".csv.gz", ".txt", ".txt.gz") && dataset.IsNamed(Stem(f))),
        _ => First(dataset, f => HasEnding(f, ".npz") && dataset.IsNamed(Stem(f)))
            ?? FindPickles(dataset) ?? First(dataset, f => HasEnding(f, ".pkl") && dataset.IsNamed(Stem(f)))
            ?? FindFolds(dataset) ?? FindText(dataset),
    };

    [GeneratedRegex(@"[-_]v\d+$", RegexOptions.IgnoreCase)]
    private static partial Regex Version();

    [GeneratedRegex(@"^time-(\d+)-(train|test)\.txt$", RegexOptions.IgnoreCase)]
    private static partial Regex FoldFile();

    /// <summary>The files of a folder and of those below it, also behind links; each folder once, since links may go in circles.</summary>
    private static IEnumerable<string> FilesOf(string folder, string real, int depth, HashSet<string> visited)
    {
        if (depth > MaxDepth || !visited.Add(real))
        {
            return [];
        }
        string[] own, below;
        try
        {
            (own, below) = (Directory.GetFiles(folder), Directory.GetDirectories(folder));
        }
        catch (Exception e) when (depth > 0 && e is UnauthorizedAccessException or DirectoryNotFoundException)
        {
            // A folder that may not be read has nothing for us.
            return [];
        }
        return own.Concat(below.Order(StringComparer.Ordinal).SelectMany(
            name => FilesOf(name, Real(name) ?? Path.Combine(real, Path.GetFileName(name)), depth + 1, visited)));
    }

    /// <summary>The folder that a link leads to; null: it is no link, or leads nowhere.</summary>
    private static string? Real(string folder)
    {
        try
        {
            return Directory.ResolveLinkTarget(folder, returnFinalTarget: true)?.FullName;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool HasEnding(string file, params string[] endings) =>
        Array.Exists(endings, e => file.EndsWith(e, StringComparison.OrdinalIgnoreCase));

    /// <summary>The name without its ending, and without .gz.</summary>
    private static string Stem(string file)
    {
        string name = Path.GetFileName(file);
        return Path.GetFileNameWithoutExtension(HasEnding(name, ".gz") ? name[..^".gz".Length] : name);
    }

    private FoundDataset? First(PaperDataset dataset, Func<string, bool> isIt)
    {
        string[] found = [.. files.Where(isIt)];
        return found.Length == 0 ? null : new(dataset, found[..1], found[1..]);
    }

    private FoundDataset? FindPair(PaperDataset dataset)
    {
        string[] trains = [.. files.Where(f => HasEnding(f, "_train.ts") && dataset.IsNamed(Stem(f)[..^"_train".Length]))];
        foreach (string train in trains)
        {
            if (Beside(train, Path.GetFileName(train)[..^"_train.ts".Length] + "_test.ts") is { } test)
            {
                return new(dataset, [train, test], [.. trains.Where(f => f != train)]);
            }
        }
        return null;
    }

    private FoundDataset? FindPickles(PaperDataset dataset)
    {
        foreach (string train in files.Where(f => Is(f, "train.pkl") && IsInFolderOf(dataset, f)))
        {
            if (Beside(train, "test.pkl") is { } test)
            {
                string[] validation = Beside(train, "dev.pkl") is { } dev ? [dev] : [];
                return new(dataset, [train, .. validation, test],
                    [.. files.Where(f => Is(f, "train.pkl") && f != train && IsInFolderOf(dataset, f))], EventLayout.Pickles);
            }
        }
        return null;
    }

    private FoundDataset? FindFolds(PaperDataset dataset)
    {
        foreach (IGrouping<string, string> folder in files.Where(f => FoldFile().IsMatch(Path.GetFileName(f)) && IsInFolderOf(dataset, f))
            .GroupBy(static f => Path.GetDirectoryName(f)!))
        {
            (string File, int Fold, bool IsTest)[] times = [.. folder.Select(static f =>
            {
                GroupCollection groups = FoldFile().Match(Path.GetFileName(f)).Groups;
                return (f, int.TryParse(groups[1].Value, out int fold) ? fold : int.MaxValue, Is(groups[2].Value, "test"));
            }).OrderBy(static t => t.Item2)];
            string[] tests = [.. times.Where(static t => t.IsTest).Select(static t => t.File)];
            // Of one fold: the training part of another one has test sequences of this one in it.
            if (times.GroupBy(static t => t.Fold).FirstOrDefault(static f => f.Any(static t => t.IsTest) && f.Any(static t => !t.IsTest))
                is { } fold)
            {
                string train = fold.First(static t => !t.IsTest).File, test = fold.First(static t => t.IsTest).File;
                return new(dataset, [train, .. Marks(train), test, .. Marks(test)],
                    [.. times.Where(t => t.Fold != fold.Key).Select(static t => t.File)], EventLayout.TrainAndTest);
            }
            string[] marks = [.. tests.SelectMany(Marks)];
            if (tests.Length > 1)
            {
                return new(dataset, [.. tests, .. marks], [], EventLayout.Folds);
            }
        }
        return null;

        string[] Marks(string time) =>
            Beside(time, "event" + Path.GetFileName(time)["time".Length..]) is { } marks ? [marks] : [];
    }

    private FoundDataset? FindText(PaperDataset dataset)
    {
        string[] times = [.. files.Where(f => HasEnding(f, ".txt")
            && (dataset.IsNamed(Stem(f)) || (HasEnding(Stem(f), "times") && dataset.IsNamed(Stem(f)[..^"times".Length]))))];
        if (times.Length == 0)
        {
            return null;
        }
        string stem = Stem(times[0]);
        if (HasEnding(stem, "times") && !dataset.IsNamed(stem))
        {
            stem = stem[..^"times".Length].TrimEnd('-', '_');
        }
        string[] marks = (Beside(times[0], stem + "-marks.txt") ?? Beside(times[0], stem + "_marks.txt")) is { } found ? [found] : [];
        return new(dataset, [times[0], .. marks], times[1..], EventLayout.Text);
    }

    private static bool Is(string path, string name) => Path.GetFileName(path).Equals(name, StringComparison.OrdinalIgnoreCase);

    private string? Beside(string file, string name) =>
        Array.Find(files, f => Is(f, name) && Path.GetDirectoryName(f) == Path.GetDirectoryName(file));

    /// <summary>Whether one of the folders that the file is in, from the one that was named on, has the data set's name.</summary>
    private bool IsInFolderOf(PaperDataset dataset, string file)
    {
        for (string? folder = Path.GetDirectoryName(Path.GetFullPath(file)); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (dataset.IsNamed(Path.GetFileName(folder)))
            {
                return true;
            }
            if (folder.Equals(root, StringComparison.Ordinal) || folder.Length < root.Length)
            {
                return false;
            }
        }
        return false;
    }
}
