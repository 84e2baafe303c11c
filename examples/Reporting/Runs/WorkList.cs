using System.Runtime.ExceptionServices;
using Spectre.Console;

namespace Reporting;

/// <summary>Pieces of work that run in parallel, one processor each, with a progress bar for each piece in progress.</summary>
internal static class WorkList
{
    /// <summary>Leaves space for the bar in a line of 80 characters.</summary>
    private const int MaxNameLength = 36;

    /// <summary>Does all of them.</summary>
    /// <param name="items">The pieces, started in this order.</param>
    /// <param name="name">The name of a piece.</param>
    /// <param name="work">Does one, reporting the fraction that is done.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <remarks>If a piece fails, running pieces finish, no other starts, and the first exception is thrown unchanged.</remarks>
    public static void Do<T>(
        IReadOnlyList<T> items, Func<T, string> name, Action<T, IProgress<double>, CancellationToken> work, CancellationToken cancellation)
    {
        try
        {
            DoAll(items, name, work, cancellation);
        }
        catch (AggregateException failures)
        {
            cancellation.ThrowIfCancellationRequested();
            ExceptionDispatchInfo.Throw(failures.Flatten().InnerExceptions[0]);
        }
    }

    private static void DoAll<T>(IReadOnlyList<T> items, Func<T, string> name, Action<T, IProgress<double>, CancellationToken> work,
        CancellationToken cancellation) =>
        AnsiConsole.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(),
                new RemainingTimeColumn())
            .HideCompleted(true)
            .Start(context =>
            {
                ProgressTask total = context.AddTask("all", maxValue: Math.Max(1, items.Count));
                var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation };
                Parallel.ForEach(System.Collections.Concurrent.Partitioner.Create(items.ToArray(), loadBalance: true), options, item =>
                {
                    ProgressTask task = context.AddTask(Markup.Escape(Short(name(item))));
                    work(item, new Share(task), options.CancellationToken);
                    task.Value = task.MaxValue;
                    total.Increment(1);
                });
            });

    private static string Short(string name) => Plots.Shorten(name, MaxNameLength);

    private sealed class Share(ProgressTask task) : IProgress<double>
    {
        public void Report(double value) => task.Value = task.MaxValue * value;
    }
}
