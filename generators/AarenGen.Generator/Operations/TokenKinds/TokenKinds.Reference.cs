using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Generator.Operations;

internal sealed partial record TokenKinds : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
        [new("token_kinds", ThreadCount.OfRows(1), [scope.Value(Output), Count])];

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) => [];

    /// <summary>Adds the rows of one kind.</summary>
    internal static ReferenceLaunch ReferenceAdd(BufferArgument kinds, int kind, BufferArgument from, BufferArgument to, int width) =>
        new("add_kind", ThreadCount.OfRows(width), [kinds, kind, from, to, width]);
}
