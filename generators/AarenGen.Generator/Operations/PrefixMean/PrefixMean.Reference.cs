using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Generator.Operations;

internal sealed partial record PrefixMean : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
        [new("prefix_mean", ThreadCount.OfSequences(Input.Width), [scope.Value(Input), scope.Value(Output), Input.Width])];

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) =>
    [
        new(
            "prefix_mean_gradient", ThreadCount.OfSequences(Input.Width),
            [scope.Gradient(Output), scope.Gradient(Input), Input.Width]),
    ];
}
