using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Generator.Operations;

internal sealed partial record ShapeOutput : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
    [
        new(
            "shape_output", ThreadCount.OfRows(Output.Width),
            [scope.Value(Input), scope.Value(Output), ReferenceRoles, Output.Width, Values, Features]),
    ];

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) =>
    [
        new(
            "shape_output_gradient", ThreadCount.OfRows(Output.Width),
            [scope.Gradient(Output), scope.Value(Input), scope.Gradient(Input), ReferenceRoles, Output.Width, Values, Features]),
    ];

    private ConstantsArgument ReferenceRoles => new(new(Roles.Select(static r => (double)r)));
}
