using System.Collections.Concurrent;

namespace AarenGen.Cuda.Tests;

/// <summary>All kernels compiled by NVIDIA's compiler and assembler, once for the tests that look at them.</summary>
public sealed class KernelCompilation : TemporaryFolder, IAsyncLifetime
{
    private readonly ConcurrentDictionary<(string Model, KernelVariant Variant), string> said = new();

    /// <summary>What the assembler said of a model's kernels.</summary>
    internal string Assembled(CompiledModel model, KernelVariant variant) => said[(model.Name, variant)];

    /// <summary>What the compiler said.</summary>
    internal string Log(string model, KernelVariant variant) => File.ReadAllText(At(variant.FileOf(model) + ".log"));

    internal string Ptx(string model, KernelVariant variant) => File.ReadAllText(At(variant.FileOf(model) + ".ptx"));

    internal string Cubin(string model, KernelVariant variant) => At(variant.FileOf(model) + ".cubin");

    public async Task InitializeAsync()
    {
        // It is made for tests that are skipped, too.
        if (NvidiaTools.Missing is not null)
        {
            return;
        }
        await KernelTranslation.WriteAllAsync(Folder);
        await Parallel.ForEachAsync(
            CompiledModel.All.SelectMany(static m => m.Variants, static (m, v) => (Model: m.Name, Variant: v)),
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            async (job, _) => said[job] = await NvidiaTools.AssembleAsync(
                At(job.Variant.Translated.FileOf(job.Model) + ".ptx"), job.Variant.Architecture, Cubin(job.Model, job.Variant)));
    }

    public Task DisposeAsync() => Task.CompletedTask;
}
