using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record BeginTokenGradient : ICSharpOperation
{
    public void Forward(LayerWriter w)
    {
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates) => w.Line($"{w.Gradient(Tokens)}.Clear();");
}
