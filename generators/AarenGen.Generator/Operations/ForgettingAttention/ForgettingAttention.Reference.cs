using AarenGen.Generator.Lowering.Reference;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record ForgettingAttention : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope)
    {
        EquatableArray<ReferenceArgument> arguments =
        [
            scope.Value(Values), scope.Value(Scores), scope.Value(Forgets), ReferenceLogSums(scope), scope.Value(Output), Output.Width,
            Heads,
        ];
        return
        [
            new("forgetting_attention_sums", ThreadCount.OfRows(Heads), arguments),
            new("forgetting_attention", ThreadCount.OfRows(Output.Width), arguments),
        ];
    }

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope)
    {
        EquatableArray<ReferenceArgument> arguments =
        [
            scope.Gradient(Output), scope.Value(Values), scope.Value(Scores), scope.Value(Forgets), ReferenceLogSums(scope),
            scope.Value(Output), scope.Gradient(Values), scope.Gradient(Scores), scope.Gradient(Forgets), Output.Width, Heads,
        ];
        return
        [
            new("forgetting_attention_value_gradient", ThreadCount.OfRows(Output.Width), arguments),
            new("forgetting_attention_score_gradient", ThreadCount.OfRows(Heads), arguments),
            new("forgetting_attention_gate_gradient", ThreadCount.OfRows(Heads), arguments),
        ];
    }

    private BufferArgument ReferenceLogSums(ReferenceScope scope) => scope.Kept(Output, "log sums", Heads);
}
