using AarenGen.Cuda.Compilation;
using AarenGen.Tests.Models;

namespace AarenGen.Cuda.Tests;

/// <summary>
/// Compiles each model's CUDA C to PTX by NVRTC. It runs in separate processes, since a stand-in may be loaded in the tests', and since
/// NVRTC compiles one program at a time in a process.
/// </summary>
internal static class KernelTranslation
{
    /// <summary>The model that is translated for every architecture, to see that they do not differ.</summary>
    public const string Compared = nameof(GoldenPre);

    /// <summary>Every n-th file: PTX, and the compiler's log.</summary>
    public static void Write(string folder, int share, int shares)
    {
        var compiler = CompilerSearch.First();
        foreach ((CompiledModel model, KernelVariant variant) in Jobs().Where((_, i) => i % shares == share))
        {
            DeviceCode code = compiler.Compile(
                KernelSource.Of(model.Name, model.Program, variant.Products, variant.CarriesStates),
                new CompilationTarget(variant.Architecture, IsPtx: true), out string log);
            string file = Path.Combine(folder, variant.FileOf(model.Name));
            File.WriteAllBytes(file + ".ptx", code.Image.AsSpan().TrimEnd((byte)0));
            File.WriteAllText(file + ".log", log);
        }
    }

    /// <summary>All files, by one process per core.</summary>
    public static Task WriteAllAsync(string folder) => Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount).Select(
        i => Program.StartAsync(["translate-kernels", folder, $"{i}", $"{Environment.ProcessorCount}"], NvidiaTools.WithoutStandIns)));

    private static IEnumerable<(CompiledModel Model, KernelVariant Variant)> Jobs() => CompiledModel.All.SelectMany(static m =>
        (m.Name == Compared ? m.Variants : m.Variants.Select(static v => v.Translated).Distinct()).Select(v => (m, v)));
}
