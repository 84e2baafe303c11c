using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using AarenGen.Memory;

namespace AarenGen.Benchmarks;

/// <summary>Measured maxima of one core of this machine: operations, and bytes read from each level of the memory hierarchy.</summary>
/// <param name="FlopsPerSecond">Float multiply-adds of independent sums in the widest vectors, two operations each.</param>
/// <param name="BytesPerSecond">Reading a working set of the given bytes again and again.</param>
internal sealed record Ceilings(double FlopsPerSecond, IReadOnlyList<(long Bytes, double PerSecond)> BytesPerSecond)
{
    private const int FloatsPerTurn = 128;

    private static readonly Lazy<Ceilings> Measured = new(Measure);

    public static Ceilings OfThisMachine => Measured.Value;

    /// <summary>
    /// How near to the ceilings a contestant was: the median over the rounds of the minimum time, that of the operations or of reading,
    /// over its own.
    /// </summary>
    public double Share(double flops, Timing reading, Timing own) =>
        Statistics.Median([.. reading.Seconds.Zip(own.Seconds, (read, taken) => Math.Max(flops / FlopsPerSecond, read) / taken)]);

    /// <summary>
    /// Reads a working set of the given bytes once. It is a contestant, so that its time is known for the same rounds as the others.
    /// </summary>
    public static Contestant Reading(double bytes)
    {
        AlignedBuffer memory = Filled((long)bytes);
        return new($"reading {bytes / 1024:N0} KiB", () => Read(memory));
    }

    private static Ceilings Measure() => new(
        Best(MultiplyAdds, 12 * 16 * 2 * 400_000.0),
        [.. ((long[])[32 << 10, 512 << 10, 4 << 20, 24 << 20, 256 << 20]).Select(static bytes => (bytes, Bandwidth(bytes)))]);

    private static double Bandwidth(long bytes)
    {
        AlignedBuffer memory = Filled(bytes);
        int passes = (int)Math.Max(1, (64 << 20) / bytes);
        return Best(
            () =>
            {
                for (int pass = 0; pass < passes; pass++)
                {
                    Read(memory);
                }
            },
            (double)bytes * passes);
    }

    /// <summary>Memory as models have it, of the given bytes, rounded down to a multiple of the bytes of a loop iteration.</summary>
    private static AlignedBuffer Filled(long bytes)
    {
        var memory = new AlignedBuffer((int)(bytes / sizeof(float) / FloatsPerTurn) * FloatsPerTurn);
        memory.Span.Fill(1);
        return memory;
    }

    /// <summary>The best of many short runs: a ceiling is what is possible, not what is usual.</summary>
    private static double Best(Action action, double work)
    {
        double best = 0;
        for (long started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < TimeSpan.FromMilliseconds(400);)
        {
            long before = Stopwatch.GetTimestamp();
            action();
            best = Math.Max(best, work / Stopwatch.GetElapsedTime(before).TotalSeconds);
        }
        return best;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void MultiplyAdds()
    {
        Vector512<float> a = Vector512.Create(0.999f), b = Vector512.Create(0.001f);
        Vector512<float> s0 = a, s1 = a, s2 = a, s3 = a, s4 = a, s5 = a, s6 = a, s7 = a, s8 = a, s9 = a, s10 = a, s11 = a;
        for (int i = 0; i < 400_000; i++)
        {
            s0 = Vector512.MultiplyAddEstimate(s0, a, b);
            s1 = Vector512.MultiplyAddEstimate(s1, a, b);
            s2 = Vector512.MultiplyAddEstimate(s2, a, b);
            s3 = Vector512.MultiplyAddEstimate(s3, a, b);
            s4 = Vector512.MultiplyAddEstimate(s4, a, b);
            s5 = Vector512.MultiplyAddEstimate(s5, a, b);
            s6 = Vector512.MultiplyAddEstimate(s6, a, b);
            s7 = Vector512.MultiplyAddEstimate(s7, a, b);
            s8 = Vector512.MultiplyAddEstimate(s8, a, b);
            s9 = Vector512.MultiplyAddEstimate(s9, a, b);
            s10 = Vector512.MultiplyAddEstimate(s10, a, b);
            s11 = Vector512.MultiplyAddEstimate(s11, a, b);
        }
        Keep(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11);
    }

    /// <summary>Four addresses at a time, as a step reads panels of weights: several addresses use more of the memory's channels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static unsafe void Read(AlignedBuffer memory)
    {
        fixed (float* start = memory.Span)
        {
            Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
            int quarter = memory.Length / 4;
            for (float* at = start, end = start + quarter; at < end; at += FloatsPerTurn / 4)
            {
                s0 += Vector512.Load(at);
                s1 += Vector512.Load(at + 16);
                s2 += Vector512.Load(at + quarter);
                s3 += Vector512.Load(at + quarter + 16);
                s4 += Vector512.Load(at + 2 * quarter);
                s5 += Vector512.Load(at + 2 * quarter + 16);
                s6 += Vector512.Load(at + 3 * quarter);
                s7 += Vector512.Load(at + 3 * quarter + 16);
            }
            Keep(s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7);
        }
    }

    /// <summary>Uses a value, so that computing it is not left out.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Keep(Vector512<float> value) => GC.KeepAlive(value.GetElement(0) > 0 ? nameof(Keep) : nameof(Ceilings));
}
