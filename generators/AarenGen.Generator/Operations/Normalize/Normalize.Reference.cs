using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Generator.Operations;

internal sealed partial record Normalize : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
    [
        new("row_statistics", ThreadCount.OfRows(1), [scope.Value(Input), ReferenceStatistics(scope), Input.Width]),
        new(
            "normalize", ThreadCount.OfRows(Input.Width),
            [scope.Value(Input), ReferenceStatistics(scope), scope.Weights(Scale), scope.Weights(Shift), scope.Value(Output), Input.Width]),
    ];

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) =>
    [
        new(
            "normalize_gradient", ThreadCount.OfRows(Input.Width),
            [
                scope.Gradient(Output), scope.Value(Input), ReferenceStatistics(scope), scope.Weights(Scale), scope.Gradient(Input),
                Input.Width,
            ]),
        new(
            "normalize_weight_gradient", ThreadCount.Of(Input.Width),
            [
                scope.Gradient(Output), scope.Value(Input), ReferenceStatistics(scope), scope.WeightGradients(Scale),
                scope.WeightGradients(Shift), Input.Width,
            ]),
    ];

    private BufferArgument ReferenceStatistics(ReferenceScope scope) => scope.Kept(Output, "statistics", 2);
}
