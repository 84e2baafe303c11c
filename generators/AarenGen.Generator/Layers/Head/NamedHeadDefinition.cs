namespace AarenGen.Generator.Layers.Head;

/// <summary>[Head(name, Weight = …)]</summary>
internal sealed class NamedHeadDefinition : HeadDefinition
{
    public override string Name => "Head";
}
