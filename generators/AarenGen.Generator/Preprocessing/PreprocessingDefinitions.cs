using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Preprocessing;

/// <summary>[ChannelIndependent]: each feature is a separate sequence.</summary>
internal sealed class ChannelIndependentDefinition : PreprocessingDefinition
{
    public override string Name => "ChannelIndependent";

    public override TokenShape Apply(ComponentDeclaration component, TokenShape shape, int features, DiagnosticBag diagnostics) =>
        shape with { Channels = features };
}

/// <summary>[InstanceNorm(Window = …)]</summary>
internal sealed class InstanceNormDefinition : PreprocessingDefinition
{
    public override string Name => "InstanceNorm";

    public override TokenShape Apply(ComponentDeclaration component, TokenShape shape, int features, DiagnosticBag diagnostics) =>
        component.Has("Window")
        ? shape with { Normalization = NormalizationSpan.Window, Window = diagnostics.InRange(component, "Window", 2, Limits.Patch) }
        : shape with { Normalization = NormalizationSpan.Prefix };
}

/// <summary>[Patch(length, stride)]</summary>
internal sealed class PatchDefinition : PreprocessingDefinition
{
    public override string Name => "Patch";

    public override TokenShape Apply(
        ComponentDeclaration component, TokenShape shape, int features, DiagnosticBag diagnostics) => shape with
    {
        PatchLength = diagnostics.InRange(component, "Length", 1, Limits.Patch),
        PatchStride = diagnostics.InRange(component, "Stride", 1, Limits.Patch),
    };
}
