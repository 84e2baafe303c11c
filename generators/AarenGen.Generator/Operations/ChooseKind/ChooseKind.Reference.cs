using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Generator.Operations;

internal sealed partial record ChooseKind : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
        Pieces.Select((p, i) =>
            TokenKinds.ReferenceAdd(scope.Value(Kinds), i, scope.Value(p), scope.Value(Output), Output.Width));

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) =>
        Pieces.Select((p, i) =>
            TokenKinds.ReferenceAdd(scope.Value(Kinds), i, scope.Gradient(Output), scope.Gradient(p), Output.Width));
}
