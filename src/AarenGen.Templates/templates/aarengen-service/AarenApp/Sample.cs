using AarenGen;

namespace AarenApp;

/// <summary>Made-up sensors to begin with: a day's wave around a level, and noise. Delete this file once you have your own.</summary>
public static class Sample
{
    public const int Hours = 24 * 10;

    /// <summary>The token of an hour: the value, and the hour of the day.</summary>
    public static float[] Token(int sensor, int hour)
    {
        var random = new Random(1000 * sensor + hour);
        var own = new Random(sensor);
        double level = 10 + 30 * own.NextDouble(), wave = 2 + 6 * own.NextDouble();
        double noise = random.NextDouble() + random.NextDouble() - 1;
        double value = level + wave * Math.Sin(2 * Math.PI * (hour - 9) / 24) + 0.2 * wave * noise;
        return [(float)Math.Round(value, 2), hour % 24];
    }

    /// <summary>Sequences with the value of the next hour as target. The first day has no weight: nobody knows the sensor yet.</summary>
    public static SequenceList Sequences(int firstSensor, int count)
    {
        var data = new SequenceList(tokenWidth: 2, targetWidth: 1);
        for (int sensor = firstSensor; sensor < firstSensor + count; sensor++)
        {
            float[] tokens = [.. Enumerable.Range(0, Hours).SelectMany(hour => Token(sensor, hour))];
            float[] targets = [.. Enumerable.Range(1, Hours).Select(hour => Token(sensor, hour)[0])];
            data.Add(tokens, targets, [.. Enumerable.Range(0, Hours).Select(static hour => hour < 24 ? 0f : 1f)]);
        }
        return data;
    }
}
