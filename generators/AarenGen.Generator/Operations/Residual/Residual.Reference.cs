using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Generator.Operations;

internal sealed partial record Residual : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
    [
        ReferenceRows.Add(scope.Value(Stream), scope.Value(Output), Output.Width),
        ReferenceRows.Add(scope.Value(Branch), scope.Value(Output), Output.Width),
    ];

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) =>
    [
        ReferenceRows.Add(scope.Gradient(Output), scope.Gradient(Stream), Output.Width),
        ReferenceRows.Add(scope.Gradient(Output), scope.Gradient(Branch), Output.Width),
    ];
}
