using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record KeepKind : ICSharpOperation
{
    public void Forward(LayerWriter w) => w.Call(
        "Interleaving.Keep", Kinds.Name, $"{Kinds.Stride}", $"{Kind}", Input.Name, "rows", $"{Input.Stride}", Output.Name, "accumulate: false");

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates) => w.Call(
        "Interleaving.Keep", Kinds.Name, $"{Kinds.Stride}", $"{Kind}", Output.GradientName, "rows", $"{Input.Stride}", Input.GradientName,
        accumulates[0] ? "accumulate: true" : "accumulate: false");
}
