namespace AarenGen.Tests;

/// <summary>Bytes that code allocates on the thread that runs it.</summary>
internal static class Allocations
{
    /// <summary>The most rounds that <see cref="Min"/> runs.</summary>
    public const int Rounds = 10;

    /// <summary>
    /// The minimum over some rounds: code that allocates does so in each, while in a single one the runtime may compile a method, or build
    /// a cache, on this very thread.
    /// </summary>
    public static long Min(Action round)
    {
        long min = long.MaxValue;
        for (int i = 0; i < Rounds && min != 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            round();
            min = Math.Min(min, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return min;
    }
}
