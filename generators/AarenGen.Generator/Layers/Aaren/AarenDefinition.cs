using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>
/// [Aaren(Heads, Forget, ShortestHalfLife, LongestHalfLife, Scores, FeedForward, Repeat, Norm, Dropout, Convolution)]: prefix attention
/// of a learned query, which may forget.
/// </summary>
internal sealed class AarenDefinition : MixerDefinition
{
    private const double DefaultShortest = 1, DefaultLongest = 64;

    public override string Name => "Aaren";

    public override bool NeverForgets(ComponentDeclaration component) => !component.Flag("Forget");

    protected override Value Mix(ComponentDeclaration component, LayerBuilder layer, Value input)
    {
        int width = input.Width, heads = layer.Heads(component);
        bool isDirect = layer.Choice(component, "Scores", ["Query", "Direct"], [false, true]);
        layer.Summary = $"Aaren, {heads} heads" + (isDirect ? ", direct scores" : "");
        (double Shortest, double Longest)? halfLives = HalfLives(component, layer);

        Matrix scoring = isDirect
            ? layer.ExactMatrix("mixer.s_proj", width, heads, Initialization.Zeros) : FoldedQuery(layer, width, heads);
        Matrix? forgetting = halfLives is { } lives
            ? layer.ForgetMatrix("mixer.f_proj", width, heads, lives.Shortest, lives.Longest) : null;
        Matrix v = layer.Matrix("mixer.v_proj", width, width);

        Value values = layer.Value("values", width);
        Value scores = layer.Value("scores", heads);
        Value? forgets = forgetting is null ? null : layer.Value("forgetGates", heads);
        Value attended = layer.Value("attended", width);
        layer.Linear(v, input, values);
        layer.Linear(scoring, input, scores);
        int gates = layer.Memory(2 * Sizes.Pad(heads)), carries = layer.Memory(Sizes.Pad(width) + 2 * Sizes.Pad(heads));
        if (forgetting is null || forgets is null)
        {
            layer.Add(new PrefixAttention(values, scores, attended, heads, gates, carries, layer.State(2 * heads + width)));
            return attended;
        }
        layer.Linear(forgetting, input, forgets);
        layer.Add(new ForgettingAttention(
            values, scores, forgets, attended, heads, gates, carries, layer.State(ForgettingAttention.DoublesOf(width, heads))));
        return attended;
    }

    /// <summary>The query of all tokens, as a vector a head for the scores of a token.</summary>
    private static DerivedMatrix FoldedQuery(LayerBuilder layer, int width, int heads)
    {
        Parameter query = layer.Parameter("mixer.query", 1, width, isMatrix: false, Initialization.Normal, 1, decays: false);
        ParameterMatrix q = layer.Matrix("mixer.q_proj", width, width);
        ParameterMatrix k = layer.Matrix("mixer.k_proj", width, width);
        var folded = new DerivedMatrix("folded query", layer.Derived(heads * Sizes.Pad(width)), layer.Derived(Sizes.Pad(heads)));
        layer.Add(new FoldQuery(width, heads, query, q, k, folded));
        return folded;
    }

    /// <summary>The first and the last head's half-life; null where the layer does not forget.</summary>
    private static (double Shortest, double Longest)? HalfLives(ComponentDeclaration component, LayerBuilder layer)
    {
        if (!component.Flag("Forget"))
        {
            foreach (string argument in ((string[])["ShortestHalfLife", "LongestHalfLife"]).Where(component.Has))
            {
                layer.Diagnostics.Add(DiagnosticInfo.At(
                    layer.Diagnostics.LocationOf(component, argument), DiagnosticDescriptors.HalfLifeWithoutForget, argument,
                    component.Name));
            }
            return null;
        }
        double shortest = layer.Diagnostics.InRange(
            component, "ShortestHalfLife", Limits.MinHalfLife, Limits.MaxHalfLife, DefaultShortest);
        double longest = layer.Diagnostics.InRange(
            component, "LongestHalfLife", shortest, Limits.MaxHalfLife, Math.Max(shortest, DefaultLongest));
        layer.Summary += FormattableString.Invariant($", forgets (half-lives {shortest:R} to {longest:R})");
        return (shortest, longest);
    }
}
