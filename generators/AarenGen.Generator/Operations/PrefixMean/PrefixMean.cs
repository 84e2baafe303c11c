using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>The mean of all tokens so far; a stream remembers their number and sums.</summary>
internal sealed partial record PrefixMean(Value Input, Value Output, int StateOffset) : Operation
{
    public override EquatableArray<Value> Inputs => new([Input]);

    public override long Flops => 2L * Input.Width;

    public override void Infer(LayerWriter w)
    {
        w.Comment("mean of the tokens so far");
        using (w.EachRow())
        {
            w.Call("PrefixMean.Step", LayerWriter.Row(Input), $"{Input.Width}", w.State(StateOffset, 1 + Input.Width), LayerWriter.Row(Output));
        }
    }

    public override void Forward(LayerWriter w)
    {
        w.Comment("mean of the tokens so far");
        using (w.EachSequence())
        {
            w.Call("PrefixMean.Forward", LayerWriter.Sequence(Input), "length", $"{Input.Width}", $"{Input.Stride}", LayerWriter.Sequence(Output));
        }
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        using (w.EachSequence())
        {
            w.Call(
                "PrefixMean.Backward", LayerWriter.SequenceGradient(Output), "length", $"{Input.Width}", $"{Input.Stride}",
                LayerWriter.SequenceGradient(Input), accumulates[0] ? "true" : "false");
        }
    }
}
