using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record ReadColumns : ICSharpOperation
{
    public void Forward(LayerWriter w) => w.Call(
        "Rows.Place", $"{Tokens.Name}.Slice({Column})", "rows", $"{Output.Width}", $"{Tokens.Stride}", Output.Name, "0", $"{Output.Stride}");

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        if (!accumulates[0])
        {
            w.Comment("columns that nobody reads have no gradient");
            w.Line($"{Tokens.GradientName}.Clear();");
        }
        w.Call("Rows.Accumulate", Output.GradientName, "rows", $"{Output.Width}", $"{Output.Stride}", Tokens.GradientName, $"{Column}", $"{Tokens.Stride}");
    }
}
