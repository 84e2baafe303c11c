using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record TokenKinds : ICSharpOperation, ICSharpStreaming
{
    public void Infer(LayerWriter w)
    {
        w.Comment($"tokens of {Count} modalities, interleaved");
        using (w.EachRow())
        {
            w.Line($"ref double position = ref {w.State(StateOffset, 1)}[0];");
            w.Call("Interleaving.Kinds", "rows: 1", "(long)position++", $"count: {Count}", $"stride: {Output.Stride}", w.Row(Output));
        }
    }

    public void Forward(LayerWriter w)
    {
        w.Comment($"tokens of {Count} modalities, interleaved");
        using (w.EachSequence())
        {
            w.Call(
                "Interleaving.Kinds", "length", w.FirstPosition(StateOffset), $"count: {Count}", $"stride: {Output.Stride}",
                w.Sequence(Output));
            w.CountPositions(StateOffset);
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
    }
}
