global using static Given;
global using static Receiver;

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

[SequenceModel, Continuous(3), Dense(8), Aaren(Forget = true), Dense(3), MeanSquaredError]
public sealed partial class Model;

internal static class Given
{
    public static readonly Model model = null!;
    public static readonly SequenceList data = null!;
}

internal static class Receiver
{
    public static void Use(params object[] values)
    {
    }
}
