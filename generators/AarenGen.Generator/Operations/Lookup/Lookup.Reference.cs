using AarenGen.Generator.Lowering.Reference;

namespace AarenGen.Generator.Operations;

internal sealed partial record Lookup : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
    [
        new(
            "lookup", ThreadCount.OfRows(Output.Width),
            [scope.Value(Tokens), scope.Weights(Table), scope.Value(Output), Tokens.Width, Column, Output.Width, Table.Stride]),
    ];

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope) =>
    [
        new(
            "lookup_gradient", ThreadCount.Of(Output.Width),
            [scope.Gradient(Output), scope.Value(Tokens), scope.WeightGradients(Table), Tokens.Width, Column, Output.Width, Table.Stride]),
    ];
}
