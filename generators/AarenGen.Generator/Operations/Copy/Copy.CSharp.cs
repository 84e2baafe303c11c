using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Copy : ICSharpOperation
{
    public void Forward(LayerWriter w) => w.Line($"{Input.Name}.CopyTo({Output.Name});");

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates) => Print(w, Output, Input, accumulates[0]);

    /// <summary>Prints a gradient that goes on as it is.</summary>
    public static void Print(LayerWriter w, Value from, Value to, bool accumulates)
    {
        if (accumulates)
        {
            w.Call("Elementwise.Accumulate", from.GradientName, to.GradientName);
        }
        else
        {
            w.Line($"{from.GradientName}.CopyTo({to.GradientName});");
        }
    }
}
