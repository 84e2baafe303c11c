using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record Activate : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new ActivateForward(this)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) => [new ActivateBackward(this)];
}

/// <summary>An activation on its own; its argument's memory keeps the derivative.</summary>
internal sealed record ActivateForward(Activate Operation) : RowwiseNode(
    Operation.Output.Name + "_forward", ["rows", "Activate"], [Operand.Of(Operation.Input)],
    [Operand.Of(Operation.Output), Operand.Of(Operation.Input)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "activate", $"{Operation.Function}, {w.Rows(Operation.Input)}", "pass", w.Value(Operation.Input),
        w.Value(Operation.Output));
}

/// <summary>The multiplication by an activation's derivative, on its own.</summary>
internal sealed record ActivateBackward(Activate Operation) : RowwiseNode(
    Operation.Output.Name + "_backward", ["rows", "Activate"],
    [Operand.GradientOf(Operation.Output), Operand.Of(Operation.Input)], [Operand.GradientOf(Operation.Input)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "multiply_rows", w.Rows(Operation.Input),
        "pass", w.Gradient(Operation.Output), w.Value(Operation.Input), w.Gradient(Operation.Input));
}
