using System.CommandLine;
using AarenGen;
using AarenGen.Reports;
using Reporting;
using Sensors;

Option<string> data = new("--data")
{
    Description = "Table of readings", DefaultValueFactory = static _ => Path.Combine(AppContext.BaseDirectory, "data", "sensors.csv"),
};
Option<string> output = new("--output") { Description = "Folder for results", DefaultValueFactory = static _ => "sensors-output" };
var command = new RootCommand("Forecasts twelve meters, and tests the forecasts on the last ten days.") { data, output };
command.SetAction((parsed, stop) => CommandLine.GuardAsync(() => Run(parsed.GetValue(data)!, parsed.GetValue(output)!, stop), "Stopped."));
return await CommandLine.RunAsync(command, args);

static int Run(string table, string folder, CancellationToken stop)
{
    OutputFolder.Prepare(folder);
    Reading[] readings = [.. LoadForecaster.ReadTable(table)];
    DateTimeOffset from = readings.Max(static r => r.Time).AddDays(-10);

    LoadForecaster model = LoadForecaster.Create(seed: 1);
    Console.WriteLine(model.Fit(readings, new() { ValidateUntil = from }, cancellationToken: stop));
    model.Save(Path.Combine(folder, "load.safetensors"));

    BacktestReport report = model.Backtest(readings, new() { From = from }, cancellationToken: stop);
    Console.WriteLine($"\n{report}\n");
    BacktestHtml.Write(report, Path.Combine(folder, "backtest.html"));

    // The same days live. Of the readings to come, the model takes only the forecast of the weather.
    foreach (IGrouping<string, Reading> sensor in readings.GroupBy(static r => r.Sensor))
    {
        SeriesState<LoadForecaster> state = model.CreateSeriesState(sensor.Key);
        Reading[] stream = [.. sensor];
        for (int i = 0; i < stream.Length; i++)
        {
            if (model.Step(state, stream[i], stream.AsSpan(i + 1)) is { Load: { AnomalyTime: { } time, Anomaly: var score } }
                && time >= report.From && report.IsAlarm(score))
            {
                Console.WriteLine($"Alarm: {sensor.Key} at {time:yyyy-MM-dd HH}h UTC, score {score:F1}");
            }
        }
    }
    return 0;
}
