using System.Globalization;
using System.Text;
using AarenGen.Benchmarks;

namespace AarenGen.Cuda.Tests;

public sealed partial class KernelTableTests
{
    /// <summary>The model whose machine code is looked at: wide enough for every kernel.</summary>
    private const string Disassembled = nameof(LargeModel);

    /// <summary>Kernels that load or store a few numbers per head or row, which do not fill 16 bytes.</summary>
    /// <summary>Products that stay in float32: scores are exponents.</summary>
    private static readonly string[] Exact = ["Aaren1_scores_forward", "Aaren1_weights_backward"];

    private static readonly string[] Narrow = ["fold_query", "model_loss", "model_finish_loss"];

    [NvidiaToolsFact]
    public async Task Machine_code_has_wide_accesses_asynchronous_copies_and_tensor_cores()
    {
        IReadOnlyDictionary<string, Instructions>[] all = await Task.WhenAll(
            Enum.GetValues<MatrixPrecision>().Select(p => Task.Run(() => Disassemble(p))));
        (IReadOnlyDictionary<string, Instructions> float32, IReadOnlyDictionary<string, Instructions> tensorFloat32,
            IReadOnlyDictionary<string, Instructions> bfloat16) = (all[0], all[1], all[2]);
        var table = new StringBuilder($"Instructions in the machine code of {Disassembled} for sm_90, products in float32; HMMA with "
            + $"products in TF32 and bfloat16.\n\n");
        table.Append("| kernel | loads of 16 bytes | narrower | stores of 16 bytes | narrower | background copies of 16 bytes | HMMA, "
            + "TF32 | HMMA, bf16 |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        var errors = new List<string>();
        foreach ((string name, Instructions own) in float32.OrderBy(static k => k.Key, StringComparer.Ordinal))
        {
            int tf32 = tensorFloat32[name].TensorCores, bf16 = bfloat16[name].TensorCores;
            table.Append(
                CultureInfo.InvariantCulture,
                $"| {name} | {own.Loads.Wide} | {own.Loads.Narrow} | {own.Stores.Wide} | {own.Stores.Narrow} | {own.Copies.Wide} | {tf32} "
                    + $"| {bf16} |\n");
            bool isNarrow = Narrow.Any(n => name.Contains(n, StringComparison.Ordinal));
            // Products alone copy to shared memory in the background.
            bool isProduct = own.Copies != default;
            bool isEmpty = own.Loads == default && own.Stores == default && own.Copies == default;
            Require(isNarrow || isEmpty || own.Loads.Wide + own.Copies.Wide > 0, "no load of 16 bytes");
            Require(isNarrow || isEmpty || own.Stores.Wide > 0, "no store of 16 bytes");
            Require(!isEmpty || name == "model_round_weights", "nothing to do");
            Require(own.Copies.Narrow == 0, "background copies of fewer than 16 bytes");
            Require(own.TensorCores == 0, "tensor cores with products in float32");
            bool isRounded = isProduct && !Exact.Contains(name);
            Require(
                isRounded == tf32 > 0 && isRounded == bf16 > 0,
                $"a rounded product is {isRounded}, on tensor cores {tf32} and {bf16} instructions");

            void Require(bool condition, string otherwise)
            {
                if (!condition)
                {
                    errors.Add($"{name}: {otherwise}");
                }
            }
        }
        Assert.True(errors.Count == 0, string.Join("\n", errors));
        Assert.Contains(float32.Values, static k => k.Copies.Wide > 0);
        Golden.Matches(table.ToString(), "Instructions.md");
    }

    private async Task<IReadOnlyDictionary<string, Instructions>> Disassemble(MatrixPrecision products) =>
        Instructions.Parse(await NvidiaTools.DisassembleAsync(compilation.Cubin(Disassembled, new(90, products))));
}
