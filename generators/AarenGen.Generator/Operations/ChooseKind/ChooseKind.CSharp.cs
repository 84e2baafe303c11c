using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record ChooseKind : ICSharpOperation
{
    public void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {string.Join(" or ", Pieces.Select(static p => p.Name))}, by the token's kind");
        for (int kind = 0; kind < Pieces.Count; kind++)
        {
            w.Call(
                "Interleaving.Keep", Kinds.Name, $"{Kinds.Stride}", $"{kind}", Pieces[kind].Name, "rows", $"{Output.Stride}", Output.Name,
                kind == 0 ? "accumulate: false" : "accumulate: true");
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        for (int kind = 0; kind < Pieces.Count; kind++)
        {
            w.Call(
                "Interleaving.Keep", Kinds.Name, $"{Kinds.Stride}", $"{kind}", Output.GradientName, "rows", $"{Output.Stride}", Pieces[kind].GradientName,
                "accumulate: false");
        }
    }
}
