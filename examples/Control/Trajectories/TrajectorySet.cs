namespace Control;

/// <summary>An episode, row by row: what was seen, what was done, what it brought.</summary>
/// <param name="Observations">[steps, observation width]: what was seen before each action.</param>
/// <param name="Actions">[steps, action width].</param>
/// <param name="Rewards">[steps].</param>
/// <param name="IsTerminal">Whether the last step ended it by itself, not the step limit.</param>
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
}
