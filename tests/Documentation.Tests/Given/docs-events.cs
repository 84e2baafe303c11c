global using static Given;

public enum Side { Left, Right }

public sealed record Visit
{
    [SeriesKey] public required string Customer { get; init; }
    [Timestamp] public required DateTimeOffset Time { get; init; }
}

internal static class Given
{
    public static readonly Visit[] visits = [], live = [];
    public static readonly Burst[] train = [], test = [];

    public static void Use(params object[] values)
    {
    }
}

public sealed record Burst([property: SeriesKey] int Sequence, [property: Timestamp] DateTimeOffset Time, [property: Mark] Side Side);
