using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Activate : ICSharpOperation, ICSharpStreaming
{
    public void Infer(LayerWriter w) => Print(w, Function);

    public void Forward(LayerWriter w)
    {
        Print(w, Function + "WithSlope");
        w.Comment($"{Input.Name} is now {Function}'s slope");
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        w.Comment(Function);
        w.Call("Elementwise.Multiply", Output.GradientName, Input.Name, Input.GradientName);
    }

    private void Print(LayerWriter w, string kernel)
    {
        w.Comment($"{Output.Name} = {Function}({Input.Name})");
        w.Call("Elementwise." + kernel, Input.Name, Output.Name);
    }
}
