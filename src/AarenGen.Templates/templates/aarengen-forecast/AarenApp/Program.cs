using AarenApp;
using AarenGen;

const string table = "readings.csv", weights = "forecaster.safetensors";
try
{
    if (!File.Exists(table))
    {
        Sample.Write(table);
        Console.WriteLine($"{table} is a sample; put your own table in its place.");
    }
    Reading[] readings = [.. Forecaster.ReadTable(table)];
    switch (args)
    {
        case ["train"]:
            DateTimeOffset test = readings.Max(static r => r.Time).AddDays(-7);
            Forecaster model = Forecaster.Create(seed: 1);
            Console.WriteLine(model.Fit(readings, new() { ValidateUntil = test }));
            Console.WriteLine(model.Backtest(readings, new() { From = test }));
            model.Save(weights);
            return 0;
        case ["stream"]:
            Forecaster trained = Forecaster.Load(weights);
            SeriesStateCollection<Forecaster> states = trained.CreateSeriesStates();
            foreach (Reading reading in readings)
            {
                if (trained.Step(states[reading.Sensor], reading) is { } forecast)
                {
                    Console.WriteLine($"{reading.Time:u} {reading.Sensor}: next hour {forecast.Load[0].Median:F1}, "
                        + $"from {forecast.Load[0].Quantile(0.1):F1} to {forecast.Load[0].Quantile(0.9):F1}");
                }
            }
            return 0;
        default:
            Console.Error.WriteLine("train: trains and tests the model; stream: forecasts after each row of the table");
            return 2;
    }
}
catch (Exception e) when (e is IOException or ArgumentException or TableException or RecordException or ModelFileException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
