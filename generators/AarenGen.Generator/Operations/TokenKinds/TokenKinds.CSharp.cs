using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record TokenKinds : ICSharpOperation, ICSharpStreaming
{
    public void Infer(LayerWriter w)
    {
        w.Comment($"tokens are of {Count} kinds in turn");
        using (w.EachRow())
        {
            w.Line($"ref double position = ref {w.State(StateOffset, 1)}[0];");
            w.Call("Interleaving.Kinds", "1", "(long)position++", $"{Count}", $"{Output.Stride}", LayerWriter.Row(Output));
        }
    }

    public void Forward(LayerWriter w)
    {
        w.Comment($"tokens are of {Count} kinds in turn");
        using (w.EachSequence())
        {
            w.Call("Interleaving.Kinds", "length", "0", $"{Count}", $"{Output.Stride}", LayerWriter.Sequence(Output));
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
    }
}
