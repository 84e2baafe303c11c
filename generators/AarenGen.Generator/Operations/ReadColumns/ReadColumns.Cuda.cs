using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record ReadColumns : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new ReadColumnsForward(this)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) =>
        [new ReadColumnsBackward(this, accumulates[0])];
}

/// <summary>Some columns of the tokens.</summary>
internal sealed record ReadColumnsForward(ReadColumns Operation) : RowwiseNode(
    Operation.Output.Name + "_forward", ["rows"], [Operand.Of(Operation.Tokens)], [Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w)
    {
        (Value tokens, int column, Value output) = Operation;
        int padded = Sizes.PadToFloat4(output.Width);
        w.CopyColumns(tokens, column, output, 0, output.Width, w.Value(tokens), w.Value(output));
        if (padded > output.Width)
        {
            w.ClearColumns(output, output.Width, padded, w.Value(output));
        }
    }
}

/// <summary>The gradient of some columns of the tokens; the others are cleared where this is the first.</summary>
internal sealed record ReadColumnsBackward(ReadColumns Operation, bool Accumulates) : RowwiseNode(
    Operation.Output.Name + "_backward", ["rows"],
    [Operand.GradientOf(Operation.Output), .. Operand.GradientOfAny(Accumulates ? Operation.Tokens : null)],
    [Operand.GradientOf(Operation.Tokens)]), IKernelCode
{
    public void Print(KernelWriter w)
    {
        (Value tokens, int column, Value output) = Operation;
        w.ReturnUnlessTokenGradients();
        if (Accumulates)
        {
            w.Call(
                "add_columns", w.Configuration(
                    output.Name + "_to_tokens", ("width", output.Width), ("source_stride", output.Stride),
                    ("target_stride", tokens.Stride), ("target_column", column)),
                "pass", w.Gradient(output), w.Gradient(tokens));
            return;
        }
        int end = column + output.Width, all = Sizes.PadToFloat4(tokens.Width);
        w.CopyColumns(output, 0, tokens, column, output.Width, w.Gradient(output), w.Gradient(tokens));
        if (column > 0)
        {
            w.ClearColumns(tokens, 0, column, w.Gradient(tokens));
        }
        if (end < all)
        {
            w.ClearColumns(tokens, end, all, w.Gradient(tokens));
        }
    }
}
