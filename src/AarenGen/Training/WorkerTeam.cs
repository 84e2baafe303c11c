using System.Runtime.ExceptionServices;

namespace AarenGen.Training;

/// <summary>Threads that do one thing together, then wait: no pool, no allocation a call. The caller is the first of them.</summary>
internal sealed class WorkerTeam : IDisposable
{
    private readonly Barrier begin, end;
    private readonly ExceptionDispatchInfo?[] failures;
    private readonly Thread[] threads;
    private Action<int>? work;

    public WorkerTeam(int size)
    {
        Size = size;
        begin = new(size);
        end = new(size);
        failures = new ExceptionDispatchInfo?[size];
        threads = new Thread[size - 1];
        for (int i = 0; i < threads.Length; i++)
        {
            int worker = i + 1;
            threads[i] = new(() => Serve(worker)) { IsBackground = true, Name = $"AarenGen training {worker}" };
            threads[i].Start();
        }
    }

    public int Size { get; }

    /// <summary>Runs the action once with each number below <see cref="Size"/>; throws what the first failing one threw.</summary>
    public void Run(Action<int> action)
    {
        work = action;
        begin.SignalAndWait();
        Attempt(0);
        end.SignalAndWait();
        ExceptionDispatchInfo? failure = null;
        for (int i = 0; i < failures.Length; i++)
        {
            failure ??= failures[i];
            failures[i] = null;
        }
        failure?.Throw();
    }

    public void Dispose()
    {
        work = null;
        begin.SignalAndWait();
        foreach (Thread thread in threads)
        {
            thread.Join();
        }
        begin.Dispose();
        end.Dispose();
    }

    private void Serve(int worker)
    {
        while (true)
        {
            begin.SignalAndWait();
            if (work is null)
            {
                return;
            }
            Attempt(worker);
            end.SignalAndWait();
        }
    }

    private void Attempt(int worker)
    {
        try
        {
            work!(worker);
        }
        catch (Exception e)
        {
            failures[worker] = ExceptionDispatchInfo.Capture(e);
        }
    }
}
