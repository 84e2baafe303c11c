using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

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
