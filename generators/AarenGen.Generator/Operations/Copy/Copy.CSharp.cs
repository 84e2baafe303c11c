using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Copy : ICSharpOperation
{
    public void Forward(LayerWriter w) => w.Line($"{w.Value(Input)}.CopyTo({w.Value(Output)});");

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates) => Print(w, Output, Input, accumulates[0]);

    /// <summary>Prints a gradient that is passed on unchanged.</summary>
    public static void Print(LayerWriter w, Value from, Value to, bool accumulates)
    {
        if (accumulates)
        {
            w.Call("Elementwise.Accumulate", w.Gradient(from), w.Gradient(to));
        }
        else
        {
            w.Line($"{w.Gradient(from)}.CopyTo({w.Gradient(to)});");
        }
    }
}
