using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record KeepKind : ICSharpOperation
{
    public void Forward(LayerWriter w) => Print(w, w.Value(Input), w.Value(Output), accumulates: false);

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates) =>
        Print(w, w.Gradient(Output), w.Gradient(Input), accumulates[0]);

    private void Print(LayerWriter w, string from, string to, bool accumulates) => w.Call(
        "Interleaving.Keep", w.Value(Kinds), $"kindStride: {Kinds.Stride}", $"kind: {Kind}", from, w.Rows, $"stride: {Input.Stride}", to,
        $"accumulate: {Literal.Bool(accumulates)}");
}
