using System.Globalization;
using System.Text;
using AarenGen.Benchmarks;

namespace AarenGen.Cuda.Tests.Paper;

/// <summary>
/// Bytes that each kernel of a training step moves, counted by the emulator, over the least possible. A golden file has the table, so that
/// a change shows.
/// </summary>
[Collection(Requirements.Device)]
public sealed class BytesTests
{
    /// <summary>What may be moved, over the least, by kernels that are bound by memory.</summary>
    private const double Bound = 1.15;

    /// <summary>What the names of kernels contain that multiply matrices.</summary>
    private static readonly string[] ProductNames =
        ["sum_", "output_", "hiddenSums_", "values_forward", "values_scores_", "scores_forward", "weights_", "fold_query"];

    [EmulatorFact]
    public void Small_model() => Check<SmallModel>(sequences: 32, length: 96);

    [EmulatorFact]
    public void Medium_model() => Check<MediumModel>(sequences: 16, length: 96);

    [EmulatorFact]
    public void Large_model() => Check<LargeModel>(sequences: 2, length: 192);

    private static void Check<TModel>(int sequences, int length) where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
    {
        ModelDescription description = SequenceModel<TModel>.Description;
        IReadOnlyList<KernelBytes> kernels = CountedStep.Run<TModel>(sequences, length, MatrixPrecision.Float32);
        int rows = sequences * length;
        var table = new StringBuilder();
        table.Append(
            CultureInfo.InvariantCulture,
            $"One training step of {description.Name}, {sequences} x {length} tokens, products in float32: bytes of global memory.\n\n");
        table.Append("| kernel | launches | loaded | stored | least | moved / least | in 16 bytes |\n| --- | ---: | ---: | ---: | ---: | "
            + "---: | ---: |\n");
        foreach (KernelBytes k in kernels.OrderBy(static k => k.Name, StringComparer.Ordinal))
        {
            Append(k);
        }
        Append(new(
            "all", kernels.Sum(static k => k.Launches), kernels.Sum(static k => k.Loaded), kernels.Sum(static k => k.Stored),
            kernels.Sum(static k => k.UniqueLoaded),
            kernels.Sum(static k => k.UniqueStored), kernels.Sum(static k => k.Wide), kernels.Sum(static k => k.MatrixProducts)));
        table.Append(
            CultureInfo.InvariantCulture,
            $"\nA token: {kernels.Sum(static k => k.Least) / rows:N0} bytes at least, the weights' share of this batch included.\n");
        Golden.Matches(table.ToString(), $"Bytes.{description.Name}.md");
        string[] above =
            [.. kernels.Where(static k => !IsProduct(k.Name) && !(k.Factor <= Bound)).Select(static k => $"{k.Name}: {k.Factor:N3}")];
        Assert.True(above.Length == 0, $"More than {Bound} times the least: {string.Join(", ", above)}");

        void Append(KernelBytes k) => table.Append(
            CultureInfo.InvariantCulture,
            $"| {k.Name} | {k.Launches} | {k.Loaded:N0} | {k.Stored:N0} | {k.Least:N0} | {k.Factor:N3} | "
                + $"{100.0 * k.Wide / k.Moved:N0} % |\n");
    }

    /// <summary>Products read their operands once for each tile of 64 rows or columns; a fold is a product with a vector.</summary>
    private static bool IsProduct(string kernel) => ProductNames.Any(n => kernel.Contains(n, StringComparison.Ordinal));
}
