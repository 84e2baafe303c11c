using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record GatedRecurrence : ICSharpOperation, ICSharpStreaming
{
    public void Infer(LayerWriter w)
    {
        w.Comment("gated recurrence: each row updates its stream's state");
        using (w.EachRow())
        {
            w.Call(
                $"GatedRecurrence.{Mixer}Step",
                [.. Inputs.Select(w.Row), $"width: {Output.Width}", w.State(StateOffset, Output.Width), w.Row(Output)]);
        }
    }

    public void Forward(LayerWriter w)
    {
        w.Comment("gated recurrence of each sequence");
        using (w.EachSequence())
        {
            w.Call(
                $"GatedRecurrence.{Mixer}Forward",
                [.. Inputs.Select(w.Sequence), "length", $"width: {Output.Width}", w.Sequence(Output),
                    w.InitialState(StateOffset, Output.Width), w.FinalState(StateOffset, Output.Width)]);
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment("gated recurrence, from the end");
        using (w.EachSequence())
        {
            w.Call(
                $"GatedRecurrence.{Mixer}Backward",
                [w.SequenceGradient(Output), .. Inputs.Select(w.Sequence), w.Sequence(Output), "length", $"width: {Output.Width}",
                .. Inputs.Select(w.SequenceGradient), w.InitialState(StateOffset, Output.Width)]);
        }
    }
}
