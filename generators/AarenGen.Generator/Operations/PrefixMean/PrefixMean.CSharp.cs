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
            w.Call("PrefixMean.Step", w.Row(Input), $"width: {Input.Width}", w.State(StateOffset, 1 + Input.Width), w.Row(Output));
        }
    }

    public void Forward(LayerWriter w)
    {
        w.Comment("mean of the tokens so far");
        using (w.EachSequence())
        {
            w.Call(
                "PrefixMean.Forward", w.Sequence(Input), "length", $"width: {Input.Width}", $"stride: {Input.Stride}", w.Sequence(Output),
                w.InitialState(StateOffset, 1 + Input.Width), w.FinalState(StateOffset, 1 + Input.Width));
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        using (w.EachSequence())
        {
            w.Call(
                "PrefixMean.Backward", w.SequenceGradient(Output), "length", $"width: {Input.Width}", $"stride: {Input.Stride}",
                w.SequenceGradient(Input),
                $"accumulate: {Literal.Bool(accumulates[0])}", w.InitialState(StateOffset, 1 + Input.Width));
        }
    }
}
