using AarenGen.Generator.Lowering.Reference;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record CausalAttention : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope)
    {
        EquatableArray<ReferenceArgument> arguments =
        [
            scope.Value(Queries), scope.Value(Keys), scope.Value(Values), ReferenceProbabilities(scope), scope.Value(Output),
            Output.Width, Heads, Context,
        ];
        return
        [
            new("causal_attention_probabilities", ThreadCount.OfRows(Heads), arguments),
            new("causal_attention", ThreadCount.OfRows(Output.Width), arguments),
        ];
    }

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope)
    {
        EquatableArray<ReferenceArgument> arguments =
        [
            scope.Gradient(Output), scope.Value(Queries), scope.Value(Keys), scope.Value(Values), ReferenceProbabilities(scope),
            ReferenceScope.GradientOf(ReferenceProbabilities(scope)), scope.Gradient(Queries), scope.Gradient(Keys),
            scope.Gradient(Values), Output.Width, Heads, Context,
        ];
        return
        [
            new("causal_attention_score_gradient", ThreadCount.OfRows(Heads), arguments),
            new("causal_attention_query_gradient", ThreadCount.OfRows(Output.Width), arguments),
            new("causal_attention_key_value_gradient", ThreadCount.OfRows(Output.Width), arguments),
        ];
    }

    private BufferArgument ReferenceProbabilities(ReferenceScope scope) => scope.Kept(Output, "probabilities", Heads * Context);
}
