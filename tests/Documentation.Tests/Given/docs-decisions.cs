global using static Given;

public enum Ground { Ice, Sand }

internal static class Given
{
    public static readonly Move[] moves = [];
    public static readonly Move first = new() { Episode = 1 };

    public static Outcome? Apply(float force) => force > 0 ? new(first, 1) : null;
}

internal sealed record Outcome(Move Observation, float Reward);
