using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;
using AarenGen.Generator.Operations;

namespace AarenGen.Generator.Lowering.Cuda.Passes;

/// <summary>
/// An activation becomes the end of the matrix multiplication before it. Backward, the multiplication by its derivative becomes the end of
/// the multiplication that computes the gradient of what it gave.
/// </summary>
internal sealed class FuseActivation : ICudaPass
{
    public LayerKernels Run(LayerKernels kernels) => kernels with
    {
        Forward = Neighbours.Fuse(kernels.Forward, Forward),
        Backward = Neighbours.Fuse(kernels.Backward, (first, second) => Backward(kernels.Backward, first, second)),
    };

    private static TileKernel? Forward(KernelNode first, KernelNode second) =>
        first is TileKernel { Single: LinearForward { Maps: [{ Residual: null } map], Activation: null } linear } kernel
        && second is ActivateForward { Operation: var activate } && activate.Input == map.Output
            ? new TileKernel(kernel.Stem, linear.Activated(Epilogue(activate))) : null;

    private static TileKernel? Backward(EquatableArray<KernelNode> all, KernelNode first, KernelNode second)
    {
        if (first is not TileKernel { Single: LinearInputGradient { Addend: null, Activation: null } linear } kernel
            || second is not ActivateBackward { Operation: var activate } || activate.Output != linear.Input)
        {
            return null;
        }
        Operand gradient = Operand.GradientOf(activate.Output);
        bool isComplete = all.Count(n => n.IsWriting(gradient)) == 1;
        return isComplete ? TileKernel.Create(kernel.Stem, isBackward: true, [linear.Activated(Epilogue(activate))], kernel.Beside) : null;
    }

    private static ActivationEpilogue Epilogue(Activate activate) => new(activate.Input, activate.Output, activate.Function);
}
