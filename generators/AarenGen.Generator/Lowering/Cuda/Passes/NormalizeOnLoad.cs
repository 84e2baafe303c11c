using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;
using AarenGen.Generator.Operations;

namespace AarenGen.Generator.Lowering.Cuda.Passes;

/// <summary>
/// Normalised rows that only matrix multiplications read need no memory: these normalise rows as they load them, in the forward pass and
/// for the gradients of their weights.
/// </summary>
internal sealed class NormalizeOnLoad : ICudaPass
{
    public LayerKernels Run(LayerKernels kernels)
    {
        foreach (NormalizeForward normalize in kernels.Forward.OfType<TileKernel>().Select(static k => k.Single).OfType<NormalizeForward>())
        {
            Operand rows = Operand.Of(normalize.Operation.Output);
            if (!normalize.Operation.Output.IsAtBoundary
                && kernels.Forward.Concat(kernels.Backward).All(n => !n.IsReading(rows) || CanNormalize(n, rows)))
            {
                NormalizedRows loaded = normalize.Loaded;
                kernels = kernels with
                {
                    Forward = new(kernels.Forward.Where(n => !n.IsWriting(rows))
                        .Select(n => n.IsReading(rows) ? Normalized(n, loaded) : n)),
                    Backward = new(kernels.Backward.Select(n => n.IsReading(rows) ? Normalized(n, loaded) : n)),
                };
            }
        }
        return kernels;
    }

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
