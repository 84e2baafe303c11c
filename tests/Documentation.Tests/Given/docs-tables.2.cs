global using static GivenModel;

internal static class GivenModel
{
    public static readonly LoadForecaster model = null!;
    public static readonly SeriesStateCollection<LoadForecaster> states = null!;

    public static void Use(LoadForecaster.Forecast? forecast)
    {
    }
}

internal sealed record Reading
{
    [SeriesKey] public required string Sensor { get; init; }
    [Timestamp] public required DateTimeOffset Time { get; init; }
    [Target] public float? Load { get; init; }
}

[SequenceModel, Forecast<Reading>(24, "1h"), Dense(8), Aaren(Forget = true), Gaussian]
internal sealed partial class LoadForecaster;
