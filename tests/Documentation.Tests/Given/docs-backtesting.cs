// With shared.cs.

internal static class Given
{
    public static readonly LoadForecaster model = null!;
    public static readonly BacktestReport report = null!;
    public static readonly Reading[] data = [], stream = [];
    public static readonly (float Load, int Other)[] live = [];
    public static readonly double[] lower = [], upper = [], widerLower = [], widerUpper = [];
}
