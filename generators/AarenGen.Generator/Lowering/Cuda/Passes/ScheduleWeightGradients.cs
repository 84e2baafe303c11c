using AarenGen.Generator.Model.Cuda;
using AarenGen.Generator.Operations;

namespace AarenGen.Generator.Lowering.Cuda.Passes;

/// <summary>
/// Gradients of weights wait for nothing but the gradient that they read. In a wide layer they run beside the gradient of the rows that the
/// same map read, in one grid. In a narrow layer, whose rows' gradients are chained, they go behind everything else: nothing in the layer
/// reads what they write, and nothing changes what they read.
/// </summary>
internal sealed class ScheduleWeightGradients : ICudaPass
{
    public LayerKernels Run(LayerKernels kernels)
    {
        if (kernels.IsNarrow)
        {
            return kernels with
            {
                Backward = new([.. kernels.Backward.Where(static n => n is not WeightGradients),
                    .. kernels.Backward.OfType<WeightGradients>()]),
            };
        }
        List<KernelNode> nodes = [];
        foreach (KernelNode node in kernels.Backward)
        {
            if (node is WeightGradients weights && nodes.LastOrDefault() is TileKernel { Single: LinearInputGradient } rows)
            {
                nodes[nodes.Count - 1] = TileKernel.Create(rows.Stem, rows.IsBackward, rows.Operations, weights);
                continue;
            }
            nodes.Add(node);
        }
        return kernels with { Backward = new(nodes) };
    }
}
