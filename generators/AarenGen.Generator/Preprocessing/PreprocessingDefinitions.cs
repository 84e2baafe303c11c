using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Preprocessing;

/// <summary>[ChannelIndependent]: each feature is a sequence of its own.</summary>
internal sealed class ChannelIndependentDefinition : PreprocessingDefinition
{
    public override string Name => "ChannelIndependent";

    public override TokenShape Apply(ComponentDeclaration part, TokenShape shape, int features, DiagnosticBag diagnostics) =>
        shape with { Channels = features };
}

/// <summary>[InstanceNorm(Window = …)]</summary>
internal sealed class InstanceNormDefinition : PreprocessingDefinition
{
    public override string Name => "InstanceNorm";

    public override TokenShape Apply(ComponentDeclaration part, TokenShape shape, int features, DiagnosticBag diagnostics) =>
        part.Has("Window")
        ? shape with { Normalization = NormalizationSpan.Window, Window = diagnostics.InRange(part, "Window", 2, Limits.Patch) }
        : shape with { Normalization = NormalizationSpan.Prefix };
}

/// <summary>[Patch(length, stride)]</summary>
internal sealed class PatchDefinition : PreprocessingDefinition
{
    public override string Name => "Patch";

    public override TokenShape Apply(ComponentDeclaration part, TokenShape shape, int features, DiagnosticBag diagnostics) => shape with
    {
        PatchLength = diagnostics.InRange(part, "Length", 1, Limits.Patch),
        PatchStride = diagnostics.InRange(part, "Stride", 1, Limits.Patch),
    };
}
