using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace AarenGen.Benchmarks;

/// <summary>The kernels one by one, by BenchmarkDotNet: nothing here has to take turns with another program.</summary>
internal sealed class KernelBenchmark : IBenchmark
{
    public string Name => "kernels";

    public string Description => "Nanoseconds an element of GELU, LayerNorm and prefix attention (BenchmarkDotNet)";

    public IEnumerable<Section> Run(Thoroughness thoroughness, CancellationToken cancellation)
    {
        Job job = (thoroughness.IsShort ? Job.Dry : Job.ShortRun.WithIterationCount(5)).WithToolchain(InProcessEmitToolchain.Instance);
        IConfig config = ManualConfig.CreateEmpty().AddJob(job).AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(NullLogger.Instance)
            .WithOptions(ConfigOptions.DisableLogFile).WithArtifactsPath(Path.Combine(Path.GetTempPath(), "aarengen-kernels"));
        Summary summary = BenchmarkRunner.Run<KernelLoops>(config);
        cancellation.ThrowIfCancellationRequested();
        (string Kernel, int Width, double Nanoseconds, double Error, long Allocated)[] results =
        [
            .. summary.Reports.Where(static r => r.ResultStatistics is not null).Select(static r =>
            {
                int width = (int)r.BenchmarkCase.Parameters["Width"];
                double elements = KernelLoops.Rows * width;
                return (r.BenchmarkCase.Descriptor.WorkloadMethod.Name, width, r.ResultStatistics!.Median / elements,
                    r.ResultStatistics.StandardDeviation / elements, r.GcStats.GetBytesAllocatedPerOperation(r.BenchmarkCase) ?? 0);
            }),
        ];
        yield return new(
            "kernels", "Kernels on 96 rows, one core", ["kernel", "width", "ns an element", "±", "bytes allocated"],
            [.. results.Select(static r => (string[])[r.Kernel, r.Width.ToString(CultureInfo.InvariantCulture), Number(r.Nanoseconds),
                Number(r.Error), r.Allocated.ToString(CultureInfo.InvariantCulture)])],
            results.Select(static r => new { r.Kernel, r.Width, r.Nanoseconds, r.Error, r.Allocated }));
    }

    private static string Number(double value) => value.ToString("F3", CultureInfo.InvariantCulture);
}
