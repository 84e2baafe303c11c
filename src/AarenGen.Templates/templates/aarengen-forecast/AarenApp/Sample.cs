using System.Globalization;

namespace AarenApp;

/// <summary>A table to begin with: two sensors, 60 days. Delete this file once you have your own.</summary>
public static class Sample
{
    public static void Write(string path)
    {
        var random = new Random(1);
        using StreamWriter table = File.CreateText(path);
        table.WriteLine("Time,Sensor,Load,Temperature");
        for (int hour = 0; hour < 24 * 60; hour++)
        {
            DateTime time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddHours(hour);
            double day = Math.Sin(2 * Math.PI * (time.Hour - 8) / 24), temperature = 5 + 4 * day + random.NextDouble();
            foreach ((string sensor, double level) in new[] { ("north", 50.0), ("south", 400.0) })
            {
                double load = level * (1 + 0.4 * day - 0.01 * temperature + 0.03 * random.NextDouble());
                table.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{time:s}Z,{sensor},{load:F2},{temperature:F1}"));
            }
        }
    }
}
