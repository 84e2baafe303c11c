global using static Given;

public enum Site { Hamburg, Boston }

public sealed record Reading
{
    [SeriesKey]  public required string Sensor { get; init; }
    [Timestamp]  public required DateTimeOffset Time { get; init; }
    [Target]     public float? Load { get; init; }
    [Observed]   public float? Humidity { get; init; }
    [KnownAhead] public float? OutdoorForecast { get; init; }
    [Category]   public Site Site { get; init; }
}

[SequenceModel, Forecast<Reading>(24, "1h"), Dense(8), Aaren(Forget = true), Quantiles(0.1, 0.5, 0.9)]
public sealed partial class LoadForecaster;

internal static class Given
{
    public static readonly LoadForecaster model = null!;
    public static readonly BacktestReport report = null!;
    public static readonly Reading[] data = [], stream = [];
    public static readonly (float Load, int Other)[] live = [];
    public static readonly double[] lower = [], upper = [], widerLower = [], widerUpper = [];

    public static void Use(params object[] values)
    {
    }
}
