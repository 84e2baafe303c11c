using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;
using AarenGen.Generator.Operations;

namespace AarenGen.Generator.Lowering.Cuda.Passes;

/// <summary>
/// In a narrow layer neighbouring tile kernels become one, whose thread blocks take all columns of their rows through one operation after
/// the other. What a matrix multiplication computes and the next operation reads goes on through shared memory.
/// </summary>
internal sealed class ChainNarrowLayers : ICudaPass
{
    public LayerKernels Run(LayerKernels kernels) => !kernels.IsNarrow ? kernels : kernels with
    {
        Forward = Neighbours.Fuse(kernels.Forward, static (a, b) => Chain(a as TileKernel, b as TileKernel)),
        Backward = Neighbours.Fuse(kernels.Backward, static (a, b) => Chain(a as TileKernel, b as TileKernel)),
    };

    private static TileKernel? Chain(TileKernel? first, TileKernel? second)
    {
        if (first is not { Beside: null } || second is not { Beside: null, Single: { } next } || !CanShareTiles(first, second))
        {
            return null;
        }
        EquatableArray<TileOperation> operations = ThroughSharedMemory(first.Last, next) is { } both
            ? [.. first.Operations.Take(first.Operations.Count - 1), both] : [.. first.Operations, next];
        return TileKernel.Create(first.IsBackward ? first.Stem : second.Stem, first.IsBackward, operations, beside: null);
    }

    /// <summary>Whether thread blocks can take tiles as both want: in order for one scan, or in chunks for partial gradients.</summary>
    private static bool CanShareTiles(TileKernel first, TileKernel second) =>
        (first.CarriedWords == 0 || second.CarriedWords == 0)
        && (first.CarriedWords + second.CarriedWords == 0 || !(first.IsShared || second.IsShared));

    /// <summary>
    /// One operation that does both, what passes between them staying in shared memory; null where it goes through memory.
    /// </summary>
    private static TileOperation? ThroughSharedMemory(TileOperation first, TileOperation second) => (first, second) switch
    {
        (GemmTile { Computes: { } rows } gemm and not ChainedGemms, GemmTile { FitsRegisters: true } next and not ChainedGemms) =>
            next.Multiplies == rows ? new ChainedGemms(gemm, next) : null,
        (GemmTile { CanStayInSharedMemory: true } gemm, NormalizeBackward { Producer: null } normalize) =>
            gemm.Computes == Operand.GradientOf(normalize.Operation.Output) ? normalize.After(gemm) : null,
        _ => null,
    };
}
