using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Layers.Aaren;

/// <summary>
/// o_t = Σ_{i≤t} softmax_{i≤t}(s_i) v_i a head, as a recurrence. A stream remembers, in double, each head's maximum and weight and
/// each channel's numerator; training keeps the two gates a head.
/// </summary>
internal sealed record PrefixAttention(
    Value Values, Value Scores, Value Output, int Heads, int GatesMemory, int ScratchMemory, int StateOffset) : Operation
{
    private const string SequenceLoop = "for (int first = 0, sequence = 0; sequence < pass.SequenceEnds.Length; first = pass.SequenceEnds[sequence++])";

    public override EquatableArray<Value> Inputs => new([Values, Scores]);

    public override long Flops => 3L * Output.Width + 12L * Heads;

    private int GateStride => 2 * Sizes.Pad(Heads);

    public override void Infer(LayerWriter w)
    {
        w.Comment("prefix attention: each row updates its stream's maximum, weight and numerator");
        using (w.Open("for (int row = 0; row < rows; row++)"))
        {
            w.Call(
                "PrefixAttention.Step", Row(Values.Name, Values), Row(Scores.Name, Scores), $"{Output.Width}", $"{Heads}",
                w.State(StateOffset, 2 * Heads + Output.Width), Row(Output.Name, Output));
        }
    }

    public override void Forward(LayerWriter w)
    {
        w.Comment("prefix attention of each sequence in gate form: attended[t] = keep * attended[t-1] + add * values[t]");
        w.Line($"{LayerWriter.Span} gates = {w.Memory(GatesMemory, GateStride)};");
        using (w.Open(SequenceLoop))
        {
            w.Line("int length = pass.SequenceEnds[sequence] - first;");
            w.Call(
                "PrefixAttention.Forward", Part(Values.Name, Values.Stride), $"{Values.Stride}", Part(Scores.Name, Scores.Stride), $"{Scores.Stride}",
                "length", $"{Output.Width}", $"{Heads}", Part("gates", GateStride), Part(Output.Name, Output.Stride), $"{Output.Stride}");
        }
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment("prefix attention: the same recurrence from the end");
        w.Line($"{LayerWriter.Span} gates = {w.Memory(GatesMemory, GateStride)};");
        w.Line($"{LayerWriter.Span} carries = {w.Memory(ScratchMemory, Sizes.Pad(Output.Width) + 2 * Sizes.Pad(Heads))};");
        using (w.Open(SequenceLoop))
        {
            w.Line("int length = pass.SequenceEnds[sequence] - first;");
            w.Call(
                "PrefixAttention.Backward", Part(Output.GradientName, Output.Stride), $"{Output.Stride}",
                Part(Values.Name, Values.Stride), $"{Values.Stride}", Part(Output.Name, Output.Stride), Part("gates", GateStride),
                "length", $"{Output.Width}", $"{Heads}", Part(Values.GradientName, Values.Stride),
                Part(Scores.GradientName, Scores.Stride), $"{Scores.Stride}", "carries");
        }
    }

    private static string Row(string span, Value value) => $"{span}.Slice(row * {value.Stride}, {value.Stride})";

    private static string Part(string span, int stride) => $"{span}.Slice(first * {stride}, length * {stride})";
}
