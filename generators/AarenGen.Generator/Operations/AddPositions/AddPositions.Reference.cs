using AarenGen.Generator.Lowering.Reference;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record AddPositions : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope) =>
    [
        Table is null
            ? new(
                "add_sinusoids", ThreadCount.OfRows(Input.Width), [scope.Value(Input), scope.Value(Output), 10_000.0, Input.Width])
            : new(
                "add_positions", ThreadCount.OfRows(Input.Width),
                [scope.Value(Input), scope.Weights(Table), scope.Value(Output), Input.Width, Sizes.Pad(Input.Width), Table.Rows]),
    ];

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope)
    {
        yield return ReferenceRows.Add(scope.Gradient(Output), scope.Gradient(Input), Input.Width);
        if (Table is not null)
        {
            yield return new(
                "positions_gradient", ThreadCount.Of(Input.Width),
                [scope.Gradient(Output), scope.WeightGradients(Table), Input.Width, Sizes.Pad(Input.Width), Table.Rows]);
        }
    }
}
