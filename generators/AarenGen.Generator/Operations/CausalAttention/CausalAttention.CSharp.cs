using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record CausalAttention : ICSharpOperation, ICSharpStreaming
{
    private int StatisticsStride => 2 * Sizes.Pad(Heads);

    private string[] Sizing => [$"{Output.Width}", $"{Heads}", $"{Context}"];

    public void Infer(LayerWriter w)
    {
        w.Comment($"causal attention: each row takes its place in its stream's ring of {Context} keys and values");
        using (w.EachRow())
        {
            w.Call(
                "CausalAttention.Step",
                [LayerWriter.Row(Queries), LayerWriter.Row(Keys), LayerWriter.Row(Values), .. Sizing,
                w.State(StateOffset, StateDoubles(Output.Width, Context)), LayerWriter.Row(Output)]);
        }
    }

    public void Forward(LayerWriter w)
    {
        w.Comment($"causal attention of each sequence over {Context} tokens");
        w.Line($"{LayerWriter.Span} statistics = {w.Memory(StatisticsMemory, StatisticsStride)};");
        using (w.EachSequence())
        {
            w.Call(
                "CausalAttention.Forward",
                [Part(Queries.Name), Part(Keys.Name), Part(Values.Name), $"{Output.Stride}", "length", .. Sizing,
                LayerWriter.Sequence("statistics", StatisticsStride), Part(Output.Name)]);
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment("causal attention: the probabilities are computed anew");
        w.Line($"{LayerWriter.Span} statistics = {w.Memory(StatisticsMemory, StatisticsStride)};");
        using (w.EachSequence())
        {
            w.Call(
                "CausalAttention.Backward",
                [Part(Output.GradientName), Part(Queries.Name), Part(Keys.Name), Part(Values.Name), Part(Output.Name),
                LayerWriter.Sequence("statistics", StatisticsStride), $"{Output.Stride}", "length", .. Sizing,
                Part(Queries.GradientName), Part(Keys.GradientName), Part(Values.GradientName)]);
        }
    }

    private string Part(string span) => LayerWriter.Sequence(span, Output.Stride);
}
