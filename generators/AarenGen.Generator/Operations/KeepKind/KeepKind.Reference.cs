using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Generator.Operations;

internal sealed partial record KeepKind : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
        [TokenKinds.ReferenceAdd(scope.Value(Kinds), Kind, scope.Value(Input), scope.Value(Output), Input.Width)];

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) =>
        [TokenKinds.ReferenceAdd(scope.Value(Kinds), Kind, scope.Gradient(Output), scope.Gradient(Input), Input.Width)];
}
