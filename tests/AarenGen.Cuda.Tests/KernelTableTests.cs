using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace AarenGen.Cuda.Tests;

/// <summary>
/// What every kernel takes on every architecture, as NVIDIA's compiler and assembler say, which need no GPU. A golden file has the table,
/// so that a change shows.
/// </summary>
public sealed partial class KernelTableTests(KernelCompilation compilation) : IClassFixture<KernelCompilation>
{
    /// <summary>Limits of every architecture: a block that needs more does not start.</summary>
    private const int RegistersOfBlock = 65_536, StaticSharedBytes = 48 << 10;

    /// <summary>A warp gets registers for each thread in multiples of eight.</summary>
    private const int RegisterUnit = 8;

    [NvidiaToolsFact]
    public void Kernels_build_without_warning_or_spill_and_fit_their_launches()
    {
        var errors = new List<string>();
        var table = new StringBuilder("What ptxas says of each kernel: registers a thread by architecture and arithmetic of products, "
            + "shared memory a block in bytes.\n");
        foreach (CompiledModel model in CompiledModel.All)
        {
            Dictionary<string, KernelResources>[] variants = [.. model.Variants.Select(v => Examine(model, v, errors))];
            table.Append(
                CultureInfo.InvariantCulture,
                $"\n## {model.Name}\n\n| kernel | threads | {string.Join(" | ", model.Variants.Select(static v => v.Title))} | shared |\n");
            table.Append(
                CultureInfo.InvariantCulture, $"| --- | {string.Join(" | ", Enumerable.Repeat("---:", model.Variants.Count + 2))} |\n");
            foreach ((string kernel, int threads) in model.Threads.OrderBy(static t => t.Key, StringComparer.Ordinal))
            {
                KernelResources[] own = [.. variants.Where(v => v.ContainsKey(kernel)).Select(v => v[kernel])];
                string shared = string.Join(" / ", own.Select(static r => r.SharedBytes).Distinct());
                table.Append(
                    CultureInfo.InvariantCulture,
                    $"| {kernel} | {threads} | {string.Join(" | ", own.Select(static r => r.Registers))} | {shared} |\n");
            }
        }
        Assert.True(errors.Count == 0, string.Join("\n", errors));
        if (!CompiledModel.AreAll)
        {
            Golden.Matches(table.ToString(), "Kernels.md");
        }
    }

    [NvidiaToolsFact]
    public void Architectures_from_80_on_are_given_the_same_PTX()
    {
        Assert.All(
            CompiledModel.All,
            static m => Assert.All(Conditions().Matches(m.Program.Source), static c => Assert.Equal("__CUDA_ARCH__ >= 800", c.Value)));
        Assert.All(KernelVariant.All, variant => Assert.Equal(
            compilation.Ptx(KernelTranslation.Compared, variant.Translated),
            compilation.Ptx(KernelTranslation.Compared, variant)
                .Replace($".target sm_{variant.Architecture}", $".target sm_{variant.Translated.Architecture}", StringComparison.Ordinal)));
    }

    private Dictionary<string, KernelResources> Examine(CompiledModel model, KernelVariant variant, List<string> errors)
    {
        string where = $"{model.Name} for sm_{variant.Title}", log = compilation.Log(model.Name, variant.Translated).Trim(),
            said = compilation.Assembled(model, variant);
        if (log.Length > 0)
        {
            errors.Add($"{where}: NVRTC says {log}");
        }
        if (said.Contains("warning", StringComparison.OrdinalIgnoreCase))
        {
            errors.Add($"{where}: ptxas says {said}");
        }
        Dictionary<string, KernelResources> kernels = KernelResources.Parse(said).ToDictionary(static k => k.Name);
        if (!kernels.Keys.ToHashSet().SetEquals(model.Threads.Keys))
        {
            errors.Add(
                $"{where}: kernels {string.Join(", ", kernels.Keys)} are compiled, {string.Join(", ", model.Threads.Keys)} are launched");
        }
        foreach ((string name, KernelResources kernel) in kernels)
        {
            int registers = (kernel.Registers + RegisterUnit - 1) / RegisterUnit * RegisterUnit * model.Threads.GetValueOrDefault(name);
            if (kernel.StackBytes + kernel.SpilledBytes > 0 || kernel.SharedBytes > StaticSharedBytes || registers > RegistersOfBlock)
            {
                errors.Add($"{where}, {model.Threads.GetValueOrDefault(name)} threads: {kernel}");
            }
        }
        return kernels;
    }

    [GeneratedRegex(@"__CUDA_ARCH__[^\n&|)]*[^\s\n&|)]", RegexOptions.CultureInvariant)]
    private static partial Regex Conditions();
}
