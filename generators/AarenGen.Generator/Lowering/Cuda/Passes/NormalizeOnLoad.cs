using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;
using AarenGen.Generator.Operations;

namespace AarenGen.Generator.Lowering.Cuda.Passes;

/// <summary>
/// Normalised rows that only matrix multiplications of small tiles read need no memory: these normalise rows as they load them, in the
/// forward pass and for the gradients of their weights. Where wide multiplications read them too, they are in memory for these alone.
/// </summary>
internal sealed class NormalizeOnLoad : ICudaPass
{
    public LayerKernels Run(LayerKernels kernels)
    {
        foreach (Normalize normalize in kernels.Forward.Select(OperationOf).OfType<Normalize>())
        {
            Operand rows = Operand.Of(normalize.Output);
            KernelNode[] readers = [.. kernels.Forward.Concat(kernels.Backward).Where(n => n.IsReading(rows))];
            if (!normalize.Output.IsAtBoundary && readers.All(n => n.CanBeOperand(rows) || CanNormalize(n, rows)))
            {
                bool needsMemory = readers.Any(n => n.CanBeOperand(rows));
                kernels = kernels with
                {
                    Forward = new(kernels.Forward.Where(n => needsMemory || !n.IsWriting(rows)).Select(Normalized)),
                    Backward = new(kernels.Backward.Select(Normalized)),
                };
            }

            KernelNode Normalized(KernelNode node) =>
                node.IsReading(rows) && !node.CanBeOperand(rows) ? NormalizeOnLoad.Normalized(node, normalize.Loaded) : node;
        }
        return kernels;
    }

    private static Normalize? OperationOf(KernelNode node) => node switch
    {
        TileKernel { Single: NormalizeForward forward } => forward.Operation,
        NormalizeWideForward forward => forward.Operation,
        _ => null,
    };

    private static bool CanNormalize(KernelNode node, Operand rows) => node switch
    {
        TileKernel { Single: LinearForward forward } => forward.Maps.All(m => m.Residual?.Name != rows.Name),
        WeightGradients => true,
        _ => false,
    };

    private static KernelNode Normalized(KernelNode node, NormalizedRows rows) => node switch
    {
        TileKernel { Single: LinearForward forward } kernel => new TileKernel(kernel.Stem, forward.Normalized(rows)),
        WeightGradients weights => weights.Normalized(rows),
        _ => throw new InvalidOperationException(node.Name),
    };
}
