using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Generator.Operations;

internal sealed partial record Copy : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
        [ReferenceRows.Add(scope.Value(Input), scope.Value(Output), Input.Width)];

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) =>
        [ReferenceRows.Add(scope.Gradient(Output), scope.Gradient(Input), Input.Width)];
}
