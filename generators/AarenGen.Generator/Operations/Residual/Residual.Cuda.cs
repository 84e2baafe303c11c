using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record Residual : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new ResidualForward(this)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) =>
        [new CopyGradient(Output, Stream, accumulates[0])];
}

/// <summary>The stream and the branch added.</summary>
internal sealed record ResidualForward(Residual Operation) : RowwiseNode(
    Operation.Output.Name + "_forward", ["rows"], [Operand.Of(Operation.Stream), Operand.Of(Operation.Branch)],
    [Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "add_rows", w.Rows(Operation.Output),
        "pass", w.Value(Operation.Stream), w.Value(Operation.Branch), w.Value(Operation.Output));
}
