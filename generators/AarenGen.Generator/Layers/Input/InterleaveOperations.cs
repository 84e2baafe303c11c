using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Layers.Input;

/// <summary>Which of the kinds, in their fixed cycle, each token is; a stream remembers its position.</summary>
internal sealed partial record TokenKinds(Value Output, int Count, int StateOffset) : Operation
{
    public override EquatableArray<Value> Inputs => new([]);

    public override long Flops => 0;

    public override void Infer(LayerWriter w)
    {
        w.Comment($"tokens are of {Count} kinds in turn");
        using (w.EachRow())
        {
            w.Line($"ref double position = ref {w.State(StateOffset, 1)}[0];");
            w.Call("Interleaving.Kinds", "1", "(long)position++", $"{Count}", $"{Output.Stride}", LayerWriter.Row(Output));
        }
    }

    public override void Forward(LayerWriter w)
    {
        w.Comment($"tokens are of {Count} kinds in turn");
        using (w.EachSequence())
        {
            w.Call("Interleaving.Kinds", "length", "0", $"{Count}", $"{Output.Stride}", LayerWriter.Sequence(Output));
        }
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
    }
}

/// <summary>The tokens of a kind, zero in the rows of others.</summary>
internal sealed partial record KeepKind(Value Kinds, int Kind, Value Input, Value Output) : Operation
{
    public override EquatableArray<Value> Inputs => new([Input]);

    public override long Flops => 0;

    public override void Forward(LayerWriter w) => w.Call(
        "Interleaving.Keep", Kinds.Name, $"{Kinds.Stride}", $"{Kind}", Input.Name, "rows", $"{Input.Stride}", Output.Name, "accumulate: false");

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates) => w.Call(
        "Interleaving.Keep", Kinds.Name, $"{Kinds.Stride}", $"{Kind}", Output.GradientName, "rows", $"{Input.Stride}", Input.GradientName,
        accumulates[0] ? "accumulate: true" : "accumulate: false");
}

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
