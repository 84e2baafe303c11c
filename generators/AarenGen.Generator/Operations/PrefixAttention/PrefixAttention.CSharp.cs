using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record PrefixAttention : ICSharpOperation, ICSharpStreaming, ICSharpScan
{
    private int GateStride => 2 * Sizes.Pad(Heads);

    private string[] Sizing => [$"width: {Output.Width}", $"heads: {Heads}"];

    public void Combine(LayerWriter w) => w.Call(
        "PrefixAttention.Combine",
        [w.StateOf("earlier", StateOffset, StateDoubles), w.StateOf("later", StateOffset, StateDoubles), .. Sizing]);

    public void Infer(LayerWriter w)
    {
        w.Comment("prefix attention: each row updates its stream's maximum, weight and numerator");
        using (w.EachRow())
        {
            w.Call("PrefixAttention.Step", [w.Row(Values), w.Row(Scores), .. Sizing, w.State(StateOffset, StateDoubles), w.Row(Output)]);
        }
    }

    public void Forward(LayerWriter w)
    {
        w.Comment("prefix attention of each sequence in gate form: attended[t] = keep * attended[t-1] + add * values[t]");
        string gates = Gates(w);
        using (w.EachSequence())
        {
            w.Call(
                "PrefixAttention.Forward",
                [w.Sequence(Values), w.Sequence(Scores), "length", .. Sizing, LayerWriter.Sequence(gates, GateStride), w.Sequence(Output),
                    w.InitialState(StateOffset, StateDoubles), w.FinalState(StateOffset, StateDoubles)]);
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment("prefix attention: the same recurrence from the end");
        string gates = Gates(w), carries = w.Memory("carries", ScratchMemory, Sizes.Pad(Output.Width) + 2 * Sizes.Pad(Heads));
        using (w.EachSequence())
        {
            w.Call(
                "PrefixAttention.Backward",
                [w.SequenceGradient(Output), w.Sequence(Values), w.Sequence(Output), LayerWriter.Sequence(gates, GateStride), "length",
                    .. Sizing, w.SequenceGradient(Values), w.SequenceGradient(Scores), carries]);
        }
    }

    private string Gates(LayerWriter w) => w.Memory("gates", GatesMemory, GateStride);
}
