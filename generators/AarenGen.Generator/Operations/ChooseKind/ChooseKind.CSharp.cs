using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record ChooseKind : ICSharpOperation
{
    public void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {string.Join(" or ", Pieces.Select(static p => p.Name))}, by the token's modality");
        for (int kind = 0; kind < Pieces.Count; kind++)
        {
            Keep(w, kind, w.Value(Pieces[kind]), w.Value(Output), accumulates: kind > 0);
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        for (int kind = 0; kind < Pieces.Count; kind++)
        {
            Keep(w, kind, w.Gradient(Output), w.Gradient(Pieces[kind]), accumulates: false);
        }
    }

    private void Keep(LayerWriter w, int kind, string from, string to, bool accumulates) => w.Call(
        "Interleaving.Keep", w.Value(Kinds), $"kindStride: {Kinds.Stride}", $"kind: {kind}", from, w.Rows, $"stride: {Output.Stride}", to,
        $"accumulate: {Literal.Bool(accumulates)}");
}
