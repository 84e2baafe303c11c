using System.Globalization;
using System.Text;
using AarenGen.Benchmarks;
using AarenGen.Cuda.Training;
using AarenGen.Memory;
using AarenGen.Training;

namespace AarenGen.Cuda.Tests;

/// <summary>
/// Bytes that each kernel of a training step moves, counted by the emulator, over the least possible. A golden file has the table, so that a
/// change shows.
/// </summary>
[Collection(Requirements.Device)]
public sealed class BytesTests
{
    /// <summary>What may be moved, over the least, by kernels that are bound by memory.</summary>
    private const double Bound = 1.15;

    // Bytes and operations a second, dense, as the makers' data sheets have them.
    private static readonly (string, double, double, double)[] Devices =
        [("H100 SXM: 3.35 TB/s, 67 and 990 TFLOP/s", 3.35e12, 67e12, 990e12), ("RTX 4090: 1.01 TB/s, 83 and 165 TFLOP/s", 1.008e12, 82.6e12, 165e12)];

    [EmulatorFact]
    public void Small_model() => Check<SmallModel>(sequences: 32, length: 96);

    [EmulatorFact]
    public void Medium_model() => Check<MediumModel>(sequences: 16, length: 96);

    [EmulatorFact]
    public void Large_model() => Check<LargeModel>(sequences: 2, length: 192);

    private static void Check<TModel>(int sequences, int length) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        TModel model = SequenceModel<TModel>.Create(seed: 1);
        SequenceList data = DeviceGradientTests.Random<TModel>([.. Enumerable.Repeat(length, sequences)], seed: 2);
        ModelDescription description = SequenceModel<TModel>.Description;
        var tensors = new TrainingTensors(model.WeightBuffer, new(description.WeightFloats), new(description.WeightFloats));
        using var engine = new CudaEngine<TModel>(new(model, tensors, data, null, new() { BatchSize = sequences }, new(length, length)), new CudaDevice());
        int[] all = [.. Enumerable.Range(0, sequences)];
        Emulator.ResetCounters();
        engine.Step(all, new(1, 1, 1e-3, 0));
        engine.ReadLosses();
        IReadOnlyList<KernelBytes> kernels = Emulator.Counters();
        int rows = sequences * length;
        var table = new StringBuilder();
        table.Append(CultureInfo.InvariantCulture, $"One training step of {description.Name}, {sequences} x {length} tokens, products in float32: bytes of global memory.\n\n");
        table.Append("| kernel | launches | loaded | stored | least | moved / least | in 16 bytes |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (KernelBytes k in kernels.OrderBy(static k => k.Name, StringComparer.Ordinal))
        {
            Append(k);
        }
        Append(new(
            "all", kernels.Sum(static k => k.Launches), kernels.Sum(static k => k.Loaded), kernels.Sum(static k => k.Stored), kernels.Sum(static k => k.UniqueLoaded),
            kernels.Sum(static k => k.UniqueStored), kernels.Sum(static k => k.Wide)));
        table.Append(CultureInfo.InvariantCulture, $"\nA token: {kernels.Sum(static k => k.UniqueLoaded + k.UniqueStored) / rows:N0} bytes at least, the weights' share of this batch included.\n");
        long least = kernels.Sum(static k => k.UniqueLoaded + k.UniqueStored), moved = kernels.Sum(static k => k.Loaded + k.Stored);
        double operations = 6.0 * description.ParameterCount * rows;
        table.Append("\n| on paper, us | bytes at least | bytes moved, if no cache held any | operations, float32 | operations, bfloat16 |\n| --- | ---: | ---: | ---: | ---: |\n");
        foreach ((string device, double bytes, double float32, double bfloat16) in Devices)
        {
            table.Append(
                CultureInfo.InvariantCulture, $"| {device} | {least / bytes * 1e6:N1} | {moved / bytes * 1e6:N1} | {operations / float32 * 1e6:N1} | {operations / bfloat16 * 1e6:N1} |\n");
        }
        Golden.Matches(table.ToString(), $"Bytes.{description.Name}.md");
        string[] above = [.. kernels.Where(static k => !IsProduct(k.Name) && !(k.Factor <= Bound)).Select(static k => $"{k.Name}: {k.Factor:N3}")];
        Assert.True(above.Length == 0, $"More than {Bound} times the least: {string.Join(", ", above)}");

        void Append(KernelBytes k) => table.Append(
            CultureInfo.InvariantCulture,
            $"| {k.Name} | {k.Launches} | {k.Loaded:N0} | {k.Stored:N0} | {k.UniqueLoaded + k.UniqueStored:N0} | {k.Factor:N3} | {100.0 * k.Wide / (k.Loaded + k.Stored):N0} % |\n");
    }

    /// <summary>Products read their operands once for each tile of 64 rows or columns; a fold is a product with a vector.</summary>
    private static bool IsProduct(string kernel) =>
        kernel.Contains("sum_", StringComparison.Ordinal) || kernel.Contains("output_", StringComparison.Ordinal) || kernel.Contains("hiddenSums_", StringComparison.Ordinal)
        || kernel.Contains("values_scores_", StringComparison.Ordinal) || kernel.Contains("fold_query", StringComparison.Ordinal);
}
