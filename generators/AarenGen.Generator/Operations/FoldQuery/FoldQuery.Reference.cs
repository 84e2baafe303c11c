using AarenGen.Generator.Lowering.Reference;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record FoldQuery : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope)
    {
        EquatableArray<ReferenceArgument> arguments =
        [
            scope.Weights(Query), scope.Weights(Q.Values), scope.Weights(Q.Offsets), scope.Weights(K.Values), scope.Weights(K.Offsets),
            ReferenceQuery(scope), scope.Derived(Folded.Values), scope.Derived(Folded.Offsets), Width, Heads, Sizes.Pad(Width),
        ];
        return
        [
            new("project_query", ThreadCount.Of(Width), arguments),
            new("fold_query", ThreadCount.Of(Heads * Width), arguments),
            new("fold_query_bias", ThreadCount.Of(Heads), arguments),
        ];
    }

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope)
    {
        EquatableArray<ReferenceArgument> arguments =
        [
            scope.Weights(Query), scope.Weights(Q.Values), scope.Weights(K.Values), scope.Weights(K.Offsets), ReferenceQuery(scope),
            ReferenceScope.GradientOfWeights(scope.Derived(Folded.Values)),
            ReferenceScope.GradientOfWeights(scope.Derived(Folded.Offsets)),
            scope.WeightGradients(Query), scope.WeightGradients(Q.Values), scope.WeightGradients(Q.Offsets),
            scope.WeightGradients(K.Values), scope.WeightGradients(K.Offsets), Width, Heads, Sizes.Pad(Width),
        ];
        return
        [
            new("fold_query_gradient", ThreadCount.Of(Width), arguments),
            new("folded_query_gradient", ThreadCount.Of(Width), arguments),
        ];
    }

    /// <summary>The projected query.</summary>
    private BufferArgument ReferenceQuery(ReferenceScope scope) => scope.Work(Query.Name, Width);
}
