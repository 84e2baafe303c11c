using System.CommandLine;
using AarenGen;
using AarenGen.Reports;
using Reporting;
using Sensors;

Option<string> data = new("--data") { DefaultValueFactory = static _ => Path.Combine(AppContext.BaseDirectory, "data", "sensors.csv") };
Option<string> output = new("--output") { DefaultValueFactory = static _ => "sensors-output" };
Option<bool> isShort = new("--short") { Description = "Train for two epochs only" };
var command = new RootCommand("Forecasts twelve meters, tests the forecasts on ten days, and watches these days live.") { data, output, isShort };
command.SetAction((parsed, cancellation) => CommandLine.GuardAsync(() => Run(parsed, cancellation), "Stopped."));
return await CommandLine.RunAsync(command, args);

int Run(ParseResult parsed, CancellationToken cancellation)
{
    string folder = parsed.GetValue(output)!;
    OutputFolder.Prepare(folder);
    Reading[] readings = [.. LoadForecaster.ReadTable(parsed.GetValue(data)!)];
    DateTimeOffset from = readings[^1].Time.AddDays(-10);

    var model = LoadForecaster.Create(seed: 1);
    ForecastTrainingOptions training = new() { ValidateUntil = from };
    Console.WriteLine(model.Fit(readings, training, cancellationToken: cancellation));
    model.Save(Path.Combine(folder, "load.safetensors"));

    BacktestReport report = model.Backtest(readings, new() { From = from }, cancellationToken: cancellation);
    Console.WriteLine(report);
    BacktestHtml.Write(report, Path.Combine(folder, "backtest.html"));
    return 0;
}
