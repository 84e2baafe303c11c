using System.Globalization;
using AarenGen.Benchmarks;
using AarenGen.Cuda;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
IBenchmark benchmark = new GpuBenchmark();
string folder = "gpu-benchmark-results";
bool isShort = false;
for (int i = 0; i < args.Length; i++)
{
    switch (args[i])
    {
        case "--short":
            isShort = true;
            break;
        case "--output" when i + 1 < args.Length:
            folder = args[++i];
            break;
        default:
            bool isHelp = args[i] is "--help" or "-h";
            (isHelp ? Console.Out : Console.Error).WriteLine(
                $"AarenGen.GpuBenchmark [--short] [--output FOLDER]\n{benchmark.Description}.\n--short: tiny sizes, only to see that "
                    + $"everything works. FOLDER gets results.md and results.json.");
            return isHelp ? 0 : 2;
    }
}
if (benchmark.WhyImpossible() is { } reason)
{
    Console.Error.WriteLine($"gpu cannot run here. {reason}");
    return ExitCodes.NoDevice;
}
using var cancellation = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    cancellation.Cancel();
};
var writer = new PlainWriter(folder, "AarenGen.GpuBenchmark " + string.Join(' ', args));
try
{
    foreach (Section section in benchmark.Run(new(isShort), cancellation.Token))
    {
        writer.Write(section);
    }
    return 0;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("Stopped. All measurements so far are written.");
    return ExitCodes.Stopped;
}
catch (Exception e) when (e is InvalidOperationException or CudaException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
