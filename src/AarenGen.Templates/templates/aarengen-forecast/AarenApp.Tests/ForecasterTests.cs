using AarenGen;

namespace AarenApp.Tests;

public sealed class ForecasterTests : IDisposable
{
    private readonly string table = Path.GetTempFileName();

    public void Dispose() => File.Delete(table);

    [Fact]
    public void A_short_training_forecasts_better_than_the_last_value()
    {
        Sample.Write(table);
        Reading[] readings = [.. Forecaster.ReadTable(table)];
        DateTimeOffset test = readings.Max(static r => r.Time).AddDays(-7);
        Forecaster model = Forecaster.Create(seed: 1);
        model.Fit(readings, new() { ValidateUntil = test });
        BacktestReport report = model.Backtest(readings, new() { From = test });
        Assert.True(report.Overall.Model.MeanAbsoluteScaledError < report.Overall.Baselines[0].Scores.MeanAbsoluteScaledError);
    }
}
