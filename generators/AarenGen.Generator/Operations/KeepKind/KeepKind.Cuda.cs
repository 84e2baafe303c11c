using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;
using static AarenGen.Generator.Model.Literal;

namespace AarenGen.Generator.Operations;

internal sealed partial record KeepKind : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new KeepKindForward(this)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates)
    {
        // Categories and times send no gradient back: nothing is there to add.
        bool hasGradient = layer.Operations.Any(s => s.Operation.Inputs.Any(v => v.Name == Output.Name));
        return hasGradient ? [new KeepKindBackward(this, accumulates[0])] : accumulates[0] ? [] : [new ClearKindGradient(this)];
    }

    internal string DeviceSizes => $"{Kind}, {Kinds.Stride}, {Input.Stride}, {Input.Width}";
}

/// <summary>The rows of one kind, zeroes in place of others.</summary>
internal sealed record KeepKindForward(KeepKind Operation) : RowwiseNode(
    Operation.Output.Name + "_forward", ["Kinds"], [Operand.Of(Operation.Kinds), Operand.Of(Operation.Input)],
    [Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "keep_kind", "false, " + Operation.DeviceSizes, "pass", w.Value(Operation.Kinds), w.Value(Operation.Input),
        w.Value(Operation.Output));
}

/// <summary>The gradient of the rows of one kind.</summary>
internal sealed record KeepKindBackward(KeepKind Operation, bool Accumulates) : RowwiseNode(
    Operation.Output.Name + "_backward", ["Kinds"],
    [Operand.Of(Operation.Kinds), Operand.GradientOf(Operation.Output), .. Operand.GradientOfAny(Accumulates ? Operation.Input : null)],
    [Operand.GradientOf(Operation.Input)]), IKernelCode
{
    public void Print(KernelWriter w)
    {
        w.ReturnUnlessTokenGradients();
        w.Call(
            "keep_kind", $"{Bool(Accumulates)}, {Operation.DeviceSizes}",
            "pass", w.Value(Operation.Kinds), w.Gradient(Operation.Output), w.Gradient(Operation.Input));
    }
}

/// <summary>The gradient of rows that send none back.</summary>
internal sealed record ClearKindGradient(KeepKind Operation) : RowwiseNode(
    Operation.Output.Name + "_backward", ["Kinds"], [], [Operand.GradientOf(Operation.Input)]), IKernelCode
{
    public void Print(KernelWriter w)
    {
        w.ReturnUnlessTokenGradients();
        w.Call("clear_columns", $"{Operation.Input.Stride}, 0, {Sizes.PadToFloat4(Operation.Input.Width)}", "pass",
            w.Gradient(Operation.Input));
    }
}
