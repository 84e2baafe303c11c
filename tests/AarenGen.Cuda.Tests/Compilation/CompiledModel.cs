using System.Reflection;
using AarenGen.Benchmarks;
using AarenGen.Tests.Models;
using AarenGen.Training;

namespace AarenGen.Cuda.Tests;

/// <summary>A model of this assembly with its CUDA part.</summary>
internal sealed record CompiledModel(string Name, DeviceProgram Program)
{
    /// <summary>Set to 1, all models are looked at, which takes some ten minutes; the table then has more than its golden file.</summary>
    private const string AllVariable = "AARENGEN_ALL_KERNELS";

    /// <summary>The models of the benchmarks, and of golden cases one a mixer and one of odd sizes: those whose products are looked at on tensor cores as well.</summary>
    private static readonly Type[] OnTensorCores =
        [typeof(GoldenPre), typeof(GoldenOdd), typeof(TransformerPre), typeof(MinGruPre), typeof(MinLstmPre), typeof(SmallModel), typeof(MediumModel), typeof(LargeModel)];

    /// <summary>The other golden cases, and the examples' models: of examples/Control those of one environment, as its others differ by two widths.</summary>
    private static readonly Type[] InFloat32 =
    [
        typeof(GoldenPost), typeof(GoldenOneBlock), typeof(GoldenClasses), typeof(GoldenIntervals), typeof(TransformerPost), typeof(MinGruPost), typeof(MinLstmPost),
        typeof(Forecasting.Forecaster),
        typeof(Control.HopperAaren), typeof(Control.HopperTransformer), typeof(Control.HopperMinGru), typeof(Control.HopperMinLstm), typeof(Control.HopperCloning),
    ];

    public static bool AreAll { get; } = Environment.GetEnvironmentVariable(AllVariable) == "1";

    /// <summary>Those looked at, by name. A model whose layers have no CUDA part yet is not there.</summary>
    public static IReadOnlyList<CompiledModel> All { get; } =
        [.. (AreAll ? typeof(CompiledModel).Assembly.GetTypes() : [.. OnTensorCores, .. InFloat32]).Where(IsCompiled).Select(Describe).OrderBy(static m => m.Name, StringComparer.Ordinal)];

    /// <summary>The ways in which it is compiled here.</summary>
    public IReadOnlyList<KernelVariant> Variants { get; } =
        AreAll || OnTensorCores.Any(t => t.Name == Name) ? KernelVariant.All : [.. KernelVariant.All.Where(static v => v.Products == MatrixPrecision.Float32)];

    /// <summary>Threads of a block of each kernel, at most.</summary>
    public IReadOnlyDictionary<string, int> Threads { get; } =
        ((IEnumerable<KernelLaunch>)[.. Program.Prepare, .. Program.Forward, .. Program.Evaluate, .. Program.Backward, .. Program.Update])
        .GroupBy(static l => l.Kernel).ToDictionary(static g => g.Key, static g => g.Max(static l => l.Threads));

    private static bool IsCompiled(Type type) =>
        type.BaseType is { IsGenericType: true } parent && parent.GetGenericTypeDefinition() == typeof(SequenceModel<>) && type.GetProperty("CudaSource") is not null;

    private static CompiledModel Describe(Type type) => (CompiledModel)typeof(CompiledModel)
        .GetMethod(nameof(Of), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type).Invoke(null, null)!;

    private static CompiledModel Of<TModel>() where TModel : SequenceModel<TModel>, IModelDefinition<TModel> =>
        new(typeof(TModel).Name, SequenceModel<TModel>.Create(seed: 1).DeviceProgram!);
}
