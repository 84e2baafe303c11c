using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Residual : ICSharpOperation
{
    public void Forward(LayerWriter w)
    {
        w.Comment($"{Output.Name} = {Stream.Name} + {Branch.Name}");
        w.Call("Elementwise.Add", w.Value(Stream), w.Value(Branch), w.Value(Output));
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment("residual: the gradient goes both ways");
        Copy.Print(w, Output, Stream, accumulates[0]);
    }
}
