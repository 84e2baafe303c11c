using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Activate : ICSharpOperation, ICSharpStreaming
{
    public void Infer(LayerWriter w) => Print(w, Function);

    public void Forward(LayerWriter w)
    {
        Print(w, Function + "WithDerivative");
        w.Comment($"{Input.Name} now holds the derivative of {Function}");
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment(Function);
        w.Call("Elementwise.Multiply", w.Gradient(Output), w.Value(Input), w.Gradient(Input));
    }

    private void Print(LayerWriter w, string kernel)
    {
        w.Comment($"{Output.Name} = {Function}({Input.Name})");
        w.Call("Elementwise." + kernel, w.Value(Input), w.Value(Output));
    }
}
