using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Sum : ICSharpOperation
{
    public void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {string.Join(" + ", Pieces.Select(static p => p.Name))}");
        w.Line($"{Pieces[0].Name}.CopyTo({Output.Name});");
        foreach (Value piece in Pieces.Skip(1))
        {
            w.Call("Elementwise.Accumulate", piece.Name, Output.Name);
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
    }
}
