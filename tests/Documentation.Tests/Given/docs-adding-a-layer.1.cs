using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

internal sealed class YourLayerDefinition : LayerDefinition
{
    public override string Name => "YourLayer";

// The block.
}
