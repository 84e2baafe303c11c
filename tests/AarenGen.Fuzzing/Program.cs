using System.CommandLine;
using System.Globalization;
using AarenGen.Fuzzing;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

// One line per reader; `all` fuzzes them in this order, each for an equal fraction of the time.
FuzzTarget[] targets =
[
    new WeightsTarget(), new CompiledTarget(), new StateTarget(), new CheckpointTarget(), new InfoTarget(),
    new TableTarget(), new RowsTarget(), new TsTarget(), new EventsTarget(), new TrajectoryTarget(), new SeriesTarget(), new RecordTarget(),
    new EventSeriesTarget(),
    new DecisionSeriesTarget(),
];

Option<int> seconds = new("--seconds") { Description = "How long, in all", DefaultValueFactory = static _ => 60, Recursive = true };
Option<int> seed = new("--seed") { Description = "Decides the mutations", DefaultValueFactory = static _ => 1, Recursive = true };
Option<bool> isBlind = new("--blind")
{
    Description = "Without instrumented assemblies: faster, and led by refusals alone", Recursive = true,
};
Option<string> output = new("--output")
{
    Description = "Folder for inputs that fail", DefaultValueFactory = static _ => "fuzzing-output", Recursive = true,
};
var root = new RootCommand(
    "Gives readers any bytes: each must end in a right value or an exception of its own, within bounds of time and memory.")
{
    seconds, seed, isBlind, output,
};
foreach (FuzzTarget target in targets)
{
    var command = new Command(target.Name, $"The reader of {target.Name}");
    command.SetAction(parsed => Fuzz(parsed, [target]));
    root.Add(command);
}
var all = new Command("all", "All of them, one after the other");
all.SetAction(parsed => Fuzz(parsed, targets));
root.Add(all);

Argument<string> folder = new("folder")
{
    Description = "A folder with a folder for each target", DefaultValueFactory = static _ => Corpus.Folder,
};
var replay = new Command("replay", "Runs saved inputs: .bin, .hex or .txt") { folder };
replay.SetAction(parsed => Replay(parsed.GetValue(folder)!));
root.Add(replay);

// The process of one target, which may die.
Argument<string> name = new("target");
var worker = new Command("worker") { name };
worker.Hidden = true;
worker.SetAction(parsed =>
{
    using var one = new Worker(targets.Single(t => t.Name == parsed.GetValue(name)), parsed.GetValue(output)!);
    one.Run(TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(seed));
});
root.Add(worker);
return root.Parse(args).Invoke();

int Fuzz(ParseResult parsed, IReadOnlyList<FuzzTarget> chosen)
{
    string assemblies = AppContext.BaseDirectory, copies = Directory.CreateTempSubdirectory("aarengen-instrumented").FullName;
    try
    {
        if (!parsed.GetValue(isBlind))
        {
            Coverage.Instrument(assemblies, copies);
            assemblies = copies;
        }
        var supervisor = new Supervisor(assemblies, parsed.GetValue(output)!);
        TimeSpan time = TimeSpan.FromSeconds(parsed.GetValue(seconds)) / chosen.Count;
        bool[] results = [.. chosen.Select(t => supervisor.Run(t, time, parsed.GetValue(seed)))];
        return results.All(static r => r) ? 0 : 1;
    }
    finally
    {
        Directory.Delete(copies, recursive: true);
    }
}

int Replay(string from)
{
    string scratch = Directory.CreateTempSubdirectory("aarengen-fuzzing").FullName;
    _ = new Coverage();
    int faults = 0;
    foreach (FuzzTarget target in targets)
    {
        foreach ((string file, byte[] input) in Corpus.Read(from, target.Name))
        {
            CaseResult result = FuzzCase.Run(target, input, scratch);
            Console.WriteLine($"{Path.GetRelativePath(from, file)}: {result.Fault ?? result.Refusal ?? "read"}");
            faults += result.Fault is null ? 0 : 1;
        }
    }
    Directory.Delete(scratch, recursive: true);
    return faults == 0 ? 0 : 1;
}
