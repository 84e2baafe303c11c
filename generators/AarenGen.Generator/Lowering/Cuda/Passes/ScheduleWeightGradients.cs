using AarenGen.Generator.Model.Cuda;
using AarenGen.Generator.Operations;

namespace AarenGen.Generator.Lowering.Cuda.Passes;

/// <summary>
/// Gradients of weights wait for nothing but the gradient that they read. In a wide layer they run beside the gradient of the rows that the
/// same map read, in one grid, where the tiles of both are of one size. In a narrow layer, whose rows' gradients are chained, they go
/// behind everything else: nothing in the layer reads what they write, and nothing changes what they read. So do those of small tiles where
/// others are wide.
/// </summary>
internal sealed class ScheduleWeightGradients : ICudaPass
{
    public LayerKernels Run(LayerKernels kernels)
    {
        WeightGradients[] all = [.. kernels.Backward.OfType<WeightGradients>()];
        bool anyIsWide = all.Any(static w => w.IsWide);
        WeightGradients[] last = [.. all.Where(w => kernels.IsNarrow || w.IsWide != anyIsWide)];
        List<KernelNode> nodes = [];
        foreach (KernelNode node in kernels.Backward.Where(n => !last.Contains(n)))
        {
            if (node is WeightGradients weights && nodes.LastOrDefault() is TileKernel { Single: LinearInputGradient } rows)
            {
                nodes[nodes.Count - 1] = TileKernel.Create(rows.Stem, rows.IsBackward, rows.Operations, weights);
                continue;
            }
            nodes.Add(node);
        }
        return kernels with { Backward = [.. nodes, .. last] };
    }
}
