using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record PrefixMean : ICSharpOperation, ICSharpStreaming
{
    public void Infer(LayerWriter w)
    {
        w.Comment("mean of the tokens so far");
        using (w.EachRow())
        {
            w.Call("PrefixMean.Step", LayerWriter.Row(Input), $"{Input.Width}", w.State(StateOffset, 1 + Input.Width), LayerWriter.Row(Output));
        }
    }

    public void Forward(LayerWriter w)
    {
        w.Comment("mean of the tokens so far");
        using (w.EachSequence())
        {
            w.Call("PrefixMean.Forward", LayerWriter.Sequence(Input), "length", $"{Input.Width}", $"{Input.Stride}", LayerWriter.Sequence(Output));
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        using (w.EachSequence())
        {
            w.Call(
                "PrefixMean.Backward", LayerWriter.SequenceGradient(Output), "length", $"{Input.Width}", $"{Input.Stride}",
                LayerWriter.SequenceGradient(Input), accumulates[0] ? "true" : "false");
        }
    }
}
