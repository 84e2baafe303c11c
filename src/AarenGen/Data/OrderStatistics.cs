namespace AarenGen;

/// <summary>
/// The quartiles of a column of floats, exact for any number of values in constant memory. The values are read in some passes. Each pass
/// counts a digit of the values' bits, from the highest on, for those values that share the digits found so far.
/// </summary>
internal sealed class OrderStatistics
{
    private const int Bits = 32;
    private static readonly double[] fractions = [0.25, 0.5, 0.75];

    private readonly int digitBits;

    /// <summary>Bits that each wanted value is known to begin with, and its rank among the values that do.</summary>
    private readonly uint[] prefixes = new uint[2 * fractions.Length];
    private readonly long[] ranks = new long[2 * fractions.Length];
    private readonly long[][] counts;
    private long count;
    private int pass;

    /// <param name="digitBits">Bits of a digit, 4 or 8: with fewer, more passes take less memory.</param>
    public OrderStatistics(int digitBits)
    {
        this.digitBits = digitBits;
        counts = [.. prefixes.Select(_ => new long[1 << digitBits])];
    }

    /// <summary>Passes over the values.</summary>
    public static int Passes(int digitBits) => Bits / digitBits;

    /// <summary>Bytes that a column takes.</summary>
    public static long Bytes(int digitBits) => 2L * fractions.Length * sizeof(long) << digitBits;

    /// <summary>Adds a value, which is not NaN. All of them are added in each pass.</summary>
    public void Add(float value)
    {
        uint key = Key(value);
        int shift = Bits - digitBits * (pass + 1);
        uint digit = key >> shift & ((1u << digitBits) - 1);
        if (pass == 0)
        {
            count++;
            counts[0][digit]++;
            return;
        }
        for (int i = 0; i < prefixes.Length; i++)
        {
            if (key >> shift >> digitBits == prefixes[i])
            {
                counts[i][digit]++;
            }
        }
    }

    /// <summary>Ends a pass.</summary>
    /// <exception cref="InvalidOperationException">The values are not those of the first pass.</exception>
    public void EndPass()
    {
        for (int i = 0; i < prefixes.Length && count > 0; i++)
        {
            // Two neighbouring values enclose each quartile.
            ranks[i] = pass == 0 ? Math.Min((long)Position(i / 2) + i % 2, count - 1) : ranks[i];
            ReadOnlySpan<long> own = counts[pass == 0 ? 0 : i];
            uint digit = 0;
            while (digit < own.Length && ranks[i] >= own[(int)digit])
            {
                ranks[i] -= own[(int)digit++];
            }
            if (digit == own.Length)
            {
                throw new InvalidOperationException("The data changed while statistics were computed; they must not while they are used.");
            }
            prefixes[i] = prefixes[i] << digitBits | digit;
        }
        foreach (long[] own in counts)
        {
            own.AsSpan().Clear();
        }
        pass++;
    }

    /// <summary>Lower quartile, median and upper quartile, interpolated between neighbouring values, after the last pass.</summary>
    public (double Lower, double Median, double Upper) Quartiles => (Quartile(0), Quartile(1), Quartile(2));

    private double Quartile(int i)
    {
        double below = Value(prefixes[2 * i]), above = Value(prefixes[2 * i + 1]), fraction = Position(i) - Math.Floor(Position(i));
        return below + fraction * (above - below);
    }

    private double Position(int i) => fractions[i] * (count - 1);

    /// <summary>A float's bits in an order that is that of the floats.</summary>
    private static uint Key(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return bits >> 31 == 0 ? bits | 1u << 31 : ~bits;
    }

    private static float Value(uint key) => BitConverter.UInt32BitsToSingle(key >> 31 == 1 ? key & ~(1u << 31) : ~key);
}
