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
var root = new RootCommand("Soak tests: long streams, many streams, killed processes, full disks.") { isShort };
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
var all = new Command("all", "All of them, one after the other");
all.SetAction(parsed =>
    new[] { disk, kill, streams, tokens }.Max(c => root.Parse(parsed.GetValue(isShort) ? [c.Name, "--short"] : [c.Name]).Invoke()));
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
return root.Parse(args).Invoke();

static int Run(Action soak)
{
    try
    {
        soak();
        return 0;
    }
    catch (SoakException e)
    {
        Console.Error.WriteLine(e.Message);
        return 1;
    }
}
