using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record CausalAttention : ICSharpOperation, ICSharpStreaming
{
    private int StatisticsStride => 2 * Sizes.Pad(Heads);

    private string[] Sizing => [$"width: {Output.Width}", $"heads: {Heads}", $"context: {Context}"];

    public void Infer(LayerWriter w)
    {
        w.Comment($"causal attention: each row enters its stream's ring of {Context} keys and values");
        using (w.EachRow())
        {
            w.Call(
                "CausalAttention.Step",
                [w.Row(Queries), w.Row(Keys), w.Row(Values), .. Sizing,
                    w.State(StateOffset, StateDoubles(Output.Width, Context)), w.Row(Output)]);
        }
    }

    public void Forward(LayerWriter w)
    {
        w.Comment($"causal attention of each sequence over {Context} tokens");
        string statistics = Statistics(w);
        using (w.EachSequence())
        {
            w.Call(
                "CausalAttention.Forward",
                [w.Sequence(Queries), w.Sequence(Keys), w.Sequence(Values), $"stride: {Output.Stride}", "length", .. Sizing,
                LayerWriter.Sequence(statistics, StatisticsStride), w.Sequence(Output),
                w.InitialState(StateOffset, StateDoubles(Output.Width, Context)),
                w.FinalState(StateOffset, StateDoubles(Output.Width, Context))]);
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment("causal attention: the probabilities are recomputed");
        string statistics = Statistics(w);
        using (w.EachSequence())
        {
            w.Call(
                "CausalAttention.Backward",
                [w.SequenceGradient(Output), w.Sequence(Queries), w.Sequence(Keys), w.Sequence(Values), w.Sequence(Output),
                LayerWriter.Sequence(statistics, StatisticsStride), $"stride: {Output.Stride}", "length", .. Sizing,
                w.SequenceGradient(Queries), w.SequenceGradient(Keys), w.SequenceGradient(Values),
                w.InitialState(StateOffset, StateDoubles(Output.Width, Context))]);
        }
    }

    private string Statistics(LayerWriter w) => w.Memory("statistics", StatisticsMemory, StatisticsStride);
}
