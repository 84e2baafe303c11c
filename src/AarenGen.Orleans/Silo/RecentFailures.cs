using System.Collections.Concurrent;
using Orleans.Runtime;

namespace AarenGen.Orleans;

/// <summary>
/// Grains that failed in a silo and have not succeeded since. Each counts for a while only: a grain that nobody calls, or that is in
/// another silo by now, does not say here that it is well again.
/// </summary>
internal sealed class RecentFailures
{
    private const int MaxGrains = 256;

    /// <summary>How long a failure counts.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<GrainId, (string Message, long Until)> failures = [];

    /// <summary>What went wrong with one of them; null: there is none.</summary>
    public string? Message
    {
        get
        {
            RemoveOld();
            return failures.Values.FirstOrDefault().Message;
        }
    }

    /// <summary>Says that a grain has failed.</summary>
    /// <returns>Whether it had not before. Beyond a number of grains, which are enough to tell, none is new.</returns>
    public bool Add(GrainId grain, string message)
    {
        (string, long) failure = (message, Environment.TickCount64 + (long)Lifetime.TotalMilliseconds);
        if (failures.ContainsKey(grain))
        {
            failures[grain] = failure;
            return false;
        }
        RemoveOld();
        return failures.Count < MaxGrains && failures.TryAdd(grain, failure);
    }

    /// <summary>Says that a grain has succeeded.</summary>
    public void Remove(GrainId grain) => failures.TryRemove(grain, out _);

    private void RemoveOld()
    {
        long now = Environment.TickCount64;
        foreach (KeyValuePair<GrainId, (string Message, long Until)> failure in failures)
        {
            if (failure.Value.Until < now)
            {
                failures.TryRemove(failure);
            }
        }
    }
}
