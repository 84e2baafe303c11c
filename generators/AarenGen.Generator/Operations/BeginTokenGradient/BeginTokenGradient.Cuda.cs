using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record BeginTokenGradient : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) =>
        [new BeginTokenGradientBackward(this)];
}

/// <summary>The tokens' gradient, cleared.</summary>
internal sealed record BeginTokenGradientBackward(BeginTokenGradient Operation) : RowwiseNode(
    "begin_token_gradient", ["rows"], [], [Operand.GradientOf(Operation.Tokens)]), IKernelCode
{
    public void Print(KernelWriter w)
    {
        w.ReturnUnlessTokenGradients();
        w.ClearColumns(Operation.Tokens, 0, Sizes.PadToFloat4(Operation.Tokens.Width), w.Gradient(Operation.Tokens));
    }
}
