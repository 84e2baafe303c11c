using Spectre.Console;

namespace Experiments;

/// <summary>What the user chose.</summary>
/// <param name="Folder">The folder of data.</param>
/// <param name="Settings">The settings to run.</param>
/// <param name="Recipes">The recipes to compare.</param>
/// <param name="Horizons">Rows to forecast.</param>
/// <param name="Seeds">Seeds 1 to this.</param>
/// <param name="Episodes">Episodes of each decision model.</param>
/// <param name="Stride">Rows from one training window of a series to the next; null: as the recipes have it.</param>
internal sealed record PaperOptions(
    string Folder, IReadOnlyList<PaperSetting> Settings, IReadOnlyList<PaperRecipe> Recipes, IReadOnlyList<int> Horizons, int Seeds,
    int Episodes, int? Stride);

/// <summary>Runs every data set of the paper that is in a folder, by the paper's recipe and ours, into one report.</summary>
internal static class PaperExperiment
{
    /// <summary>What reports call the unit of events' times: publishers do not say it in their files.</summary>
    private const string Unit = "units";

    /// <summary>Runs them.</summary>
    /// <param name="options">What the user chose.</param>
    /// <param name="output">The folder of results.</param>
    /// <param name="command">The command line, for the report.</param>
    /// <param name="cancellation">Stops; finished work is kept.</param>
    /// <returns>The exit code: 0, or that of a mistake if a data set could not be read or run.</returns>
    /// <exception cref="UserException">None of the data sets is in the folder, or none can be run.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static int Run(PaperOptions options, string output, string command, CancellationToken cancellation)
    {
        PaperDataset[] wanted = [.. PaperCatalog.All.Where(d => options.Settings.Contains(d.Setting))];
        (PaperDataset Dataset, FoundDataset? Found)[] looked = CommandLine.Abandonable(
            () =>
            {
                var folder = new PaperFolder(options.Folder);
                return wanted.Select(d => (d, folder.Find(d))).ToArray();
            },
            cancellation);
        FoundDataset[] found = [.. looked.Select(static l => l.Found).OfType<FoundDataset>()];
        if (found.Length == 0)
        {
            throw new UserException($"{options.Folder}: none of the {wanted.Length} data sets is in this folder or below it; "
                + $"{wanted[0].Name}, for example, is looked for as {wanted[0].Files} (from {wanted[0].Place}).");
        }
        Tell(looked);
        List<string> problems = [];
        List<FoundDataset> usable = [];
        foreach (FoundDataset one in found)
        {
            if (one.Dataset.Setting == PaperSetting.Control && Decisions.MissingSimulator is { } reason)
            {
                Console.WriteLine($"not runnable: {one.Dataset.Name}: {reason}");
                continue;
            }
            // Every file is read before the first training, which may take days.
            if (Check(() => CommandLine.Abandonable(() => Plan(one, options, static _ => { }), cancellation)) is { } problem)
            {
                problems.Add($"{one.Dataset.Name}: {problem}");
                Console.Error.WriteLine($"error: {problems[^1]}");
                continue;
            }
            usable.Add(one);
        }
        if (usable.Count == 0)
        {
            return problems.Count > 0 ? CommandLine.Mistake : throw new UserException("None of the data sets can be run on this machine.");
        }
        // One after another, so that only one data set is in memory; the report grows.
        foreach (FoundDataset one in usable)
        {
            AnsiConsole.MarkupLineInterpolated($"{one.Dataset.Setting}: {one.Dataset.Name}");
            if (Check(
                () => Experiment.Run(
                    CommandLine.Abandonable(() => Plan(one, options, Console.WriteLine), cancellation), output, command, cancellation))
                is { } problem)
            {
                problems.Add($"{one.Dataset.Name}: {problem}");
                Console.Error.WriteLine($"error: {problems[^1]}");
            }
        }
        foreach (string problem in problems)
        {
            Console.Error.WriteLine($"error: left out: {problem}");
        }
        return problems.Count > 0 ? CommandLine.Mistake : 0;
    }

