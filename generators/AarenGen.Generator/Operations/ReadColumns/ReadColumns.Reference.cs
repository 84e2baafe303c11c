using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Generator.Operations;

internal sealed partial record ReadColumns : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
        [ReferenceRows.AddColumns(scope.Value(Tokens), Tokens.Width, Column, scope.Value(Output), Output.Width, 0, Output.Width)];

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) =>
        [ReferenceRows.AddColumns(scope.Gradient(Output), Output.Width, 0, scope.Gradient(Tokens), Tokens.Width, Column, Output.Width)];
}
