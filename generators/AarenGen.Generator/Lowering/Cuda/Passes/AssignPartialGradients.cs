using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Lowering.Cuda.Passes;

/// <summary>
/// Allocates the partial-gradient buffers of a block, once no more nodes are fused: first those of kernels that no pass can fuse, then
/// those of tile kernels, each in the order in which they run.
/// </summary>
internal sealed class AssignPartialGradients : ICudaPass
{
    public LayerKernels Run(LayerKernels kernels)
    {
        List<PartialGradient> assigned = [];
        long next = 0;
        foreach (PartialGradient partial in kernels.Backward.OrderBy(static n => n is TileKernel or FixedGridNode)
            .SelectMany(static n => n.PartialGradients))
        {
            assigned.Add(partial with { Buffer = next });
            next += (long)partial.Length * partial.Parts;
        }
        return kernels with { PartialGradients = new(assigned) };
    }
}
