using System.Diagnostics;

namespace AarenGen.Benchmarks;

/// <summary>
/// A thread that only sleeps, a millisecond at a time, and notes how much later it wakes: so late comes on this machine even what has
/// nothing to do.
/// </summary>
internal sealed class Sleeper : IDisposable
{
    private readonly List<(long At, double Late)> woken = [];
    private readonly Thread thread;
    private volatile bool isStopped;

    public Sleeper()
    {
        thread = new(Run) { IsBackground = true };
        thread.Start();
    }

    /// <summary>How many milliseconds too late it woke in the last seconds before it was stopped.</summary>
    public double[] Stop(double seconds)
    {
        Dispose();
        return [.. woken.Where(w => Stopwatch.GetElapsedTime(w.At, woken[^1].At).TotalSeconds < seconds).Select(static w => w.Late)];
    }

    public void Dispose()
    {
        isStopped = true;
        thread.Join();
    }

    private void Run()
    {
        while (!isStopped)
        {
            long start = Stopwatch.GetTimestamp();
            Thread.Sleep(1);
            woken.Add((Stopwatch.GetTimestamp(), Stopwatch.GetElapsedTime(start).TotalMilliseconds - 1));
        }
    }
}
