using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>Of each row, the piece of its kind.</summary>
internal sealed partial record ChooseKind(Value Kinds, EquatableArray<Value> Pieces, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => Pieces;

    public override long Flops => 0;

    public override void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {string.Join(" or ", Pieces.Select(static p => p.Name))}, by the token's kind");
        for (int kind = 0; kind < Pieces.Count; kind++)
        {
            w.Call(
                "Interleaving.Keep", Kinds.Name, $"{Kinds.Stride}", $"{kind}", Pieces[kind].Name, "rows", $"{Output.Stride}", Output.Name,
                kind == 0 ? "accumulate: false" : "accumulate: true");
        }
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        for (int kind = 0; kind < Pieces.Count; kind++)
        {
            w.Call(
                "Interleaving.Keep", Kinds.Name, $"{Kinds.Stride}", $"{kind}", Output.GradientName, "rows", $"{Output.Stride}", Pieces[kind].GradientName,
                "accumulate: false");
        }
    }
}
