global using static Given;

internal static class Given
{
    public static readonly Reading[] readings = [];
    public static readonly Reading reading = null!;
    public static readonly DateTimeOffset from = default;
    public static readonly SeriesState<LoadForecaster> state = null!;

    public static void Use(params object[] values)
    {
    }
}
