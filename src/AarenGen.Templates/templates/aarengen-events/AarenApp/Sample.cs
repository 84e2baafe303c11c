namespace AarenApp;

/// <summary>A table to begin with: visitors who open, read for a while and close. Delete this file once you have your own.</summary>
public static class Sample
{
    public static void Write(string path)
    {
        var random = new Random(1);
        using StreamWriter table = File.CreateText(path);
        table.WriteLine("Visitor,Time,Activity");
        for (int visitor = 0; visitor < 40; visitor++)
        {
            DateTime time = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMinutes(600 * random.NextDouble());
            for (int row = 0; row < 90; row++)
            {
                var activity = (Activity)(row % 3);
                table.WriteLine($"v{visitor},{time:s}Z,{activity}");
                // Reading takes minutes; the next visit comes after hours.
                double minutes = (activity == Activity.Close ? 240 : 3) * (0.5 + random.NextDouble());
                time = time.AddMinutes(minutes);
            }
        }
    }
}
