using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Lowering.Cuda.Passes;

/// <summary>
/// A residual's gradient is its output's. Where the first node that adds to the copy can read its addend elsewhere, and nothing changes the
/// original before, it reads the original and the copy is not made.
/// </summary>
internal sealed class ElideGradientCopies : ICudaPass
{
    public LayerKernels Run(LayerKernels kernels)
    {
        List<KernelNode> nodes = [.. kernels.Backward];
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            if (nodes[i] is CopyGradient { Accumulates: false } copy && IndexOfAdder(nodes, i, copy) is { } adder)
            {
                nodes[adder] = nodes[adder].WithAddend(copy.From);
                nodes.RemoveAt(i);
            }
        }
        return kernels with { Backward = new(nodes) };
    }

    private static int? IndexOfAdder(List<KernelNode> nodes, int copyAt, CopyGradient copy)
    {
        Operand original = Operand.GradientOf(copy.From), copied = Operand.GradientOf(copy.To);
        for (int i = copyAt + 1; i < nodes.Count; i++)
        {
            KernelNode node = nodes[i];
            if (node.IsReading(copied) || node.IsWriting(copied))
            {
                return node.Addend is { } addend && Operand.GradientOf(addend).Name == copied.Name ? i : null;
            }
            if (node.IsWriting(original))
            {
                return null;
            }
        }
        return null;
    }
}
