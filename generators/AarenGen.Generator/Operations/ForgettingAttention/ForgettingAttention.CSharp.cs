using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record ForgettingAttention : ICSharpOperation, ICSharpStreaming, ICSharpScan
{
    private int GateStride => 2 * Sizes.Pad(Heads);

    private string[] Sizing => [$"width: {Output.Width}", $"heads: {Heads}"];

    public void Combine(LayerWriter w) => w.Call(
        "ForgettingAttention.Combine",
        [w.StateOf("earlier", StateOffset, StateDoubles), w.StateOf("later", StateOffset, StateDoubles), .. Sizing]);

    public void Infer(LayerWriter w)
    {
        w.Comment("prefix attention that forgets: each row updates its stream's maximum, weight and output");
        using (w.EachRow())
        {
            w.Call(
                "ForgettingAttention.Step",
                [w.Row(Values), w.Row(Scores), w.Row(Forgets), .. Sizing, w.State(StateOffset, StateDoubles), w.Row(Output)]);
        }
    }

    public void Forward(LayerWriter w)
    {
        w.Comment("prefix attention that forgets, in gate form: attended[t] = attended[t-1] + add * (values[t] - attended[t-1])");
        string gates = Gates(w);
        using (w.EachSequence())
        {
            w.Call(
                "ForgettingAttention.Forward",
                [w.Sequence(Values), w.Sequence(Scores), w.Sequence(Forgets), "length", .. Sizing,
                    LayerWriter.Sequence(gates, GateStride), w.Sequence(Output), w.InitialState(StateOffset, StateDoubles),
                    w.FinalState(StateOffset, StateDoubles)]);
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment("prefix attention: the same recurrence from the end; the forget gates' gradient is a sum of the scores'");
        string gates = Gates(w), carries = w.Memory("carries", ScratchMemory, Sizes.Pad(Output.Width) + 2 * Sizes.Pad(Heads));
        using (w.EachSequence())
        {
            w.Call(
                "PrefixAttention.Backward",
                [w.SequenceGradient(Output), w.Sequence(Values), w.Sequence(Output), LayerWriter.Sequence(gates, GateStride), "length",
                    .. Sizing, w.SequenceGradient(Values), w.SequenceGradient(Scores), carries]);
            w.Call(
                "ForgettingAttention.ForgetBackward",
                w.SequenceGradient(Scores), w.Sequence(Forgets), "length", $"heads: {Heads}", w.SequenceGradient(Forgets),
                w.InitialState(StateOffset, StateDoubles));
        }
    }

    private string Gates(LayerWriter w) => w.Memory("gates", GatesMemory, GateStride);
}
