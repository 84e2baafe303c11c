using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Preprocessing;

/// <summary>[ChannelIndependent]: each feature is a sequence of its own.</summary>
internal sealed class ChannelIndependentDefinition : ShapingDefinition
{
    public override string Name => "ChannelIndependent";

    public override TokenShape Apply(PartDeclaration part, TokenShape shape, int features, ProblemList problems) =>
        shape with { Channels = features };
}

/// <summary>[InstanceNorm(Window = …)]</summary>
internal sealed class InstanceNormDefinition : ShapingDefinition
{
    public override string Name => "InstanceNorm";

    public override TokenShape Apply(PartDeclaration part, TokenShape shape, int features, ProblemList problems) => part.Has("Window")
        ? shape with { Normalization = NormalizationSpan.Window, Window = problems.InRange(part, "Window", 2, Limits.Patch) }
        : shape with { Normalization = NormalizationSpan.Prefix };
}

/// <summary>[Patch(length, stride)]</summary>
internal sealed class PatchDefinition : ShapingDefinition
{
    public override string Name => "Patch";

    public override TokenShape Apply(PartDeclaration part, TokenShape shape, int features, ProblemList problems) => shape with
    {
        PatchLength = problems.InRange(part, "Length", 1, Limits.Patch),
        PatchStride = problems.InRange(part, "Stride", 1, Limits.Patch),
    };
}
