using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Lookup : ICSharpOperation
{
    public void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {Table.Name}[category in column {Column}]");
        w.Call("Embedding.Lookup", Tokens.Name, "rows", $"{Column}", $"{Tokens.Stride}", w.Weights(Table), $"{Output.Stride}", Output.Name);
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates) => w.Call(
        "Embedding.Backward", Output.GradientName, Tokens.Name, "rows", $"{Column}", $"{Tokens.Stride}", $"{Output.Stride}", w.Gradients(Table));
}
