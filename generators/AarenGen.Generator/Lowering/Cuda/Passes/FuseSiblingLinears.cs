using AarenGen.Generator.Model.Cuda;
using AarenGen.Generator.Operations;

namespace AarenGen.Generator.Lowering.Cuda.Passes;

/// <summary>
/// Neighbouring linear maps of the same rows become one kernel: forward the tiles of all lie side by side; backward their contributions to
/// the gradient of the rows add up in registers.
/// </summary>
internal sealed class FuseSiblingLinears : ICudaPass
{
    public LayerKernels Run(LayerKernels kernels) => kernels with
    {
        Forward = Neighbours.Fuse(kernels.Forward, static (a, b) => Forward(a as TileKernel, b as TileKernel)),
        Backward = Neighbours.Fuse(kernels.Backward, static (a, b) => Backward(a as TileKernel, b as TileKernel)),
    };

    private static TileKernel? Forward(TileKernel? first, TileKernel? second) =>
        first?.Single is LinearForward own && second?.Single is LinearForward other && own.With(other) is { } both
            ? new TileKernel($"{first.Stem}_{second.Stem}", both) : null;

    private static TileKernel? Backward(TileKernel? first, TileKernel? second)
    {
        if (first?.Single is not LinearInputGradient own || second?.Single is not LinearInputGradient other
            || own.With(other) is not { } both)
        {
            return null;
        }
        FixedGridNode? beside = (first.Beside, second.Beside) switch
        {
            (WeightGradients weights, WeightGradients others) => weights.With(others),
            var (before, after) => before ?? after,
        };
        return TileKernel.Create($"{second.Stem}_{first.Stem}", isBackward: true, [both], beside);
    }
}
