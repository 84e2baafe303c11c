using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers.Dropout;

/// <summary>[Dropout(rate)]</summary>
internal sealed class DropoutDefinition : LayerDefinition
{
    public override string Name => "Dropout";

    public override void Plan(PartDeclaration part, LayerBuilder layer)
    {
        double rate = layer.Share(part, "Rate");
        layer.Summary = "Dropout";
        Value kept = layer.Value("kept", layer.Input.Width);
        layer.Add(new Shared.Copy(layer.Input, kept));
        layer.Add(new Shared.Dropout(kept, rate, 0));
        layer.Add(new Shared.Copy(kept, layer.Output(layer.Input.Width)));
    }
}
