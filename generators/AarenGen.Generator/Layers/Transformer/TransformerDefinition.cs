using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>[Transformer(Heads, Context, FeedForward, Repeat, Norm, Dropout)]: causal attention over the last tokens.</summary>
internal sealed class TransformerDefinition : MixerDefinition
{
    private const int DefaultContext = 512;

    public override string Name => "Transformer";

    protected override Value Mix(ComponentDeclaration component, LayerBuilder layer, Value input)
    {
        int width = input.Width, heads = layer.Heads(component);
        int context = component.Has("Context") ? layer.InRange(component, "Context", 1, Limits.Context) : DefaultContext;
        layer.Summary = $"Transformer, {heads} heads, context {context}";
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
