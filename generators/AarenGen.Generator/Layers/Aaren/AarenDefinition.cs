using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>[Aaren(Heads, FeedForward, Repeat, Norm, Dropout)]: prefix attention of a learned query.</summary>
internal sealed class AarenDefinition : MixerDefinition
{
    public override string Name => "Aaren";

    protected override Value Mix(ComponentDeclaration component, LayerBuilder layer, Value input)
    {
        int width = input.Width, heads = layer.Heads(component);
        layer.Summary = $"Aaren, {heads} heads";
        Parameter query = layer.Parameter("mixer.query", 1, width, isMatrix: false, Initialization.Normal, 1, decays: false);
        ParameterMatrix q = layer.Matrix("mixer.q_proj", width, width);
        ParameterMatrix k = layer.Matrix("mixer.k_proj", width, width);
        ParameterMatrix v = layer.Matrix("mixer.v_proj", width, width);

        Value values = layer.Value("values", width);
        Value scores = layer.Value("scores", heads);
        Value attended = layer.Value("attended", width);
        var folded = new DerivedMatrix("folded query", layer.Derived(heads * Sizes.Pad(width)), layer.Derived(Sizes.Pad(heads)));
        layer.Add(new FoldQuery(width, heads, query, q, k, folded));
        layer.Linear(v, input, values);
        layer.Linear(folded, input, scores);
        layer.Add(new PrefixAttention(
            values, scores, attended, heads,
            GatesMemory: layer.Memory(2 * Sizes.Pad(heads)),
            ScratchMemory: layer.Memory(Sizes.Pad(width) + 2 * Sizes.Pad(heads)),
            StateOffset: layer.State(2 * heads + width)));
        return attended;
    }
}
