namespace Browser;

/// <summary>The load of a bakery in kW, made here: a day's shape, quiet Sundays, slow weather, noise, and faults of its meter.</summary>
public static class SampleSeries
{
    private const int Days = 98;
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What the meter showed instead of the load, as a factor of it, in the last two weeks.</summary>
    private static readonly (int Day, int Hour, double Factor)[] Planted = [(86, 15, 0), (89, 2, 2.5), (92, 10, 0.45), (95, 20, 1.9)];

    /// <summary>The hours in which the meter was wrong.</summary>
    public static IReadOnlyList<DateTimeOffset> Faults { get; } = [.. Planted.Select(static p => Start.AddDays(p.Day).AddHours(p.Hour))];

    /// <summary>The same 98 days of hours each time, from a Monday on.</summary>
    public static IReadOnlyList<Reading> Create()
    {
        var random = new Random(7);
        var readings = new Reading[24 * Days];
        double weather = 0;
        for (int i = 0; i < readings.Length; i++)
        {
            (int day, int hour) = Math.DivRem(i, 24);
            weather = 0.97 * weather + 0.9 * Normal(random);
            double scale = (day % 7) switch { 6 => 0.35, 5 => 1.15, _ => 1 };
            double load = 14 + scale * (34 * Peak(hour, 4.5, 2) + 18 * Peak(hour, 11.5, 3) + 12 * Peak(hour, 17, 2)) + weather;
            load += 1.2 * Normal(random);
            foreach ((int Day, int Hour, double Factor) fault in Planted)
            {
                load = (day, hour) == (fault.Day, fault.Hour) ? load * fault.Factor : load;
            }
            readings[i] = new() { Time = Start.AddHours(i), Value = (float)Math.Round(Math.Max(load, 0), 2) };
        }
        return readings;
    }

    private static double Peak(int hour, double at, double width) => Math.Exp(-0.5 * Math.Pow((hour - at) / width, 2));

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
