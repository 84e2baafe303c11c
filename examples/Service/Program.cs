using System.CommandLine;
using Reporting;
using Service;
using Service.Cluster;

const int DefaultSensors = 10_000, ShortSensors = 400, DefaultPort = 5000, MaxPort = 65_535, DefaultKill = 30, ShortKill = 2;
Option<int?> sensors = new Option<int?>("--sensors") { Description = $"Sensors, {DefaultSensors} by default" }.Within(1, 100_000);
Option<int?> rate = new Option<int?>("--rate") { Description = "Readings of all sensors together in a second; one of each by default" }
    .Within(1, 1_000_000);
Option<int?> port = new Option<int?>("--port") { Description = $"Port of this machine, {DefaultPort} by default; 0: any free one" }
    .Within(0, MaxPort);
Option<string?> data = new("--data")
{
    Description = "Folder for weights, streams and the key; among the user's application data by default",
};
Option<bool> isShort = new("--short") { Description = "Ends by itself after some seconds" };
var command = new RootCommand("Follows simulated sensors with planted faults, and shows them on a page.")
{
    sensors, rate, port, data, isShort,
};
command.SetAction((parsed, stop) => CommandLine.GuardAsync(() => Run(parsed, null, stop), "Stopped."));

Option<int?> kill = new Option<int?>("--kill")
{
    Description = $"Seconds that both silos run before the next kill, {DefaultKill} by default; 0: no kills",
}.Within(0, 86_400);
var cluster = new Command("cluster", "The same over a cluster: starts Redis and two silos, and kills a silo again and again.")
{
    sensors, rate, port, data, isShort, kill,
};
cluster.SetAction((parsed, stop) =>
{
    int seconds = parsed.GetValue(kill) ?? (parsed.GetValue(isShort) ? ShortKill : DefaultKill);
    return CommandLine.GuardAsync(() => Run(parsed, TimeSpan.FromSeconds(seconds), stop), "Stopped.");
});
command.Add(cluster);

// What the cluster starts.
Argument<string> name = new("name"), weights = new("weights");
var silo = new Command(SiloHost.Command) { Hidden = true };
silo.Add(name);
silo.Add(weights);
silo.SetAction((parsed, stop) => CommandLine.GuardAsync(
    () => SiloHost.RunAsync(parsed.GetValue(name)!, parsed.GetValue(weights)!, stop).GetAwaiter().GetResult(), "Stopped."));
command.Add(silo);
return await CommandLine.RunAsync(command, args);

int Run(ParseResult parsed, TimeSpan? kill, CancellationToken stop)
{
    bool ends = parsed.GetValue(isShort);
    int count = parsed.GetValue(sensors) ?? (ends ? ShortSensors : DefaultSensors);
    string? given = parsed.GetValue(data);
    // A short run without a folder leaves nothing behind.
    string folder = given
        ?? (ends ? Directory.CreateTempSubdirectory("aarengen-service").FullName : Settings.DefaultFolder(isCluster: kill is not null));
    try
    {
        ServiceHost.RunAsync(
            new()
            {
                Sensors = count, Rate = parsed.GetValue(rate) ?? count, Port = parsed.GetValue(port) ?? (ends ? 0 : DefaultPort),
                Folder = folder, IsShort = ends, KillInterval = kill,
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
