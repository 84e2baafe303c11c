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

    /// <summary>The models of the golden cases and of the benchmarks.</summary>
    private static readonly Type[] Usual =
    [
        typeof(GoldenPre), typeof(GoldenPost), typeof(GoldenOneBlock), typeof(GoldenOdd), typeof(GoldenClasses), typeof(GoldenIntervals), typeof(TransformerPre), typeof(TransformerPost),
        typeof(MinGruPre), typeof(MinGruPost), typeof(MinLstmPre), typeof(MinLstmPost), typeof(SmallModel), typeof(MediumModel), typeof(LargeModel),
    ];

    public static bool AreAll { get; } = Environment.GetEnvironmentVariable(AllVariable) == "1";

    /// <summary>Those looked at, by name. A model whose layers have no CUDA part yet is not there.</summary>
    public static IReadOnlyList<CompiledModel> All { get; } =
        [.. (AreAll ? typeof(CompiledModel).Assembly.GetTypes() : Usual).Where(IsCompiled).Select(Describe).OrderBy(static m => m.Name, StringComparer.Ordinal)];

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
