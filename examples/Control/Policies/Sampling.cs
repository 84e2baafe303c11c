namespace Control;

/// <summary>Random numbers that depend on a seed and a purpose, not on the order in which threads draw them.</summary>
internal static class Sampling
{
    /// <summary>A generator for a purpose, which whole numbers identify.</summary>
    public static Random For(params ReadOnlySpan<int> purpose)
    {
        // SplitMix64's finaliser (Steele, Lea, Flood 2014), once for each number.
        ulong state = 0;
        foreach (int number in purpose)
        {
            state += (uint)number + 0x9E3779B97F4A7C15;
            state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            state = (state ^ (state >> 27)) * 0x94D049BB133111EB;
            state ^= state >> 31;
        }
        return new((int)(state & int.MaxValue));
    }

    /// <summary>A normally distributed number, by the method of Box and Muller.</summary>
    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
