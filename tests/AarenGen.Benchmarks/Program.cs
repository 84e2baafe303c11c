using System.CommandLine;
using System.Globalization;
using AarenGen.Benchmarks;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

// A line a benchmark; `all` runs them in this order.
IBenchmark[] benchmarks =
[
    new StreamingBenchmark(), new TrainingBenchmark(), new MixersBenchmark(), new ScalingBenchmark(), new ProductsBenchmark(),
    new KernelBenchmark(), new PrecisionBenchmark(), new GeneratorBenchmark(), new StartupBenchmark(), new TablesBenchmark(),
    new RecordsBenchmark(), new StoresBenchmark(), new ServingBenchmark(), new ServingLatencyBenchmark(), new StreamsBenchmark(),
    new ServingHttpBenchmark(),
    new GpuBenchmark(Charts.Bars),
];

Option<bool> isShort = new("--short") { Description = "Few rounds and small sizes: only to see that everything works", Recursive = true };
Option<string> output = new(
    "--output") { Description = "Folder for JSON and SVG", DefaultValueFactory = static _ => "benchmark-results", Recursive = true };
var root = new RootCommand(
    "Measures compiled models side by side with ONNX Runtime, LibTorch and a plain loop, and on an NVIDIA GPU.") { isShort, output };
foreach (IBenchmark benchmark in benchmarks)
{
    var command = new Command(benchmark.Name, benchmark.Description);
    command.SetAction((parsed, cancellation) => Run(parsed, [benchmark], cancellation));
    root.Add(command);
}
var all = new Command("all", "All of them, one after the other");
all.SetAction((parsed, cancellation) => Run(parsed, benchmarks, cancellation));
root.Add(all);
foreach (Command child in StoresBenchmark.Children().Concat(StreamsBenchmark.Children())
    .Concat(ServingHttpBenchmark.Children()))
{
    root.Add(child);
}
return await root.Parse(args).InvokeAsync();

Task<int> Run(ParseResult parsed, IReadOnlyList<IBenchmark> chosen, CancellationToken cancellation)
{
    string?[] reasons = [.. chosen.Select(static b => b.WhyImpossible())];
    if (chosen.Count == 1 && reasons[0] is { } reason)
    {
        Console.Error.WriteLine($"{chosen[0].Name} cannot run here. {reason}");
        return Task.FromResult(ExitCodes.NoDevice);
    }
    string command = $"dotnet run -c Release --project tests/AarenGen.Benchmarks -- "
        + $"{parsed.CommandResult.Command.Name}{(parsed.GetValue(isShort) ? " --short" : "")}";
    var writer = new ReportWriter(parsed.GetValue(output)!, command);
    try
    {
        writer.Write(Machine.Describe());
        foreach ((IBenchmark benchmark, string? impossible) in chosen.Zip(reasons))
        {
            if (impossible is not null)
            {
                Console.WriteLine($"{benchmark.Name} was left out: {impossible.Split(". ")[0]}.");
                continue;
            }
            foreach (Section section in benchmark.Run(new(parsed.GetValue(isShort)), cancellation))
            {
                writer.Write(section);
                cancellation.ThrowIfCancellationRequested();
            }
        }
        return Task.FromResult(0);
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine("Stopped. All measurements so far are written.");
        return Task.FromResult(ExitCodes.Stopped);
    }
}
