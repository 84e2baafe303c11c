global using static Given;

public enum Activity { Rest, Walk, Run }

public sealed record Motion
{
    [SeriesKey] public required string Recording { get; init; }
    [Observed]  public float? X { get; init; }
    [Label]     public Activity? Activity { get; init; }
}

internal sealed record PenPoint(
    [property: SeriesKey] string Drawing, [property: Observed] float X, [property: Label(10)] int Digit);

internal static class Given
{
    public static readonly Motion[] records = [], others = [], recording = [], live = [];
    public static readonly PenPoint[] train = [], test = [];

    public static void Use(params object[] values)
    {
    }
}
