using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Lowering.Cuda.Passes;

/// <summary>
/// Rows that wide matrix multiplications read and nothing else does are kept as these read them: rounded where the arithmetic rounds them.
/// </summary>
internal sealed class KeepOperands : ICudaPass
{
    /// <summary>Rows are copied 16 bytes at a time, which begin at multiples of eight elements.</summary>
    private const int ElementsPerCopy = 8;

    public LayerKernels Run(LayerKernels kernels)
    {
        KernelNode[] nodes = [.. kernels.Forward, .. kernels.Backward];
        return kernels with
        {
            Operands = new(nodes.SelectMany(static n => n.Writes)
                .Where(o => o.Row.Count == 0 && !o.Rows.IsAtBoundary && o.Rows.Width % ElementsPerCopy == 0
                    && nodes.All(n => !n.Touches(o) || n.CanBeOperand(o)))
                .Select(static o => o.Name).Distinct()),
        };
    }
}
