using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>[Head(name, Weight = …)]</summary>
internal sealed class NamedHeadDefinition : HeadDefinition
{
    public override string Name => "Head";
}
