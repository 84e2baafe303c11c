using System.Globalization;

namespace AarenApp;

/// <summary>A table to begin with: 300 episodes, pushed well and badly. Delete this file once you have your own.</summary>
public static class Sample
{
    public static void Write(string path)
    {
        var random = new Random(1);
        using StreamWriter table = File.CreateText(path);
        table.WriteLine("Episode,Position,Speed,Force,Reward");
        for (int episode = 0; episode < 300; episode++)
        {
            var track = new Track(random);
            float skill = random.NextSingle();
            for (int step = 0; step < Track.Steps; step++)
            {
                float good = -1.5f * track.Position - 2 * track.Speed, wild = 2 * random.NextSingle() - 1;
                float force = Math.Clamp(skill * good + (1 - skill) * wild, -1, 1);
                (float position, float speed) = (track.Position, track.Speed);
                float reward = track.Push(force);
                table.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{episode},{position:F3},{speed:F3},{force:F3},{reward:F3}"));
            }
        }
    }
}
