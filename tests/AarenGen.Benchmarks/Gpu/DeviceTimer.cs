using System.Diagnostics;
using AarenGen.Cuda.Driver;

namespace AarenGen.Benchmarks;

/// <summary>Times work on the device's own clock: what lies between two events of a stream.</summary>
internal sealed class DeviceTimer : IDisposable
{
    private readonly CudaStream stream;
    private readonly CudaEvent start, end;
    private readonly TimeSpan warmUp, turn, most;
    private readonly int turns;

    public DeviceTimer(CudaContext context, CudaStream stream, bool isShort)
    {
        this.stream = stream;
        start = new(context, withTiming: true);
        end = new(context, withTiming: true);
        (warmUp, turn, most, turns) = isShort
            ? (TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, 1)
            : (TimeSpan.FromMilliseconds(150), TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(500), 101);
    }

    /// <summary>
    /// Seconds that a unit of work takes: turns of many units each, after a warm-up in which clocks rise and caches fill.
    /// </summary>
    public Timing Measure(string name, Action enqueue)
    {
        double first = Run(enqueue, 1);
        for (long started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < warmUp;)
        {
            first = Run(enqueue, 1);
        }
        int units = (int)Math.Clamp(turn.TotalSeconds / Math.Max(first, 1e-7), 1, 1000);
        var seconds = new List<double>();
        for (long started = Stopwatch.GetTimestamp();
            seconds.Count < turns && (seconds.Count < 3 || Stopwatch.GetElapsedTime(started) < most);)
        {
            seconds.Add(Run(enqueue, units) / units);
        }
        return new(name, seconds, 0);
    }

    public void Dispose()
    {
        start.Dispose();
        end.Dispose();
    }

    private double Run(Action enqueue, int units)
    {
        start.Record(stream);
        for (int i = 0; i < units; i++)
        {
            enqueue();
        }
        end.Record(stream);
        end.Synchronize();
        // The clock ticks every half microsecond; none at all would make rates infinite.
        return Math.Max(end.ElapsedSince(start).TotalSeconds, 5e-7);
    }
}
