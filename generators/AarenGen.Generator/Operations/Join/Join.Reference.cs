using AarenGen.Generator.Lowering.Reference;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Join : ILowersToReference
{
    public IEnumerable<ReferenceLaunch> ReferenceForward(ReferenceScope scope)
    {
        int column = 0;
        foreach (Value piece in Pieces)
        {
            yield return ReferenceRows.AddColumns(
                scope.Value(piece), piece.Width, 0, scope.Value(Output), Output.Width, column, piece.Width);
            column += piece.Width;
        }
    }

    public IEnumerable<ReferenceLaunch> ReferenceBackward(ReferenceScope scope)
    {
        int column = 0;
        foreach (Value piece in Pieces)
        {
            yield return ReferenceRows.AddColumns(
                scope.Gradient(Output), Output.Width, column, scope.Gradient(piece), piece.Width, 0, piece.Width);
            column += piece.Width;
        }
    }
}
