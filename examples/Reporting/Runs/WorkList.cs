using System.Runtime.ExceptionServices;
using Spectre.Console;

namespace Reporting;

/// <summary>Pieces of work done side by side, a processor each, with a bar for each that is under way.</summary>
internal static class WorkList
{
    /// <summary>Leaves a line of 80 characters its bar.</summary>
    private const int MaxNameLength = 36;

    /// <summary>Does all of them.</summary>
    /// <param name="items">The pieces, begun in this order.</param>
    /// <param name="name">What a piece is called.</param>
    /// <param name="work">Does one, telling the share that is done.</param>
    /// <param name="cancellation">Stops.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <remarks>Where a piece fails, those under way are finished, no other is begun, and the first failure is thrown as it is.</remarks>
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

    private static string Short(string name) => Plots.Short(name, MaxNameLength);

    private sealed class Share(ProgressTask task) : IProgress<double>
    {
        public void Report(double value) => task.Value = task.MaxValue * value;
    }
}
