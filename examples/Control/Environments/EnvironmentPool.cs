using System.Collections.Concurrent;

namespace Control;

/// <summary>Equal environments for work on several threads: one per thread, created when first needed.</summary>
internal sealed class EnvironmentPool(Func<ControlEnvironment> create) : IDisposable
{
    private readonly ConcurrentBag<ControlEnvironment> idle = [];

    /// <summary>Runs <paramref name="job"/> for 0 to <paramref name="count"/> - 1, on all processors; results in that order.</summary>
    /// <exception cref="OperationCanceledException">Stopped by <paramref name="cancellation"/>.</exception>
    public TResult[] Run<TResult>(int count, Func<ControlEnvironment, int, TResult> job, CancellationToken cancellation)
    {
        var results = new TResult[count];
        var options = new ParallelOptions { CancellationToken = cancellation, MaxDegreeOfParallelism = Environment.ProcessorCount };
        try
        {
            Parallel.For(0, count, options, i =>
            {
                if (!idle.TryTake(out ControlEnvironment? environment))
                {
                    environment = create();
                }
                results[i] = job(environment, i);
                idle.Add(environment);
            });
        }
        catch (AggregateException failures) when (failures.InnerException is UserException mistake)
        {
            throw new UserException(mistake.Message);
        }
        return results;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (idle.TryTake(out ControlEnvironment? environment))
        {
            environment.Dispose();
        }
    }
}
