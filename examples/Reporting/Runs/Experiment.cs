using System.Reflection;
using System.Runtime.InteropServices;
using Spectre.Console;

namespace Reporting;

/// <summary>Makes the missing runs of a folder in parallel and writes the folder's report.</summary>
internal static class Experiment
{
    /// <summary>Makes the missing runs.</summary>
    /// <param name="planned">The runs; duplicates are made once.</param>
    /// <param name="output">The folder of results.</param>
    /// <param name="command">The command line, for the report.</param>
    /// <param name="cancellation">Stops; finished work is kept.</param>
    /// <exception cref="IOException">Nothing can be written to the folder; found before the first run is made.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Run(IReadOnlyList<PlannedRun> planned, string output, string command, CancellationToken cancellation)
    {
        var store = new RunStore(output);
        PlannedRun[] plan = [.. planned.DistinctBy(static run => (run.Key, run.Options))];
        PlannedRun[] missing = [.. plan.Where(run => store.Find(run) is null)];
        AnsiConsole.MarkupLineInterpolated($"{plan.Length} runs, {plan.Length - missing.Length} of them finished before.");
        WorkList.Do(
            missing, static run => $"{run.Key.Dataset.Name} {run.Key.Setting} {run.Key.Model} {run.Key.Seed}",
            (run, share, stop) =>
            {
                DateTimeOffset started = DateTimeOffset.UtcNow;
                RunOutcome outcome = run.Make(share, stop);
                store.Add(new(
                    run.Key, new(run.Options, ProgramVersion.Current), outcome.Metrics, outcome.Training, outcome.Forecast,
                    outcome.Confusion, outcome.Density, outcome.Scores,
                    new(command, Commit, Machine, started)));
            },
            cancellation);
        RunResult[] results = store.For(plan);
        Report.Write(output, results);
        HashSet<RunKey> keys = [.. plan.Select(static run => run.Key)];
        foreach (Group group in Summary.Of([.. results.Where(run => keys.Contains(run.Key))]))
        {
            AnsiConsole.Write(ResultTable.ForConsole(group, AnsiConsole.Profile.Width));
        }
        AnsiConsole.MarkupLineInterpolated($"Report: {Path.Combine(output, Report.HtmlName)}");
        if (Plots.MissingFonts is { } notice)
        {
            Console.WriteLine(notice);
        }
    }

    /// <summary>The commit that this program was built from, if it was built in a repository.</summary>
    private static string Commit =>
        typeof(Experiment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split(
            '+') is [_, var commit]
            ? commit[..Math.Min(12, commit.Length)] : "unknown";

    private static string Machine
    {
        get
        {
            const string info = "/proc/cpuinfo";
            string? processor = File.Exists(info)
                ? File.ReadLines(info).FirstOrDefault(static l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1]
                    .Trim() : null;
            int count = Environment.ProcessorCount;
            return $"{processor ?? RuntimeInformation.ProcessArchitecture.ToString()}, "
                + $"{count} {(count == 1 ? "processor" : "processors")}, {RuntimeInformation.FrameworkDescription}";
        }
    }
}
