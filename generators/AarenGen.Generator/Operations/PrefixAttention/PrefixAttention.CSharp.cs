using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record PrefixAttention : ICSharpOperation, ICSharpStreaming, ICSharpScan
{
    private int GateStride => 2 * Sizes.Pad(Heads);

    public void Combine(LayerWriter w) => w.Call(
        "PrefixAttention.Combine", w.StateOf("earlier", StateOffset, StateDoubles), w.StateOf("later", StateOffset, StateDoubles), $"{Output.Width}", $"{Heads}");

    public void Infer(LayerWriter w)
    {
        w.Comment("prefix attention: each row updates its stream's maximum, weight and numerator");
        using (w.EachRow())
        {
            w.Call(
                "PrefixAttention.Step", LayerWriter.Row(Values), LayerWriter.Row(Scores), $"{Output.Width}", $"{Heads}",
                w.State(StateOffset, StateDoubles), LayerWriter.Row(Output));
        }
    }

    public void Forward(LayerWriter w)
    {
        w.Comment("prefix attention of each sequence in gate form: attended[t] = keep * attended[t-1] + add * values[t]");
        w.Line($"{LayerWriter.Span} gates = {w.Memory(GatesMemory, GateStride)};");
        using (w.EachSequence())
        {
            w.Call(
                "PrefixAttention.Forward", LayerWriter.Sequence(Values), $"{Values.Stride}", LayerWriter.Sequence(Scores), $"{Scores.Stride}",
                "length", $"{Output.Width}", $"{Heads}", LayerWriter.Sequence("gates", GateStride), LayerWriter.Sequence(Output), $"{Output.Stride}");
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment("prefix attention: the same recurrence from the end");
        w.Line($"{LayerWriter.Span} gates = {w.Memory(GatesMemory, GateStride)};");
        w.Line($"{LayerWriter.Span} carries = {w.Memory(ScratchMemory, Sizes.Pad(Output.Width) + 2 * Sizes.Pad(Heads))};");
        using (w.EachSequence())
        {
            w.Call(
                "PrefixAttention.Backward", LayerWriter.SequenceGradient(Output), $"{Output.Stride}",
                LayerWriter.Sequence(Values), $"{Values.Stride}", LayerWriter.Sequence(Output), LayerWriter.Sequence("gates", GateStride),
                "length", $"{Output.Width}", $"{Heads}", LayerWriter.SequenceGradient(Values),
                LayerWriter.SequenceGradient(Scores), $"{Scores.Stride}", "carries");
        }
    }
}
