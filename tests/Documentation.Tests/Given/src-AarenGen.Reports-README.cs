// With shared.cs.

internal static class Given
{
    public static readonly LoadForecaster model = null!;
    public static readonly Reading[] readings = [];
    public static readonly DateTimeOffset from = default;
}
