using System.Globalization;

namespace Service;

/// <summary>
/// Simulated sensors: temperatures of machines, a reading every quarter of an hour. Each reading follows from the numbers of sensor and
/// reading alone, so that a simulation goes on anywhere.
/// </summary>
/// <param name="count">How many sensors there are.</param>
internal sealed class Fleet(int count)
{
    public const int ReadingsPerDay = 96;

    /// <summary>Readings from which a sensor may have faults: the model first has to see how the sensor behaves.</summary>
    public const int HealthyReadings = 2 * ReadingsPerDay;

    /// <summary>Readings in which a sensor has at most one fault, and how likely one is.</summary>
    private const int Term = 4 * ReadingsPerDay;
    private const double FaultProbability = 0.02;

    /// <summary>Other streams of random numbers for other uses.</summary>
    private enum Use { Level, Amplitude, Phase, Second, Noise, Weather, Reading, Gap, Fault, Kind, Start, Size }

    public int Count { get; } = count;

    public static string IdOf(int sensor) => string.Create(CultureInfo.InvariantCulture, $"sensor-{sensor:D5}");

    /// <summary>Finds a sensor by its id, or its number alone.</summary>
    public bool TryFind(string text, out int sensor) =>
        int.TryParse(
            text.StartsWith("sensor-", StringComparison.OrdinalIgnoreCase) ? text["sensor-".Length..] : text, NumberStyles.None,
            CultureInfo.InvariantCulture, out sensor)
        && sensor < Count;

    /// <summary>What a sensor sends: degrees Celsius with two digits; NaN where the reading is missing.</summary>
    /// <param name="sensor">The sensor, from 0.</param>
    /// <param name="reading">The number of the reading, from 1.</param>
    public static float Read(int sensor, long reading)
    {
        if (Uniform(sensor, reading, Use.Gap) < 0.003)
        {
            return float.NaN;
        }
        return FaultAt(sensor, reading) is not { } fault || reading >= fault.End ? Healthy(sensor, reading) : fault.Kind switch
        {
            FaultKind.Stuck => Healthy(sensor, fault.Start),
            FaultKind.Dropout => float.NaN,
            FaultKind.Drift => (float)(Healthy(sensor, reading) + fault.Size * NoiseOf(sensor) * (reading - fault.Start + 1)),
            _ => (float)(Healthy(sensor, reading) + fault.Size * NoiseOf(sensor)),
        };
    }

    /// <summary>What a sensor without faults would send.</summary>
    public static float Healthy(int sensor, long reading)
    {
        double day = (reading + 8 * Uniform(sensor, 0, Use.Phase)) / ReadingsPerDay % 1 * Math.Tau;
        double level = 30 + 50 * Uniform(sensor, 0, Use.Level), amplitude = AmplitudeOf(sensor);
        double second = 0.6 * Uniform(sensor, 0, Use.Second), noise = NoiseOf(sensor);
        double value = level - amplitude * (Math.Cos(day) + second * Math.Cos(2 * day + 1)) + 0.7 * noise * Weather(sensor, reading)
            + noise * Normal(sensor, reading, Use.Reading);
        return (float)Math.Round(value, 2);
    }

    /// <summary>The last fault that has begun in the term of a reading; null: none.</summary>
    public static Fault? FaultAt(int sensor, long reading)
    {
        long term = (reading - HealthyReadings - 1) / Term;
        if (reading <= HealthyReadings || Uniform(sensor, term, Use.Fault) >= FaultProbability)
        {
            return null;
        }
        var kind = (FaultKind)(4 * Uniform(sensor, term, Use.Kind));
        int length = kind switch { FaultKind.Spike => 1, FaultKind.Stuck => 48, FaultKind.Drift => 64, _ => 24 };
        // So early that the sensor is well for half a day before the next term.
        long start = HealthyReadings + 1 + term * Term + (long)((Term - 48 - length) * Uniform(sensor, term, Use.Start));
        double size = 2 * Uniform(sensor, term, Use.Size) - 1;
        size = kind == FaultKind.Spike ? Math.CopySign(12, size) + 6 * size : Math.CopySign(0.3, size) + 0.2 * size;
        return reading >= start ? new(kind, start, length, size) : null;
    }

    private static double AmplitudeOf(int sensor) => 3 + 7 * Uniform(sensor, 0, Use.Amplitude);

    private static double NoiseOf(int sensor) => AmplitudeOf(sensor) * (0.05 + 0.04 * Uniform(sensor, 0, Use.Noise));

    /// <summary>Slow changes that no calendar tells: a standard deviation below 1, with no jumps.</summary>
    private static double Weather(int sensor, long reading)
    {
        const int Knot = 32;
        (long knot, long rest) = Math.DivRem(reading, Knot);
        double after = 0.5 - 0.5 * Math.Cos(Math.PI * rest / Knot);
        return (1 - after) * Normal(sensor, knot, Use.Weather) + after * Normal(sensor, knot + 1, Use.Weather);
    }

    private static double Normal(int sensor, long index, Use use)
    {
        ulong bits = Bits(sensor, index, use);
        double radius = ((bits >> 32) + 0.5) / (1UL << 32), angle = (bits & uint.MaxValue) / (double)(1UL << 32);
        return Math.Sqrt(-2 * Math.Log(radius)) * Math.Cos(Math.Tau * angle);
    }

    private static double Uniform(int sensor, long index, Use use) => (Bits(sensor, index, use) >> 11) * (1.0 / (1UL << 53));

    /// <summary>The output function of SplitMix64 (Steele, Lea and Flood 2014), once for each number.</summary>
    private static ulong Bits(int sensor, long index, Use use) => Mix(Mix(Mix((ulong)sensor) + (ulong)index) + (ulong)use);

    private static ulong Mix(ulong z)
    {
        z += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
}
