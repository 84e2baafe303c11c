using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>[LayerNorm]</summary>
internal sealed class LayerNormDefinition : LayerDefinition
{
    public override string Name => "LayerNorm";

    public override void Plan(ComponentDeclaration component, LayerBuilder layer)
    {
        layer.Summary = "LayerNorm";
        layer.Normalize("", layer.Input, layer.Output(layer.Input.Width));
    }
}
