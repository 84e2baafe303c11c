using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AarenGen;
#if CUDA
using AarenGen.Cuda;
#endif
#if ONNX
using AarenGen.Onnx;
#endif
#if REPORTS
using AarenGen.Reports;
#endif

// From a table to forecasts, as a user writes it: read, train, test, stream, restart. Each line of the output must be the same again.
string table = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.csv");
DateTimeOffset begin = new(2025, 3, 20, 0, 0, 0, TimeSpan.Zero), from = begin.AddHours(300);
using (var writer = new StreamWriter(table))
{
    writer.WriteLine("sensor,time,load,humidity,outdoor forecast,site");
    foreach (string sensor in (string[])["roof", "cellar"])
    {
        // Some hours are missing, and some of their values.
        for (int hour = 0; hour < 400; hour += hour % 100 == 50 ? 6 : 1)
        {
            double value = sensor.Length * (3 + Math.Sin(hour * Math.Tau / 24));
            string load = hour % 31 == 0 ? "" : value.ToString("F2", CultureInfo.InvariantCulture);
            writer.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{sensor},{begin.AddHours(hour):yyyy-MM-ddTHH:mm:ssZ},{load},{hour % 7},{hour % 11},{sensor}"));
        }
    }
}
Reading[] readings = [.. LoadForecaster.ReadTable(table)];
File.Delete(table);
Console.WriteLine($"records {readings.Length}");

LoadForecaster model = LoadForecaster.Create(seed: 1);
ForecastReport fit = model.Fit(readings, new()
{
    ValidateUntil = from, WindowLength = 48, Training = new() { Epochs = 12, BatchSize = 4, LearningRate = 1e-2, Threads = 1 },
});
BacktestReport test = model.Backtest(readings, new() { From = from });
string json = test.ToJson();
Console.WriteLine($"error {fit.Errors[0].MeanAbsoluteError.ToString("R", CultureInfo.InvariantCulture)}");
Console.WriteLine($"backtest {json.Length} {Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(json)))}");
Console.WriteLine($"read again {BacktestReport.FromJson(json).ToJson() == json}");
Console.WriteLine($"better {test.Overall.Model.MeanAbsoluteError < test.Overall.Baselines[0].Scores.MeanAbsoluteError}");

SeriesStateCollection<LoadForecaster> states = model.CreateSeriesStates();
SeriesState<LoadForecaster> roof = states["roof"], cellar = states["cellar"];
double sum = 0;
long before = 0;
for (int i = 0; i < readings.Length; i++)
{
    if (i == 100)
    {
        before = GC.GetAllocatedBytesForCurrentThread();
    }
    if (model.Step(readings[i].Sensor == "roof" ? roof : cellar, readings[i], []) is { } forecast)
    {
        sum += forecast.Load[5].Median + (double.IsNaN(forecast.Load.Anomaly) ? 0 : forecast.Load.Anomaly);
    }
}
Console.WriteLine($"allocated {GC.GetAllocatedBytesForCurrentThread() - before}");
Console.WriteLine($"sum {sum.ToString("R", CultureInfo.InvariantCulture)}");

using var file = new MemoryStream();
states.Save(file);
file.Position = 0;
SeriesStateCollection<LoadForecaster> restarted = model.CreateSeriesStates();
restarted.Load(file);
Reading next = readings[^1] with { Time = readings[^1].Time.AddHours(3) };
double expected = model.Step(cellar, next, [])!.Value.Load[23].Quantile(0.9);
Console.WriteLine($"restarted {model.Step(restarted["cellar"], next, [])!.Value.Load[23].Quantile(0.9) == expected}");

// Episodes of two actions, of which one is right.
Turn[] turns = [.. Enumerable.Range(0, 40).SelectMany(static e => Enumerable.Range(0, 5).Select(
    s => new Turn(e, (e + s) % 3 - 1, (e / 2 + s) % 2 == 0 ? Side.Left : Side.Right, (e / 2 + s) % 2 == 0 == (e + s) % 3 < 1 ? 1 : 0)))];
