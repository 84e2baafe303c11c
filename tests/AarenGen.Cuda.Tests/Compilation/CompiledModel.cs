using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Cuda.Tests;

/// <summary>A model of this assembly with its CUDA program.</summary>
internal sealed record CompiledModel(string Name, DeviceProgram Program, KernelListing Listing)
{
    /// <summary>Set to 1, all models are looked at, which takes some ten minutes; the table then has more than its golden file.</summary>
    private const string AllVariable = "AARENGEN_ALL_KERNELS";

    public static bool AreAll { get; } = Environment.GetEnvironmentVariable(AllVariable) == "1";

    /// <summary>Those looked at, by name.</summary>
    public static IReadOnlyList<CompiledModel> All { get; } =
    [
        .. ModelCases.All.Where(static c => !c.Without.ContainsKey(Suite.Device) || c.Kernels == KernelListing.Carrying)
            .Concat(LinkedModels.All)
            .Where(static c => AreAll || c.Kernels != KernelListing.OnRequest)
            .Select(Describe).OrderBy(static m => m.Name, StringComparer.Ordinal),
    ];

    /// <summary>The ways in which it is compiled here.</summary>
    public IReadOnlyList<KernelVariant> Variants { get; } =
        KernelVariant.Of(AreAll && Listing != KernelListing.Carrying ? KernelListing.Everywhere : Listing);

    /// <summary>Maximum threads per block of each kernel.</summary>
    public IReadOnlyDictionary<string, int> Threads { get; } =
        ((IEnumerable<KernelLaunch>)[
            .. Program.Begin, .. Program.Prepare, .. Program.Forward, .. Program.Evaluate, .. Program.Backward, .. Program.Update,
        ])
        .GroupBy(static l => l.Kernel).ToDictionary(static g => g.Key, static g => g.Max(static l => l.Threads));

    private static CompiledModel Describe(ModelCase model)
    {
        var creation = new Creation();
        model.Run(creation);
        return new(model.Name, creation.Program, model.Kernels);
    }

    private sealed class Creation : IModelAction
    {
        private DeviceProgram? program;

        /// <summary>A model whose layers have no CUDA program is not checked on a device: its case has to say so.</summary>
        public DeviceProgram Program =>
            program ?? throw new InvalidOperationException("A model has no CUDA program, and its case does not say so.");

        public void Run<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
            program = SequenceModel<TModel>.Create(seed: 1).DeviceProgram;
    }
}
