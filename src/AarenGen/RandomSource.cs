namespace AarenGen;

/// <summary>
/// Random numbers by SplitMix64: the same on every machine, but for the last bit of normal ones, which the platform's log and cos decide.
/// Source: Steele, Lea and Flood, OOPSLA 2014.
/// </summary>
internal struct RandomSource(ulong seed)
{
    private ulong state = seed;

    /// <summary>A number that depends on both arguments; consecutive arguments give unrelated numbers.</summary>
    public static ulong Hash(ulong a, ulong b) => Mix(Mix(a + 0x9E37_79B9_7F4A_7C15) + b * 0xD1B5_4A32_D192_ED03);

    public ulong Next() => Mix(state += 0x9E37_79B9_7F4A_7C15);

    /// <summary>Uniform in [0, 1).</summary>
    public double NextUniform() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Normal, mean 0, deviation 1, by Box and Muller.</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextUniform())) * Math.Cos(2 * Math.PI * NextUniform());

    /// <summary>Fisher and Yates.</summary>
    public void Shuffle(Span<int> items)
    {
        for (int i = items.Length - 1; i > 0; i--)
        {
            int j = (int)(NextUniform() * (i + 1));
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }
}
