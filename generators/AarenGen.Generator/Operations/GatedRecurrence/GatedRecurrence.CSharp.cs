using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record GatedRecurrence : ICSharpOperation, ICSharpStreaming
{
    public void Infer(LayerWriter w)
    {
        w.Comment("gated recurrence: each row updates what its stream remembers");
        using (w.EachRow())
        {
            w.Call(
                $"GatedRecurrence.{Mixer}Step",
                [.. Inputs.Select(LayerWriter.Row), $"{Output.Width}", w.State(StateOffset, Output.Width), LayerWriter.Row(Output)]);
        }
    }

    public void Forward(LayerWriter w)
    {
        w.Comment("gated recurrence of each sequence");
        using (w.EachSequence())
        {
            w.Call(
                $"GatedRecurrence.{Mixer}Forward",
                [.. Inputs.Select(v => Part(v.Name)), "length", $"{Output.Width}", Part(Output.Name)]);
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment("gated recurrence: the same from the end");
        using (w.EachSequence())
        {
            w.Call(
                $"GatedRecurrence.{Mixer}Backward",
                [Part(Output.GradientName), .. Inputs.Select(v => Part(v.Name)), Part(Output.Name), "length", $"{Output.Width}",
                .. Inputs.Select(v => Part(v.GradientName))]);
        }
    }

    private string Part(string span) => LayerWriter.Sequence(span, Output.Stride);
}
