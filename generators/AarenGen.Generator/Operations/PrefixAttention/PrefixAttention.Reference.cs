using AarenGen.Generator.Lowering.Reference;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record PrefixAttention : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope)
    {
        EquatableArray<ReferenceArgument> arguments =
            [scope.Value(Values), scope.Value(Scores), ReferenceLogSums(scope), scope.Value(Output), Output.Width, Heads];
        return
        [
            new("prefix_attention_sums", ThreadCount.OfRows(Heads), arguments),
            new("prefix_attention", ThreadCount.OfRows(Output.Width), arguments),
        ];
    }

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope)
    {
        EquatableArray<ReferenceArgument> arguments =
        [
            scope.Gradient(Output), scope.Value(Values), scope.Value(Scores), ReferenceLogSums(scope), scope.Value(Output),
            scope.Gradient(Values), scope.Gradient(Scores), Output.Width, Heads,
        ];
        return
        [
            new("prefix_attention_value_gradient", ThreadCount.OfRows(Output.Width), arguments),
            new("prefix_attention_score_gradient", ThreadCount.OfRows(Heads), arguments),
        ];
    }

    private BufferArgument ReferenceLogSums(ReferenceScope scope) => scope.Kept(Output, "log sums", Heads);
}
