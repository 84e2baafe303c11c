global using static Given;

public enum Site { Hamburg, Boston }

internal static class Given
{
    public static readonly Reading reading = null!;
    public static readonly Reading[] plan = [];
    public static readonly DateTimeOffset from = default;
    public static readonly SeriesState<LoadForecaster> state = null!;
    public static readonly float[] tokens = [], targets = [];
    public static readonly float[][] stream = [];

    public static void Use(params object[] values)
    {
    }
}
