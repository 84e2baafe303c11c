using System.CommandLine;
using System.Globalization;
using AarenGen.Soak;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

Option<bool> isShort = new("--short") { Description = "A few seconds: only checks that everything works", Recursive = true };
Option<string[]> mixers = new("--mixers")
{
    Description = $"Of {string.Join(", ", TokensSoak.Names)}", AllowMultipleArgumentsPerToken = true,
    DefaultValueFactory = static _ => TokensSoak.Names,
};
var root = new RootCommand("Soak tests: long streams, many streams, killed processes, full disks, services under load.") { isShort };
var tokens = new Command("tokens", "100,000,000 tokens through one state of each mixer, every output against float64") { mixers };
tokens.SetAction(parsed => Run(() => TokensSoak.Run(parsed.GetValue(isShort) ? 100_000 : 100_000_000, parsed.GetValue(mixers)!)));
root.Add(tokens);
var streams = new Command("streams", "1,000,000 streams created, stepped, saved and restored");
streams.SetAction(parsed => Run(() => StreamsSoak.Run(parsed.GetValue(isShort) ? 10_000 : 1_000_000)));
root.Add(streams);
var kill = new Command("kill", "50 killed trainings, each resumed");
kill.SetAction(parsed => Run(() => KillSoak.Run(parsed.GetValue(isShort) ? 2 : 50)));
root.Add(kill);
var disk = new Command("disk", "A full disk and a read-only folder");
disk.SetAction(_ => Run(DiskSoak.Run));
root.Add(disk);
Option<double?> minutes = new("--minutes") { Description = "How long, 30 by default" };
Option<int> rate = new("--rate") { Description = "Tokens a second", DefaultValueFactory = static _ => 5_000 };
var load = new Command("load", "30 minutes of load on a service over HTTP: no error, and memory that stays where it is") { minutes, rate };
load.SetAction(parsed => RunAsync(() => LoadSoak.RunAsync(
    parsed.GetValue(minutes) ?? (parsed.GetValue(isShort) ? 0.2 : 30), parsed.GetValue(rate))));
root.Add(load);
Option<double?> seconds = new("--seconds") { Description = "How long each kind of them attacks, 60 by default" };
var hostile = new Command("hostile", "Huge, slow, malformed and replayed requests and 10,000 connections beside ordinary clients")
{
    seconds,
};
hostile.SetAction(parsed => RunAsync(() => HostileSoak.RunAsync(parsed.GetValue(seconds) ?? (parsed.GetValue(isShort) ? 3 : 60))));
root.Add(hostile);
var slow = new Command("slow-disk", "A service whose disk is slow: who waits, who is told that it is busy, and that nothing is lost");
slow.SetAction(parsed => RunAsync(() => SlowDiskSoak.RunAsync(parsed.GetValue(isShort) ? 2 : 30)));
root.Add(slow);
var all = new Command("all", "All of them, one after the other");
all.SetAction(parsed =>
    new[] { disk, kill, streams, tokens, slow, hostile, load }.Max(
        c => root.Parse(parsed.GetValue(isShort) ? [c.Name, "--short"] : [c.Name]).Invoke()));
root.Add(all);

// Commands that run in separate processes.
Argument<string> folder = new("folder");
(string Name, Action<string> Run)[] children =
    [("kill-child", KillSoak.Child), ("disk-full-child", DiskSoak.FullChild), ("read-only-child", DiskSoak.ReadOnlyChild)];
foreach ((string name, Action<string> child) in children)
{
    var command = new Command(name) { folder };
    command.Hidden = true;
    command.SetAction(parsed => Run(() => child(parsed.GetValue(folder)!)));
    root.Add(command);
}
Argument<string> slowness = new("disk");
var host = new Command(ServerHost.Command) { folder, slowness };
host.Hidden = true;
host.SetAction(parsed => RunAsync(() => ServerHost.RunAsync(parsed.GetValue(folder)!, parsed.GetValue(slowness)!)));
root.Add(host);
Argument<string> http = new("http"), grpc = new("grpc"), kind = new("kind");
Argument<double> time = new("time");
var attacker = new Command(Attacks.Command) { http, grpc, kind, time };
attacker.Hidden = true;
attacker.SetAction(parsed => RunAsync(() => Attacks.RunAsync(
    parsed.GetValue(http)!, parsed.GetValue(grpc)!, parsed.GetValue(kind)!, parsed.GetValue(time))));
root.Add(attacker);
return await root.Parse(args).InvokeAsync();

static int Run(Action soak) => RunAsync(() =>
{
    soak();
    return Task.CompletedTask;
}).GetAwaiter().GetResult();

static async Task<int> RunAsync(Func<Task> soak)
{
    try
    {
        await soak();
        return 0;
    }
    catch (SoakException e)
    {
        Console.Error.WriteLine(e.Message);
        return 1;
    }
}
