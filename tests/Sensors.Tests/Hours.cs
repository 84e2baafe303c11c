namespace Sensors.Tests;

/// <summary>A sensor's readings by the hour and its tokens, computed here from what docs/records.md says.</summary>
internal sealed class Hours
{
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    private readonly DateTimeOffset first;
    private readonly double[] humidity, outdoor;
    private readonly Site site;

    private Hours(Reading[] readings)
    {
        first = Floor(readings[0].Time);
        site = readings[0].Site;
        Count = RowOf(Floor(readings[^1].Time)) + 1;
        Load = Means(readings, static r => r.Load);
        humidity = Means(readings, static r => r.Humidity);
        outdoor = Means(readings, static r => r.OutdoorForecast);
    }

    public int Count { get; }

    public double[] Load { get; }

    public static Hours Of(Reading[] readings) => new(readings);

    public DateTimeOffset TimeOf(int row) => first.AddHours(row);

    public int RowOf(DateTimeOffset time) => (int)(time - first).TotalHours;

    /// <summary>[hours, 2 values, horizon + 1 forecasts of the weather, site, hour of the day, day of the week from Monday].</summary>
    public float[] Tokens(int horizon)
    {
        int width = 2 + horizon + 1 + 3;
        float[] tokens = new float[Count * width];
        for (int row = 0; row < Count; row++)
        {
            Span<float> token = tokens.AsSpan(row * width, width);
            (token[0], token[1]) = ((float)Load[row], (float)humidity[row]);
            for (int h = 0; h <= horizon; h++)
            {
                token[2 + h] = row + h < Count ? (float)outdoor[row + h] : float.NaN;
            }
            DateTimeOffset local = TimeZoneInfo.ConvertTime(TimeOf(row), Zone);
            (token[^3], token[^2], token[^1]) = ((float)site, local.Hour, ((int)local.DayOfWeek + 6) % 7);
        }
        return tokens;
    }

    private static DateTimeOffset Floor(DateTimeOffset time) => new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerHour, TimeSpan.Zero);

    private double[] Means(Reading[] readings, Func<Reading, float?> value)
    {
        double[] sums = new double[Count];
        int[] counts = new int[Count];
        foreach (Reading reading in readings)
        {
            if (value(reading) is { } number)
            {
                int row = RowOf(reading.Time);
                sums[row] += number;
                counts[row]++;
            }
        }
        return [.. sums.Zip(counts, static (sum, count) => count == 0 ? double.NaN : sum / count)];
    }
}