    /// <summary>The runs of a data set.</summary>
    /// <param name="found">Its files.</param>
    /// <param name="options">What the user chose.</param>
    /// <param name="tell">Receives what was recognised in the files.</param>
    /// <exception cref="UserException">A file is bad.</exception>
    public static IReadOnlyList<PlannedRun> Plan(FoundDataset found, PaperOptions options, Action<string> tell)
    {
        PaperDataset dataset = found.Dataset;
        IReadOnlyList<PlannedRun> runs = dataset.Setting switch
        {
            PaperSetting.Control => Decisions.Plan(
                found.Paths[0], dataset.Environment, Contenders(static r => r.Control), options.Seeds, options.Episodes),
            PaperSetting.Events => Events.Plan(EventsOf(found), Contenders(static r => r.Events), options.Seeds, tell),
            PaperSetting.Classification => Classification.Plan(
                found.Paths[0], found.Paths[1], Contenders(static r => r.Classification), options.Seeds),
            _ => Forecasting.Plan(
                found.Paths[0], options.Horizons, Contenders(static r => r.Forecasting), options.Seeds, hasIntervals: false, options.Stride,
                "", tell),
        };
        IEnumerable<PlannedRun> published = runs.Select(static r => r.Key with { Model = "", Seed = 0 }).Distinct()
            .SelectMany(key => dataset.Published.Select(figure =>
                new PlannedRun(key with { Model = figure.Model }, "", (_, _) => new RunOutcome([figure.Metric]))));
        return [.. runs, .. published];

        IReadOnlyList<Contender<TRecipe>> Contenders<TRecipe>(Func<PaperRecipe, TRecipe> recipe) =>
            [.. options.Recipes.SelectMany(r => Contender<TRecipe>.Of(r.Mixers, recipe(r), r.Name))];
    }

    private static EventData EventsOf(FoundDataset found)
    {
        (PaperDataset dataset, IReadOnlyList<string> paths, _, EventLayout layout) = found;
        switch (layout)
        {
            case EventLayout.Pickles:
                return EventData.OfPickles(paths[0], paths.Count > 2 ? paths[1] : null, paths[^1], Unit, dataset.Name);
            case EventLayout.Folds:
                string[] times = [.. paths.Where(static p => IsTime(p))], marks = [.. paths.Where(static p => !IsTime(p))];
                return EventData.OfText(times, marks, Unit, dataset.Name);
            case EventLayout.TrainAndTest:
                int half = paths.Count / 2;
                return paths.Count % 2 == 0 && half <= 2
                    ? EventData.OfTextParts(
                        (paths[0], half > 1 ? paths[1] : null), (paths[half], half > 1 ? paths[half + 1] : null), Unit,
                        dataset.Name)
                    : throw new TableException(
                        paths[0], null, null, "one of the training and the test part has a file of marks beside it, the other has none.");
            case EventLayout.Text:
                return EventData.OfText([paths[0]], [.. paths.Skip(1)], Unit, dataset.Name);
            default:
                return EventData.OfArchive(paths[0], Unit, dataset.Name, dataset.Parts);
        }

        static bool IsTime(string path) => Path.GetFileName(path).StartsWith("time", StringComparison.OrdinalIgnoreCase);
    }

    private static void Tell((PaperDataset Dataset, FoundDataset? Found)[] looked)
    {
        foreach ((PaperDataset dataset, FoundDataset? found) in looked)
        {
            if (found is not null)
            {
                string more = found.Paths.Count > 1 ? $" and {found.Paths.Count - 1} more" : "";
                string others = found.Others.Count == 0 ? ""
                    : $"; not read: {found.Others[0]}{(found.Others.Count == 1 ? "" : $" and {found.Others.Count - 1} more")}";
                Console.WriteLine($"found: {dataset.Name}: {found.Paths[0]}{more}{others}");
            }
        }
        foreach ((PaperDataset dataset, _) in looked.Where(static l => l.Found is null))
        {
            Console.WriteLine($"missing: {dataset.Name}: {dataset.Files}; published at {dataset.Place}");
        }
    }

    /// <summary>The mistake in files or options that some work meets, in one line; null: none.</summary>
    private static string? Check(Action work)
    {
        try
        {
            work();
            return null;
        }
        catch (Exception exception) when (CommandLine.IsMistake(exception))
        {
            return CommandLine.MessageOf(exception).ReplaceLineEndings(" ");
        }
    }
}
