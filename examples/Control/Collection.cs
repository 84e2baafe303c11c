using System.Text.Json;
using Spectre.Console;

namespace Control;

/// <summary>The command collect: trains a policy online, then logs trajectories by D4RL's recipe.</summary>
internal static class Collection
{
    /// <summary>Standard deviation of the normal noise on logged actions.</summary>
    /// <remarks>D4RL's policies are stochastic; a linear policy found by random search is not, so noise stands in for it.</remarks>
    private const double ActionNoise = 0.1;

    /// <summary>The sets that are written.</summary>
    public static IReadOnlyList<string> Sets { get; } = ["medium", "medium-replay", "medium-expert"];

    /// <summary>D4RL's medium policies are at about a third of the expert's return.</summary>
    private const double MediumShare = 1.0 / 3;

    private const int RandomEpisodes = 100;

    private const int RandomPurpose = 4, MediumPurpose = 5, ExpertPurpose = 6;

    /// <param name="environment">As the catalogue calls it.</param>
    /// <param name="folder">Where data sets and the search are kept; a stopped search resumes there.</param>
    /// <param name="size">Approximate steps of a set; default: a suitable number for the environment.</param>
    /// <param name="iterations">Iterations of the search; default: a suitable number for the environment.</param>
    /// <param name="seed">Seed of all random numbers.</param>
    /// <param name="cancellation">Stops it cleanly.</param>
    /// <exception cref="UserException">There is no such environment, its simulator is missing, or the folder has another
    /// search.</exception>
    /// <exception cref="OperationCanceledException">Stopped; the search is saved.</exception>
    public static void Run(string environment, string folder, int? size, int? iterations, int seed, CancellationToken cancellation)
    {
        EnvironmentDescription description = EnvironmentCatalog.Find(environment);
        OutputFolder.Prepare(folder);
        int steps = size ?? 100 * description.StepLimit;
        SearchSettings settings = SearchSettings.For(environment);
        settings = settings with { Iterations = iterations ?? settings.Iterations };
        string searchFile = Path.Combine(folder, $"{environment}-search.json");
        SearchHistory history = SearchHistory.LoadOrBegin(searchFile, description, seed, settings);
        using var pool = new EnvironmentPool(() => EnvironmentCatalog.Create(environment));

        Episode[] random = EpisodeRecorder.RecordRandom(pool, RandomEpisodes, Purpose(seed, RandomPurpose), cancellation);
        string about = $"mean of {RandomEpisodes} episodes; for scores {description.RandomReturn} and {description.ExpertReturn}";
        AnsiConsole.MarkupLineInterpolated(
            $"[bold]{environment}[/]: random actions return {random.Average(static e => e.Return):F1} ({about})");

        var search = new AugmentedRandomSearch(history, pool, ActionNoise);
        Search(search, history, searchFile, cancellation);
        int mediumIndex = history.IndexOfShare(MediumShare);
        if (mediumIndex == 0)
        {
            throw new UserException($"{searchFile}: {settings.Iterations} iterations found nothing better than the start, a return of "
                + $"{history.Best.Return:F1}; give it more --iterations.");
        }
        SearchPoint medium = history.Points[mediumIndex], best = history.Best;
        string found = $"{best.Steps:N0} steps, score {description.NormalizedScore(best.Return!.Value):F1}";
        AnsiConsole.MarkupLineInterpolated(
            $"best return {best.Return:F1} after {found}; medium {medium.Return:F1} after {medium.Steps:N0}");

        Episode[] mediumEpisodes = Log(pool, medium.Policy, Purpose(seed, MediumPurpose), steps, cancellation);
        Episode[] expertEpisodes = Log(pool, best.Policy, Purpose(seed, ExpertPurpose), steps / 2, cancellation);
        Write(Sets[0], mediumEpisodes);
        Write(Sets[1], Replay(search, pool, mediumIndex, steps, cancellation));
        Write(Sets[2], [.. Until(mediumEpisodes, steps / 2), .. expertEpisodes]);
        string policies = Path.Combine(folder, $"{environment}-policies.json");
        WholeFile.WriteText(policies,
            JsonSerializer.Serialize(new Dictionary<string, SearchPoint> { ["medium"] = medium, ["expert"] = best }));
        AnsiConsole.MarkupLineInterpolated($"wrote {policies}");

        void Write(string name, IReadOnlyList<Episode> episodes)
        {
            var set = new TrajectorySet(description.ObservationWidth, description.ActionWidth, episodes);
            string path = TrajectoryFile.PathOf(folder, environment, name);
            TrajectoryFile.Write(path, set);
            string mean = $"mean return {set.MeanReturn:F1} (score {description.NormalizedScore(set.MeanReturn):F1})";
            AnsiConsole.MarkupLineInterpolated($"wrote {path}: {set.Episodes.Count:N0} episodes, {set.Steps:N0} steps, {mean}");
        }
    }

