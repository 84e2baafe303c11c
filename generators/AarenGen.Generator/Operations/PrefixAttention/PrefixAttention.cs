using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>
/// o_t = Σ_{i≤t} softmax_{i≤t}(s_i) v_i a head, as a recurrence. A stream remembers, in double, each head's maximum and weight and
/// each channel's numerator; training keeps the two gates a head.
/// </summary>
internal sealed partial record PrefixAttention(
    Value Values, Value Scores, Value Output, int Heads, int GatesMemory, int ScratchMemory, int StateOffset) : AssociativeRecurrence
{
    public override EquatableArray<Value> Inputs => new([Values, Scores]);

    public override long Flops => 3L * Output.Width + 12L * Heads;

    public override Value Output { get; init; } = Output;

    private int GateStride => 2 * Sizes.Pad(Heads);

    public override int StateDoubles => 2 * Heads + Output.Width;

    public override void Combine(LayerWriter w) => w.Call(
        "PrefixAttention.Combine", w.StateOf("earlier", StateOffset, StateDoubles), w.StateOf("later", StateOffset, StateDoubles), $"{Output.Width}", $"{Heads}");

    public override void Infer(LayerWriter w)
    {
        w.Comment("prefix attention: each row updates its stream's maximum, weight and numerator");
        using (w.EachRow())
        {
            w.Call(
                "PrefixAttention.Step", LayerWriter.Row(Values), LayerWriter.Row(Scores), $"{Output.Width}", $"{Heads}",
                w.State(StateOffset, StateDoubles), LayerWriter.Row(Output));
        }
    }

    public override void Forward(LayerWriter w)
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

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
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
