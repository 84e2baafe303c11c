using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Lookup : ICSharpOperation
{
    public void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {Table.Name}[category in column {Column}]");
        w.Call(
            "Embedding.Lookup", w.Value(Tokens), w.Rows, $"column: {Column}", $"tokenStride: {Tokens.Stride}", w.Weights(Table),
            $"stride: {Output.Stride}",
            w.Value(Output));
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates) => w.Call(
        "Embedding.Backward", w.Gradient(Output), w.Value(Tokens), w.Rows, $"column: {Column}", $"tokenStride: {Tokens.Stride}",
        $"stride: {Output.Stride}",
        w.Gradients(Table));
}
