using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>
/// [Transformer(Heads, Context, FeedForward, Repeat, Norm, Dropout)]: the residual block with causal attention over the last tokens.
/// </summary>
internal sealed class TransformerDefinition : LayerDefinition
{
    private const int DefaultContext = 512;

    public override string Name => "Transformer";

    public override bool IsBlock => true;

    public override int Repeat(ComponentDeclaration component, DiagnosticBag diagnostics) => ResidualBlock.Repeat(component, diagnostics);

    public override void Plan(ComponentDeclaration component, LayerBuilder layer)
    {
        int heads = layer.Heads(component);
        int context = component.Has("Context") ? layer.InRange(component, "Context", 1, Limits.Context) : DefaultContext;
        ResidualBlock.Plan(
            component, layer, $"Transformer, {heads} heads, context {context}", input => Mix(layer, heads, context, input));
    }

    private static Value Mix(LayerBuilder layer, int heads, int context, Value input)
    {
        int width = input.Width;
        Value queries = layer.Value("queries", width);
        Value keys = layer.Value("keys", width);
        Value values = layer.Value("values", width);
        Value attended = layer.Value("attended", width);
        layer.Linear("mixer.q_proj", input, queries);
        layer.Linear("mixer.k_proj", input, keys);
        layer.Linear("mixer.v_proj", input, values);
        layer.Add(new CausalAttention(
            queries, keys, values, attended, heads, context,
            StatisticsMemory: layer.Memory(CausalAttention.StatisticsFloats(heads)),
            StateOffset: layer.State(CausalAttention.StateDoubles(width, context))));
        return attended;
    }
}
