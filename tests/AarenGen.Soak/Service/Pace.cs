using System.Diagnostics;

namespace AarenGen.Soak;

/// <summary>What clients do again and again, and what went wrong.</summary>
internal sealed class Pace(CancellationToken ended)
{
    private readonly List<string> errors = [];
    private readonly List<double> milliseconds = [];

    /// <summary>What went wrong so far.</summary>
    public string[] Errors
    {
        get
        {
            lock (errors)
            {
                return [.. errors];
            }
        }
    }

    /// <summary>Takes over how long each turn has taken since it was last asked, from when it was due.</summary>
    public double[] TakeMilliseconds()
    {
        lock (milliseconds)
        {
            double[] taken = [.. milliseconds];
            milliseconds.Clear();
            return taken;
        }
    }

    public void Add(string? error)
    {
        if (error is not null)
        {
            lock (errors)
            {
                errors.Add(error);
            }
        }
    }

    /// <summary>Does something again and again, at the times when it is due or, where it is late, at once; until the end.</summary>
    /// <param name="interval">From one time to the next.</param>
    /// <param name="act">Does it; what it returns went wrong, where that is not null.</param>
    /// <param name="isTimed">Whether it counts how long turns take.</param>
    /// <param name="isCatchingUp">Whether a turn that is late counts from when it was due; otherwise the next ones are put off.</param>
    public async Task EveryAsync(TimeSpan interval, Func<Task<string?>> act, bool isTimed = false, bool isCatchingUp = true)
    {
        long started = Stopwatch.GetTimestamp();
        for (long i = 0; !ended.IsCancellationRequested; i++)
        {
            try
            {
                Add(await act());
            }
            catch (Exception e) when (e is HttpRequestException or IOException or Grpc.Core.RpcException)
            {
                Add(e.ToString());
            }
            TimeSpan late = Stopwatch.GetElapsedTime(started) - i * interval;
            if (isTimed)
            {
                lock (milliseconds)
                {
                    milliseconds.Add(late.TotalMilliseconds);
                }
            }
            if (late < interval)
            {
                await Task.Delay(interval - late, CancellationToken.None);
            }
            if (!isCatchingUp)
            {
                (started, i) = (Stopwatch.GetTimestamp(), -1);
            }
        }
    }
}
