namespace AarenGen.Benchmarks;

/// <summary>The most managed memory in use while something runs, beyond what was in use before.</summary>
internal sealed class PeakMemory : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(2);
    private readonly long before = GC.GetTotalMemory(forceFullCollection: true);
    private readonly Thread watcher;
    private volatile bool isDone;
    private long peak;

    public PeakMemory()
    {
        watcher = new(() =>
        {
            while (!isDone)
            {
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false));
                Thread.Sleep(Interval);
            }
        }) { IsBackground = true };
        watcher.Start();
    }

    /// <summary>Bytes, garbage that is not collected yet among them.</summary>
    public long Bytes => Math.Max(0, peak - before);

    public void Dispose()
    {
        isDone = true;
        watcher.Join();
    }
}
