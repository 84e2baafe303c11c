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
            w.Call("Rows.Place", piece.Name, "rows", $"{piece.Width}", $"{piece.Stride}", Output.Name, $"{offset}", $"{Output.Stride}");
            offset += piece.Width;
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        int offset = 0;
        foreach (Value piece in Pieces)
        {
            w.Call(
                "Rows.Place", $"{Output.GradientName}.Slice({offset})", "rows", $"{piece.Width}", $"{Output.Stride}", piece.GradientName, "0",
                $"{piece.Stride}");
            offset += piece.Width;
        }
    }
}
