using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record Copy : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new CopyForward(this)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) =>
        [new CopyGradient(Output, Input, accumulates[0])];
}

/// <summary>Rows as they are.</summary>
internal sealed record CopyForward(Copy Operation) : RowwiseNode(
    Operation.Output.Name + "_forward", ["rows"], [Operand.Of(Operation.Input)], [Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "copy_rows", w.Rows(Operation.Input), "pass", w.Value(Operation.Input), w.Value(Operation.Output));
}
