using System.Globalization;
using System.Text;
using AarenGen.Benchmarks;
using AarenGen.Training;

namespace AarenGen.Cuda.Tests.Paper;

/// <summary>
/// How long a training step should take on devices that are not here: from bytes and products that the emulator counts, registers and
/// shared memory that NVIDIA's assembler reports, and data sheets. A golden file has the figures, so that a change of a kernel shows.
/// </summary>
[Collection(Requirements.Device)]
public sealed class ForecastTests
{
    /// <summary>From the end of a kernel to the start of the next in a graph, in seconds: an assumption.</summary>
    private const double Gap = 1.5e-6;

    private const long OperationsOfProduct = 2 * 16 * 8 * 16;

    [EmulatorFact]
    public void Small_model() => Check<SmallModel>(sequences: 32, length: 96);

    [EmulatorFact]
    public void Medium_model() => Check<MediumModel>(sequences: 16, length: 96);

    [EmulatorFact]
    public void Large_model() => Check<LargeModel>(sequences: 2, length: 192);

    [Theory]
    [InlineData(256, 96, 37_888, 2, 2)] // registers of two blocks; on the RTX 4090 shared memory too
    [InlineData(256, 32, 0, 8, 6)] // threads
    [InlineData(32, 16, 0, 32, 24)] // blocks
    [InlineData(128, 167, 12_480, 3, 3)]
    public void A_multiprocessor_holds_what_threads_registers_and_shared_memory_allow(
        int threads, int registers, int shared, int onH100, int onRtx4090) =>
        Assert.Equal([onH100, onRtx4090], GpuSheet.All.Select(g => g.Resident(threads, registers, shared)));

    private static void Check<TModel>(int sequences, int length) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        int rows = sequences * length;
        string name = SequenceModel<TModel>.Description.Name;
        KernelTable table = KernelTable.Of(name);
        DeviceProgram program = SequenceModel<TModel>.Create(seed: 1).DeviceProgram!;
        ILookup<string, KernelLaunch> launches =
            ((IEnumerable<KernelLaunch>)[.. program.Prepare, .. program.Forward, .. program.Backward, .. program.Update])
                .ToLookup(static l => l.Kernel);
        KernelBytes[] counted =
            [.. CountedStep.Run<TModel>(sequences, length, MatrixPrecision.BFloat16).OrderBy(static k => k.Name, StringComparer.Ordinal)];

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"One training step of {name}, {sequences} x {length} tokens, on paper. Occupied: the "
            + $"share of a multiprocessor's threads that its resident blocks fill, products in bfloat16.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"| kernel | launches | blocks | "
            + $"{string.Join(" | ", GpuSheet.All.Select(static g => $"occupied, {g.Name} | us"))} | bound by |\n| --- | ---: | ---: | "
            + $"{string.Concat(Enumerable.Repeat("---: | ", 2 * GpuSheet.All.Count))}--- |\n");
        foreach (KernelBytes kernel in counted)
        {
            int blocks = launches[kernel.Name].Max(l => l.GridSize(rows, sequences));
            Time[] times = [.. GpuSheet.All.Select(g => Time.Of(g, kernel, blocks, isTensorCores: true))];
            IEnumerable<string> cells = GpuSheet.All.Zip(
                times, (g, t) => string.Create(CultureInfo.InvariantCulture, $"{100.0 * Occupied(g, kernel):N0} % | {t.Total * 1e6:N1}"));
            text.Append(CultureInfo.InvariantCulture, $"| {kernel.Name} | {kernel.Launches} | {blocks} | {string.Join(" | ", cells)} | "
                + $"{string.Join(", ", times.Select(static t => t.Bound).Distinct())} |\n");
        }

        text.Append("\n| a step, us | bytes at least | bytes moved, from the second-level cache | operations | launches | all kernels, "
            + "one after the other | tokens a second |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (GpuSheet gpu in GpuSheet.All)
        {
            foreach (bool isTensorCores in (bool[])[false, true])
            {
                Time[] times =
                    [.. counted.Select(k => Time.Of(gpu, k, launches[k.Name].Max(l => l.GridSize(rows, sequences)), isTensorCores))];
                double step = times.Sum(static t => t.Total), operations = counted.Sum(static k => k.MatrixProducts) * OperationsOfProduct;
                double least = counted.Sum(static k => k.Least) / gpu.MemoryBytes,
                    moved = counted.Sum(static k => k.Moved) / gpu.CacheBytes;
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| {gpu.Name}, {(isTensorCores ? "bfloat16" : "float32")} | {least * 1e6:N1} | {moved * 1e6:N1} | "
                        + $"{operations / (isTensorCores ? gpu.TensorCores : gpu.Float32) * 1e6:N1} | "
                        + $"{counted.Sum(static k => k.Launches) * Gap * 1e6:N1} | {step * 1e6:N0} | {rows / step:N0} |\n");
            }
        }
        Golden.Matches(text.ToString(), $"Forecast.{name}.md");

        double Occupied(GpuSheet gpu, KernelBytes kernel)
        {
            int threads = table[kernel.Name, "threads"];
            return (double)gpu.Resident(
                threads, table[kernel.Name, gpu.Architecture], table[kernel.Name, "shared"]) * threads / gpu.Threads;
        }
    }

    /// <summary>Seconds of all launches of a kernel, and what they wait for.</summary>
    private sealed record Time(double Total, string Bound)
    {
        public static Time Of(GpuSheet gpu, KernelBytes kernel, int blocks, bool isTensorCores)
        {
            // Multiprocessors without a block do nothing; the last round of blocks may leave some idle.
            double computing = blocks / (Math.Ceiling((double)blocks / gpu.Multiprocessors) * gpu.Multiprocessors);
            (double Seconds, string Bound)[] waits =
            [
                (kernel.Least / gpu.Drawn(gpu.MemoryBytes, blocks), "memory"),
                (kernel.Moved / gpu.Drawn(gpu.CacheBytes, blocks), "cache"),
                (kernel.MatrixProducts * OperationsOfProduct / (isTensorCores ? gpu.TensorCores : gpu.Float32) / computing, "operations"),
            ];
            (double longest, string bound) = waits.MaxBy(static w => w.Seconds);
            double gaps = kernel.Launches * Gap;
            return new(longest + gaps, gaps > longest ? "launch" : bound);
        }
    }
}
