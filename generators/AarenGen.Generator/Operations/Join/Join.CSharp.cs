using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Join : ICSharpOperation
{
    public void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {string.Join(" | ", Pieces.Select(static p => p.Name))}");
        int offset = 0;
        foreach (Value piece in Pieces)
        {
            w.Call(
                "Rows.Place", w.Value(piece), w.Rows, $"width: {piece.Width}", $"sourceStride: {piece.Stride}",
                w.Value(Output), $"offset: {offset}",
                $"stride: {Output.Stride}");
            offset += piece.Width;
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        int offset = 0;
        foreach (Value piece in Pieces)
        {
            string source = offset == 0 ? w.Gradient(Output) : $"{w.Gradient(Output)}.Slice({offset})";
            w.Call(
                "Rows.Place", source, w.Rows, $"width: {piece.Width}", $"sourceStride: {Output.Stride}", w.Gradient(piece), "offset: 0",
                $"stride: {piece.Stride}");
            offset += piece.Width;
        }
    }
}
