using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

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

    internal string DeviceConfiguration(KernelWriter w, string suffix, bool accumulates) => w.Configuration(
        Output.Name + suffix, ("kind", Kind), ("kind_stride", Kinds.Stride), ("stride", Input.Stride), ("width", Input.Width),
        ("adds", accumulates));
}

/// <summary>The rows of one kind, zeroes in place of others.</summary>
internal sealed record KeepKindForward(KeepKind Operation) : RowwiseNode(
    Operation.Output.Name + "_forward", ["Kinds"], [Operand.Of(Operation.Kinds), Operand.Of(Operation.Input)],
    [Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "keep_kind", Operation.DeviceConfiguration(w, "_kind", accumulates: false),
        "pass", w.Value(Operation.Kinds), w.Value(Operation.Input), w.Value(Operation.Output));
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
            "keep_kind", Operation.DeviceConfiguration(w, "_kind_backward", Accumulates),
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
        w.ClearColumns(Operation.Input, 0, Sizes.PadToFloat4(Operation.Input.Width), w.Gradient(Operation.Input));
    }
}
