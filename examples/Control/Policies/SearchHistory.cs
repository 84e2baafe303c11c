using System.Text.Json;

namespace Control;

/// <summary>The search before one of its iterations.</summary>
/// <param name="Policy">What it had come to.</param>
/// <param name="Observations">How many its mean and variance are of.</param>
/// <param name="Steps">Steps of the environment so far, those of evaluations left out.</param>
/// <param name="Return">Mean return as it will be logged; null where it was not evaluated.</param>
internal sealed record SearchPoint(LinearPolicy Policy, long Observations, long Steps, double? Return);

/// <summary>
/// All that a search went through. With it any of its episodes can be run again, exactly; so it goes on where it stopped.
/// </summary>
/// <param name="Environment">As the command line calls it.</param>
/// <param name="Seed">Decides all random numbers.</param>
/// <param name="Settings">How it goes.</param>
/// <param name="Points">Before each iteration, and after the last.</param>
internal sealed record SearchHistory(string Environment, int Seed, SearchSettings Settings, List<SearchPoint> Points)
{
    /// <summary>The point with the best return, the earliest of equals.</summary>
    public SearchPoint Best => Points.Where(static p => p.Return is not null).MaxBy(static p => p.Return)!;

    /// <summary>The first evaluated point that came a share of the way from the return of weights of zero to the best.</summary>
    /// <remarks>
    /// From there, not from 0: an ant that stands still returns about 1000, and a policy that has learnt nothing is not medium.
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

    /// <summary>Goes on with a file, or begins where there is none.</summary>
    /// <exception cref="UserException">The file is of another search, or unreadable.</exception>
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
            throw new UserException($"{path}: this is no search to go on with ({e.Message}); remove the file to begin anew.");
        }
        // A search with more iterations than it had is the same search, gone on with.
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

    /// <summary>Keeps it.</summary>
    public void Save(string path) => WholeFile.WriteText(path, JsonSerializer.Serialize(this));
}
