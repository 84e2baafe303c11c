using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Generator.Operations;

internal sealed partial record EncodeTime : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
    [
        new(
            "encode_time", ThreadCount.OfRows(Output.Width),
            [scope.Value(Tokens), scope.Value(Output), LongestPeriod, Tokens.Width, Column, Output.Width]),
    ];

    // Times have no gradient.
    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) => [];
}
