using System.Text.Json;

namespace Control;

/// <summary>The search before one of its iterations.</summary>
/// <param name="Policy">The policy at that point.</param>
/// <param name="Observations">Number of observations behind its mean and variance.</param>
/// <param name="Steps">Steps of the environment so far, those of evaluations left out.</param>
/// <param name="Return">Mean return with the noise of logging; null: not evaluated.</param>
internal sealed record SearchPoint(LinearPolicy Policy, long Observations, long Steps, double? Return);

/// <summary>
/// The whole course of a search. Any of its episodes can be run again exactly, so a search resumes where it stopped.
/// </summary>
/// <param name="Environment">As the command line calls it.</param>
/// <param name="Seed">Decides all random numbers.</param>
/// <param name="Settings">The settings.</param>
/// <param name="Points">Before each iteration, and after the last.</param>
internal sealed record SearchHistory(string Environment, int Seed, SearchSettings Settings, List<SearchPoint> Points)
{
    /// <summary>The point with the best return, the earliest in a tie.</summary>
    public SearchPoint Best => Points.Where(static p => p.Return is not null).MaxBy(static p => p.Return)!;

    /// <summary>The first evaluated point at the given fraction of the way from the return of zero weights to the best return.</summary>
    /// <remarks>
    /// The start is not 0: an ant that stands still returns about 1000, and a policy that has learnt nothing is not medium.
    /// </remarks>
    public int IndexOfShare(double share)
    {
        double start = Points[0].Return!.Value, goal = start + share * (Best.Return!.Value - start);
        return Points.FindIndex(p => p.Return >= goal);
    }

    /// <summary>Begins with weights of zero.</summary>
    public static SearchHistory Begin(EnvironmentDescription environment, int seed, SearchSettings settings) =>
        new(environment.Name, seed, settings, [
        new(
            new(
                new double[environment.ActionWidth * environment.ObservationWidth],
                new double[environment.ObservationWidth],
                new double[environment.ObservationWidth]),
            0, 0, null),
    ]);

    /// <summary>Resumes from a file, or begins if there is none.</summary>
    /// <exception cref="UserException">The file belongs to another search or is unreadable.</exception>
    public static SearchHistory LoadOrBegin(string path, EnvironmentDescription environment, int seed, SearchSettings settings)
    {
        if (!File.Exists(path))
        {
            return Begin(environment, seed, settings);
        }
        SearchHistory? history;
        try
        {
            history = JsonSerializer.Deserialize<SearchHistory>(File.ReadAllText(path));
        }
        catch (JsonException e)
        {
            throw new UserException($"{path}: this is not a search that can be resumed ({e.Message}); remove the file to begin anew.");
        }
        // A search with more iterations than it had is the same search, continued.
        if (history is { Points.Count: var points } && points - 1 > settings.Iterations)
        {
            throw new UserException($"{path}: this search has {points - 1} iterations, more than the {settings.Iterations} asked for; "
                + "ask for as many, or remove the file to begin anew.");
        }
        return history is { Points.Count: > 0 } && history.Environment == environment.Name && history.Seed == seed
            && history.Settings with { Iterations = settings.Iterations } == settings
            ? history with { Settings = settings }
            : throw new UserException(
                $"{path}: this search was begun with another seed or other settings; use another --output folder, or remove the file to "
                + "begin anew.");
    }

    /// <summary>Saves it.</summary>
    public void Save(string path) => WholeFile.WriteText(path, JsonSerializer.Serialize(this));
}
