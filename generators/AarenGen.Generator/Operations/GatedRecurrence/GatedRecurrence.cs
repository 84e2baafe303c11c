using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>
/// h_t = keep_t h_{t−1} + add_t g(c_t) a channel, the gates from the token alone. Mixer is the prefix of the kernel's methods. A stream
/// remembers h in double; the way back needs only inputs and outputs.
/// </summary>
internal sealed partial record GatedRecurrence(string Mixer, EquatableArray<Value> Gates, Value Candidates, Value Output, int StateOffset) : Operation
{
    public override EquatableArray<Value> Inputs => new([.. Gates, Candidates]);

    public override long Flops => (20L * Inputs.Count + 3) * Output.Width;

    public override void Infer(LayerWriter w)
    {
        w.Comment("gated recurrence: each row updates what its stream remembers");
        using (w.EachRow())
        {
            w.Call(
                $"GatedRecurrence.{Mixer}Step",
                [.. Inputs.Select(LayerWriter.Row), $"{Output.Width}", w.State(StateOffset, Output.Width), LayerWriter.Row(Output)]);
        }
    }

    public override void Forward(LayerWriter w)
    {
        w.Comment("gated recurrence of each sequence");
        using (w.EachSequence())
        {
            w.Call(
                $"GatedRecurrence.{Mixer}Forward",
                [.. Inputs.Select(v => Part(v.Name)), "length", $"{Output.Width}", Part(Output.Name)]);
        }
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
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
