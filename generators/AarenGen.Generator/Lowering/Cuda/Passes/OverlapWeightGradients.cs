using AarenGen.Generator.Model.Cuda;
using AarenGen.Generator.Operations;

namespace AarenGen.Generator.Lowering.Cuda.Passes;

/// <summary>
/// Gradients of weights that follow each other become one kernel, and run beside the tile kernel before them, in one grid, where that does
/// not write what they read.
/// </summary>
internal sealed class OverlapWeightGradients : ICudaPass
{
    public LayerKernels Run(LayerKernels kernels) => kernels with { Backward = Neighbours.Fuse(kernels.Backward, Overlap) };

    private static KernelNode? Overlap(KernelNode first, KernelNode second) => (first, second) switch
    {
        (WeightGradients own, WeightGradients other) => own.IsWide == other.IsWide ? own.With(other) : null,
        (TileKernel tiles, WeightGradients weights) when tiles.IsWide == weights.IsWide
            && !weights.Maps.Any(m => tiles.IsWriting(Operand.GradientOf(m.Gradient))) =>
            TileKernel.Create(
                tiles.Stem, tiles.IsBackward, tiles.Operations, tiles.Beside is WeightGradients beside ? beside.With(weights) : weights),
        _ => null,
    };
}
