using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>[Dropout(rate)]</summary>
internal sealed class DropoutDefinition : LayerDefinition
{
    public override string Name => "Dropout";

    public override void Plan(ComponentDeclaration component, LayerBuilder layer)
    {
        double rate = layer.Fraction(component, "Rate");
        layer.Summary = "Dropout";
        Value kept = layer.Value("kept", layer.Input.Width);
        layer.Add(new Copy(layer.Input, kept));
        layer.Add(new Dropout(kept, rate, 0));
        layer.Add(new Copy(kept, layer.Output(layer.Input.Width)));
    }
}
