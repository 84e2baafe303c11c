namespace Sensors.Tests;

/// <summary>The example, run once for all tests: what it printed, the model that it saved, and a backtest of that.</summary>
public sealed class SensorsJob : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("aarengen-sensors").FullName;

    public SensorsJob()
    {
        TextWriter before = Console.Out;
        using var output = new StringWriter();
        Console.SetOut(output);
        try
        {
            (Code, Error) = ProgramRun.Of(typeof(Reading).Assembly, "--output", folder);
        }
        finally
        {
            Console.SetOut(before);
        }
        Output = output.ToString();
        Html = File.ReadAllText(Path.Combine(folder, "backtest.html"));
        Readings = [.. LoadForecaster.ReadTable(Path.Combine(Repository.Root, "examples", "Sensors", "data", "sensors.csv"))];
        Model = LoadForecaster.Load(Path.Combine(folder, "load.safetensors"));
        Report = Model.Backtest(Readings, new() { From = Readings[^1].Time.AddDays(-10) });
    }

    internal int Code { get; }

    internal string Error { get; }

    internal string Output { get; }

    internal string Html { get; }

    internal Reading[] Readings { get; }

    internal LoadForecaster Model { get; }

    internal BacktestReport Report { get; }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
