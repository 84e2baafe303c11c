using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Control;

/// <summary>An episode, row by row: observations, actions, rewards.</summary>
/// <param name="Observations">[steps, observation width]: the observation before each action.</param>
/// <param name="Actions">[steps, action width].</param>
/// <param name="Rewards">[steps].</param>
/// <param name="IsTerminal">Whether the episode ended by itself, not by the step limit.</param>
internal sealed record Episode(float[] Observations, float[] Actions, float[] Rewards, bool IsTerminal)
{
    /// <summary>Steps.</summary>
    public int Length => Rewards.Length;

    /// <summary>Sum of the rewards.</summary>
    public double Return { get; } = Rewards.Sum(static r => (double)r);
}

/// <summary>Logged episodes of one environment.</summary>
/// <param name="ObservationWidth">Numbers of an observation.</param>
/// <param name="ActionWidth">Numbers of an action.</param>
/// <param name="Episodes">The episodes, in the order in which they were logged.</param>
internal sealed record TrajectorySet(int ObservationWidth, int ActionWidth, IReadOnlyList<Episode> Episodes)
{
    /// <summary>Steps of all episodes.</summary>
    public int Steps { get; } = Episodes.Sum(static e => e.Length);

    /// <summary>Mean return of the episodes.</summary>
    public double MeanReturn { get; } = Episodes.Average(static e => e.Return);

    /// <summary>
    /// SHA-256 of all logged data, in hexadecimal: independent of the compression and layout of the file.
    /// </summary>
    public string Digest { get; } = DigestOf(ObservationWidth, ActionWidth, Episodes);

    private static string DigestOf(int observationWidth, int actionWidth, IReadOnlyList<Episode> episodes)
    {
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        all.AppendData(MemoryMarshal.AsBytes<int>([observationWidth, actionWidth]));
        foreach (Episode episode in episodes)
        {
            all.AppendData(MemoryMarshal.AsBytes<int>([episode.Length, episode.IsTerminal ? 1 : 0]));
            all.AppendData(MemoryMarshal.AsBytes<float>(episode.Observations));
            all.AppendData(MemoryMarshal.AsBytes<float>(episode.Actions));
            all.AppendData(MemoryMarshal.AsBytes<float>(episode.Rewards));
        }
        return Convert.ToHexStringLower(all.GetHashAndReset());
    }
}
