using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Generator.Operations;

internal sealed partial record Sum : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
        Pieces.Select(p => ReferenceRows.Add(scope.Value(p), scope.Value(Output), Output.Width));

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) =>
        Pieces.Select(p => ReferenceRows.Add(scope.Gradient(Output), scope.Gradient(p), Output.Width));
}
