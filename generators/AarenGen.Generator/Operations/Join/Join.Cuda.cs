using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record Join : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new JoinForward(this)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) => [new JoinBackward(this)];

    internal static void ClearPadding(KernelWriter w, Value value, string rows)
    {
        if (value.Width % 4 != 0)
        {
            w.ClearColumns(value, value.Width, Sizes.PadToFloat4(value.Width), rows);
        }
    }
}

/// <summary>The pieces side by side.</summary>
internal sealed record JoinForward(Join Operation) : RowwiseNode(
    Operation.Output.Name + "_forward", ["rows"], new(Operation.Pieces.Select(Operand.Of)), [Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w)
    {
        Value output = Operation.Output;
        int offset = 0;
        foreach (Value piece in Operation.Pieces)
        {
            w.CopyColumns(piece, 0, output, offset, piece.Width, w.Value(piece), w.Value(output));
            offset += piece.Width;
        }
        Join.ClearPadding(w, output, w.Value(output));
    }
}

/// <summary>Each piece's gradient out of theirs.</summary>
internal sealed record JoinBackward(Join Operation) : RowwiseNode(
    Operation.Output.Name + "_backward", ["rows"], [Operand.GradientOf(Operation.Output)],
    new(Operation.Pieces.Select(Operand.GradientOf))), IKernelCode
{
    public void Print(KernelWriter w)
    {
        int offset = 0;
        foreach (Value piece in Operation.Pieces)
        {
            w.CopyColumns(Operation.Output, offset, piece, 0, piece.Width, w.Gradient(Operation.Output), w.Gradient(piece));
            Join.ClearPadding(w, piece, w.Gradient(piece));
            offset += piece.Width;
        }
    }
}
