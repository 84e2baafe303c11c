using System.Globalization;

namespace AarenApp;

/// <summary>A table to begin with: 120 recordings. Delete this file once you have your own.</summary>
public static class Sample
{
    public static void Write(string path, int seed = 1)
    {
        var random = new Random(seed);
        using StreamWriter table = File.CreateText(path);
        table.WriteLine("Recording,X,Y,Activity");
        for (int recording = 0; recording < 120; recording++)
        {
            var activity = (Activity)(recording % 3);
            double phase = 7 * random.NextDouble();
            for (int row = 0; row < 40 + recording % 7; row++)
            {
                double angle = phase + 0.4 * (int)activity * row;
                double x = Math.Sin(angle) + 0.3 * random.NextDouble(), y = Math.Cos(angle) + 0.3 * random.NextDouble();
                table.WriteLine(string.Create(CultureInfo.InvariantCulture, $"r{recording},{x:F3},{y:F3},{activity}"));
            }
        }
    }
}
