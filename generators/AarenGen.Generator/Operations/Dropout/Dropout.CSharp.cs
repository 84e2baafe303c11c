using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Dropout : ICSharpOperation
{
    public void Forward(LayerWriter w) => Print(w, w.Value(Branch));

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates) => Print(w, w.Gradient(Branch));

    private void Print(LayerWriter w, string values)
    {
        using CodeWriter.Block block = w.Open("if (pass.IsTraining)");
        w.Call(
            "Elementwise.Dropout", values, w.Rows, $"width: {Branch.Width}", $"stride: {Branch.Stride}", $"rate: {Literal.Float(Rate)}",
            w.DropoutSeed(Salt), values);
    }
}