    /// <summary>Continues to the last iteration. The search is saved at every evaluation, and when it is stopped.</summary>
    private static void Search(AugmentedRandomSearch search, SearchHistory history, string file, CancellationToken cancellation)
    {
        int iterations = history.Settings.Iterations;
        AnsiConsole.Progress().Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(),
            new PercentageColumn(), new RemainingTimeColumn()).Start(context =>
        {
            ProgressTask task = context.AddTask("searching a policy", maxValue: iterations);
            try
            {
                search.EvaluateStart(cancellation);
                while (history.Points.Count - 1 < iterations)
                {
                    search.Advance(cancellation);
                    SearchPoint point = history.Points[^1];
                    task.Value = history.Points.Count - 1;
                    if (point.Return is not null)
                    {
                        history.Save(file);
                        task.Description = $"iteration {history.Points.Count - 1}/{iterations}, {point.Steps:N0} steps, return "
                            + $"{point.Return:F1}, best {history.Best.Return:F1}";
                    }
                }
            }
            finally
            {
                history.Save(file);
            }
            task.Value = iterations;
        });
    }

    /// <summary>Episodes of a policy until they have the given number of steps.</summary>
    private static Episode[] Log(EnvironmentPool pool, LinearPolicy policy, int seed, int steps, CancellationToken cancellation)
    {
        const int Batch = 16;
        var episodes = new List<Episode>();
        while (episodes.Sum(static e => e.Length) < steps)
        {
            int first = episodes.Count;
            episodes.AddRange(pool.Run(Batch, (environment, i) =>
                EpisodeRecorder.RecordNoisy(environment, Sampling.For(seed, first + i), policy, ActionNoise), cancellation));
        }
        return [.. Until(episodes, steps)];
    }

    /// <summary>
    /// Trials of the search before a point: all of them, or trials spread evenly if they have more than the given steps.
    /// </summary>
    private static Episode[] Replay(
        AugmentedRandomSearch search, EnvironmentPool pool, int point, int steps, CancellationToken cancellation)
    {
        int trials = point * search.TrialsPerIteration;
        // Trials differ in length, so a fraction of them is run, and the fraction that fits follows from its steps.
        int picked = trials;
        Episode[] episodes = [];
        for (int tried = Math.Min(trials, 64); ; tried = picked)
        {
            episodes = pool.Run(tried, (environment, i) => At(environment, i, tried), cancellation);
            int length = Math.Max(1, episodes.Sum(static e => e.Length) / tried);
            picked = Math.Min(trials, Math.Max(1, steps / length));
            if (picked <= tried)
            {
                return episodes;
            }
        }

        Episode At(ControlEnvironment environment, int index, int count)
        {
            int trial = (int)((long)index * trials / count);
            return search.Try(environment, trial / search.TrialsPerIteration, trial % search.TrialsPerIteration);
        }
    }

    private static IEnumerable<Episode> Until(IReadOnlyList<Episode> episodes, int steps)
    {
        int taken = 0;
        foreach (Episode episode in episodes)
        {
            if (taken >= steps)
            {
                yield break;
            }
            taken += episode.Length;
            yield return episode;
        }
    }

    private static int Purpose(int seed, int purpose) => Sampling.For(seed, purpose).Next();
}
