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
        w.Call("copy_columns", $"{output.Width}, {tokens.Stride}, {column}, {output.Stride}, 0", "pass", w.Value(tokens), w.Value(output));
        if (padded > output.Width)
        {
            w.Call("clear_columns", $"{output.Stride}, {output.Width}, {padded}", "pass", w.Value(output));
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
            w.Call("add_columns", $"{output.Width}, {output.Stride}, {tokens.Stride}, {column}", "pass", w.Gradient(output),
                w.Gradient(tokens));
            return;
        }
        int end = column + output.Width, all = Sizes.PadToFloat4(tokens.Width);
        w.Call("copy_columns", $"{output.Width}, {output.Stride}, 0, {tokens.Stride}, {column}", "pass", w.Gradient(output),
            w.Gradient(tokens));
        if (column > 0)
        {
            w.Call("clear_columns", $"{tokens.Stride}, 0, {column}", "pass", w.Gradient(tokens));
        }
        if (end < all)
        {
            w.Call("clear_columns", $"{tokens.Stride}, {end}, {all}", "pass", w.Gradient(tokens));
        }
    }
}
