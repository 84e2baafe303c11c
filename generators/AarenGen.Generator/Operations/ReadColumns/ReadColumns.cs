using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Some columns of the tokens.</summary>
internal sealed partial record ReadColumns(Value Tokens, int Column, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([Tokens]);

    public override long Flops => 0;

    public override void Forward(LayerWriter w) => w.Call(
        "Rows.Place", $"{Tokens.Name}.Slice({Column})", "rows", $"{Output.Width}", $"{Tokens.Stride}", Output.Name, "0", $"{Output.Stride}");

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        if (!accumulates[0])
        {
            w.Comment("columns that nobody reads have no gradient");
            w.Line($"{Tokens.GradientName}.Clear();");
        }
        w.Call("Rows.Accumulate", Output.GradientName, "rows", $"{Output.Width}", $"{Output.Stride}", Tokens.GradientName, $"{Column}", $"{Tokens.Stride}");
    }
}
