using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

/// <summary>
/// o_t = Σ_i softmax_i(q_t·k_i/√P) v_i a head over the last tokens. A stream remembers how many tokens it saw, and the keys and values
/// of the last in a ring; training keeps the maximum and the sum of each head's softmax.
/// </summary>
internal sealed partial record CausalAttention(
    Value Queries, Value Keys, Value Values, Value Output, int Heads, int Context, int StatisticsMemory, int StateOffset) : Operation
{
    public override EquatableArray<Value> Inputs => new([Queries, Keys, Values]);

    /// <summary>Of a token that sees the whole context: two multiply-adds a channel and some twenty operations a score.</summary>
    public override long Flops => Context * (4L * Output.Width + 20L * Heads);

    private int StatisticsStride => 2 * Sizes.Pad(Heads);

    private string[] Sizing => [$"{Output.Width}", $"{Heads}", $"{Context}"];

    /// <summary>Floats a token that training keeps: two padded rows of a number a head; a device keeps three numbers a head, without padding.</summary>
    public static int StatisticsFloats(int heads) => Math.Max(2 * Sizes.Pad(heads), 3 * heads);

    /// <summary>The counter, and keys and values as floats, two a double.</summary>
    public static int StateDoubles(int width, int context)
    {
        // The kernel counts the floats in an int.
        _ = checked(2 * context * width);
        return 1 + context * width;
    }

    public override void Infer(LayerWriter w)
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

    public override void Forward(LayerWriter w)
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

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
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
