using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>What the generator knows of one attribute. Stateless.</summary>
internal abstract class PartDefinition
{
    /// <summary>The attribute's class without "Attribute".</summary>
    public abstract string Name { get; }
}

/// <summary>What a token is.</summary>
internal abstract class InputDefinition : PartDefinition
{
    /// <summary>Numbers a token.</summary>
    public abstract int Width(PartDeclaration part, ProblemList problems);
}

/// <summary>A layer: checks its arguments and lowers itself to operations.</summary>
internal abstract class LayerDefinition : PartDefinition
{
    /// <summary>Whether it is a block, named <c>blocks.N</c> in files.</summary>
    public virtual bool IsBlock => false;

    public virtual int Repeat(PartDeclaration part, ProblemList problems) => 1;

    public abstract void Plan(PartDeclaration part, LayerBuilder layer);
}

/// <summary>What the model is trained for.</summary>
internal abstract class LossDefinition : PartDefinition
{
    public abstract Loss Loss { get; }
}