TurnPolicy policy = TurnPolicy.Create(seed: 1);
DecisionReport decided = policy.Fit(turns, new() { Training = new() { Epochs = 30, LearningRate = 1e-2, Threads = 1 } });
SeriesState<TurnPolicy> episode = policy.CreateDecisionState(decided.Returns.Max);
policy.Decide(episode, turns[0]);
before = GC.GetAllocatedBytesForCurrentThread();
policy.BeginEpisode(episode, decided.Returns.Max);
TurnPolicy.Decision decision = policy.Decide(episode, turns[0]);
decision = policy.Decide(episode, turns[1], decision.Side == Side.Left ? 1 : 0);
before = GC.GetAllocatedBytesForCurrentThread() - before;
Console.WriteLine($"decided in {before} bytes {decision.Probability(Side.Left) > 0}");
Console.WriteLine($"returns {decided.Returns}");
#if CUDA
Console.WriteLine($"devices {CudaDeviceInfo.Query().Devices.Count >= 0}");
#endif
#if ONNX
using var graph = new MemoryStream();
model.ExportOnnx(graph, OnnxGraph.Step);
model.ExportOnnx(graph, OnnxGraph.Sequence);
Console.WriteLine($"graphs {Convert.ToHexString(SHA256.HashData(graph.ToArray()))}");
#endif

// The next event: of two kinds in turn, the second soon after the first.
Visit[] visits = [.. Enumerable.Range(0, 400).Select(i => new Visit(
    i % 2 == 0 ? "open" : "close", begin.AddMinutes(60 * (i / 2) + (i % 2 == 0 ? i % 7 : 10 + i % 5))))];
VisitModel events = VisitModel.Create(seed: 1);
events.Fit(visits, new()
{
    ValidateUntil = visits[300].Time, WindowLength = 50, Training = new() { Epochs = 30, BatchSize = 2, LearningRate = 1e-2, Threads = 1 },
});
EventEvaluation scores = events.Evaluate(visits, from: visits[300].Time);
Console.WriteLine($"events {scores.LogLikelihood.ToString("R", CultureInfo.InvariantCulture)}");
Console.WriteLine($"events better {scores.LogLikelihood > scores.BestBaseline.LogLikelihood}");
SeriesState<VisitModel> visitor = events.CreateSeriesState();
sum = 0;
for (int i = 0; i < visits.Length; i++)
{
    before = i == 100 ? GC.GetAllocatedBytesForCurrentThread() : before;
    VisitModel.NextEvent coming = events.Step(visitor, visits[i]);
    sum += coming.Wait.ProbabilityWithin(TimeSpan.FromMinutes(5)) + (coming.Mark.MostLikely == "close" ? 1 : 0);
}
Console.WriteLine($"events allocated {GC.GetAllocatedBytesForCurrentThread() - before}");
Console.WriteLine($"events sum {sum.ToString("R", CultureInfo.InvariantCulture)}");
#if REPORTS
Console.WriteLine($"page {BacktestHtml.ToHtml(test).Contains("</html>", StringComparison.Ordinal)}");
#endif

internal sealed record Visit([property: Mark("open", "close")] string Action, [property: Timestamp] DateTimeOffset Time);

[SequenceModel, NextEvent<Visit>("min", Resolution = "1min", Components = 4), Standardize, Dense(16), MinGru(FeedForward = 16)]
internal sealed partial class VisitModel;

/// <summary>Where a sensor is.</summary>
internal enum Site
{
    Roof,
    Cellar,
}

internal sealed record Reading
{
    [SeriesKey]
    public required string Sensor { get; init; }

    [Timestamp]
    public required DateTimeOffset Time { get; init; }

    [Target]
    public float? Load { get; init; }

    [Observed]
    public float? Humidity { get; init; }

    [KnownAhead]
    public float? OutdoorForecast { get; init; }

    [Category]
    public Site Site { get; init; }
}

internal enum Side
{
    Left,
    Right,
}

internal readonly record struct Turn(
    [property: SeriesKey] int Episode, [property: Observed] float Ball, [property: Action] Side Side, [property: Reward] float Reward);

[SequenceModel, Decide<Turn>(5, Width = 8), MinGru(FeedForward = 8)]
internal sealed partial class TurnPolicy;

[SequenceModel, Forecast<Reading>(24, "1h", TimeZone = "Europe/Berlin"), Calendar(CalendarField.HourOfDay, CalendarField.DayOfWeek)]
[Standardize(PerSeries = true), Dense(16), Aaren(Heads = 2, FeedForward = 16, Forget = true), Quantiles(0.1, 0.5, 0.9)]
internal sealed partial class LoadForecaster;
