using System.Reflection;
using System.Runtime.InteropServices;
using AarenGen;
using Spectre.Console;

namespace Reporting;

/// <summary>Makes the runs that a folder lacks, side by side, and writes the folder's report.</summary>
internal static class Experiment
{
    /// <summary>Makes what is missing.</summary>
    /// <param name="plan">The runs.</param>
    /// <param name="output">The folder of results.</param>
    /// <param name="command">The command line, for the report.</param>
    /// <param name="cancellation">Stops; what is finished stays.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static void Run(IReadOnlyList<PlannedRun> plan, string output, string command, CancellationToken cancellation)
    {
        var store = new RunStore(output);
        PlannedRun[] missing = [.. plan.Where(run => store.Find(run) is null)];
        AnsiConsole.MarkupLineInterpolated($"{plan.Count} runs, {plan.Count - missing.Length} of them finished before.");
        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .HideCompleted(true)
            .Start(context =>
            {
                ProgressTask total = context.AddTask("all runs", maxValue: Math.Max(1, missing.Length));
                var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation };
                Parallel.ForEach(System.Collections.Concurrent.Partitioner.Create(missing, loadBalance: true), options, run =>
                {
                    RunKey key = run.Key;
                    ProgressTask task = context.AddTask(Markup.Escape($"{key.Dataset} {key.Setting} {key.Model} {key.Seed}"));
                    DateTimeOffset started = DateTimeOffset.UtcNow;
                    RunOutcome outcome = run.Make(new Reporter(task), options.CancellationToken);
                    store.Add(new(
                        key, run.Options, outcome.Metrics, outcome.Training, outcome.Forecast, outcome.Confusion, outcome.Density,
                        new(command, Commit, Machine, started)));
                    task.Value = task.MaxValue;
                    total.Increment(1);
                });
            });
        Report.Write(output, store.All());
        foreach (Group group in Summary.Of([.. plan.Select(run => store.Find(run)!)]))
        {
            AnsiConsole.Write(Tables.ForConsole(group));
        }
        AnsiConsole.MarkupLineInterpolated($"Report: {Path.Combine(output, Report.HtmlName)}");
    }

    /// <summary>The commit this program was built from, where it was built in a repository.</summary>
    private static string Commit =>
        typeof(Experiment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+') is [_, var commit]
            ? commit[..Math.Min(12, commit.Length)] : "unknown";

    private static string Machine
    {
        get
        {
            const string info = "/proc/cpuinfo";
            string? processor = File.Exists(info)
                ? File.ReadLines(info).FirstOrDefault(static l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() : null;
            return $"{processor ?? RuntimeInformation.ProcessArchitecture.ToString()}, {Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}";
        }
    }

    private sealed class Reporter(ProgressTask task) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => task.Value = task.MaxValue * value.Step / value.Steps;
    }
}
