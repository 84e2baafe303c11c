using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Sum : ICSharpOperation
{
    public void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {string.Join(" + ", Pieces.Select(static p => p.Name))}");
        w.Line($"{w.Value(Pieces[0])}.CopyTo({w.Value(Output)});");
        foreach (Value piece in Pieces.Skip(1))
        {
            w.Call("Elementwise.Accumulate", w.Value(piece), w.Value(Output));
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
    }
}
