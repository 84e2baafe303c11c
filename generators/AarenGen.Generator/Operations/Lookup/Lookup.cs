using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>The row of a table that a category names.</summary>
internal sealed partial record Lookup(int Column, Parameter Table, Value Tokens, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => 0;

    public override void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {Table.Name}[category in column {Column}]");
        w.Call("Embedding.Lookup", Tokens.Name, "rows", $"{Column}", $"{Tokens.Stride}", w.Weights(Table), $"{Output.Stride}", Output.Name);
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates) => w.Call(
        "Embedding.Backward", Output.GradientName, Tokens.Name, "rows", $"{Column}", $"{Tokens.Stride}", $"{Output.Stride}", w.Gradients(Table));
}
