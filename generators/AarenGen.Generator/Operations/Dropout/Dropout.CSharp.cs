using System.Globalization;
using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Dropout : ICSharpOperation
{
    public void Forward(LayerWriter w) => Print(w, Branch.Name);

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates) => Print(w, Branch.GradientName);

    private void Print(LayerWriter w, string values)
    {
        using var block = w.Open("if (pass.IsTraining)");
        w.Call(
            "Elementwise.Dropout", values, "rows", $"{Branch.Width}", $"{Branch.Stride}",
            ((float)Rate).ToString("R", CultureInfo.InvariantCulture) + "f", w.DropoutSeed(Salt), values);
    }
}
