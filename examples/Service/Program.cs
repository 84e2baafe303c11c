using System.CommandLine;
using Reporting;
using Service;

const int DefaultSensors = 10_000, ShortSensors = 400, DefaultPort = 5000, MaxPort = 65_535;
Option<int?> sensors = new Option<int?>("--sensors") { Description = $"Sensors, {DefaultSensors} by default" }.Within(1, 100_000);
Option<int?> rate = new Option<int?>("--rate") { Description = "Readings of all sensors together in a second; one of each by default" }
    .Within(1, 1_000_000);
Option<int?> port = new Option<int?>("--port") { Description = $"Port of this machine, {DefaultPort} by default; 0: any free one" }
    .Within(0, MaxPort);
Option<string?> data = new("--data")
{
    Description = "Folder for weights, streams and the key; in the folder for temporary files by default",
};
Option<bool> isShort = new("--short") { Description = "Ends by itself after some seconds" };
var command = new RootCommand("Follows simulated sensors with planted faults, and shows them on a page.")
{
    sensors, rate, port, data, isShort,
};
command.SetAction((parsed, stop) => CommandLine.GuardAsync(() => Run(parsed, stop), "Stopped."));
return await CommandLine.RunAsync(command, args);

int Run(ParseResult parsed, CancellationToken stop)
{
    bool ends = parsed.GetValue(isShort);
    int count = parsed.GetValue(sensors) ?? (ends ? ShortSensors : DefaultSensors);
    string? given = parsed.GetValue(data);
    // A short run without a folder leaves nothing behind.
    string folder = given ?? (ends ? Directory.CreateTempSubdirectory("aarengen-service").FullName
        : Path.Combine(Path.GetTempPath(), $"aarengen-service-{Environment.UserName}"));
    try
    {
        ServiceHost.RunAsync(
            new()
            {
                Sensors = count, Rate = parsed.GetValue(rate) ?? count, Port = parsed.GetValue(port) ?? (ends ? 0 : DefaultPort),
                Folder = folder, IsShort = ends,
            },
            stop).GetAwaiter().GetResult();
        return 0;
    }
    finally
    {
        if (ends && given is null)
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
