using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Generator.Operations;

internal sealed partial record Dropout : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) => [ReferenceOf(scope, scope.Value(Branch))];

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) => [ReferenceOf(scope, scope.Gradient(Branch))];

    private ReferenceLaunch ReferenceOf(ReferenceScope scope, BufferArgument rows) => new(
        "dropout", ThreadCount.OfRows(Branch.Width),
        [rows, Branch.Width, scope.Salt(Salt), Math.Floor((float)Rate * 4294967296.0), 1 / (1 - (double)(float)Rate)]);
}
