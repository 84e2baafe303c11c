using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Preprocessing;

/// <summary>[ChannelIndependent]: each feature is a separate sequence.</summary>
internal sealed class ChannelIndependentDefinition : PreprocessingDefinition
{
    public override string Name => "ChannelIndependent";

    public override bool SplitsSamples => true;

    public override TokenShape Apply(ComponentDeclaration component, TokenShape shape, int features, DiagnosticBag diagnostics) =>
        shape with { Channels = features };
}

/// <summary>[InstanceNorm(Window = …, Columns = …)]</summary>
internal sealed class InstanceNormDefinition : PreprocessingDefinition
{
    private const string Columns = "Columns";

    public override string Name => "InstanceNorm";

    /// <summary>Columns that are not normalised may hold anything.</summary>
    public override bool AllowsOtherInputs(ComponentDeclaration component) => component.Has(Columns);

    public override TokenShape Apply(ComponentDeclaration component, TokenShape shape, int features, DiagnosticBag diagnostics)
    {
        shape = shape with
        {
            // A channel has one feature, so that there is none to leave out.
            NormalizedColumns = component.Has(Columns) ? diagnostics.InRange(component, Columns, 1, shape.Channels > 1 ? 1 : features) : 0,
        };
        return component.Has("Window")
            ? shape with { Normalization = NormalizationSpan.Window, Window = diagnostics.InRange(component, "Window", 2, Limits.Patch) }
            : shape with { Normalization = NormalizationSpan.Prefix };
    }
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

/// <summary>
/// [Standardize(Method = …, PerSeries = …)]: a matter of the runtime, which scales what it reads and scales outputs back.
/// </summary>
internal sealed class StandardizeDefinition : ComponentDefinition
{
    /// <summary>An argument that only a task writes: the one modality whose numbers are standardised, without targets.</summary>
    public const string ModalityArgument = "Modality";

    public const string PerSeriesArgument = "PerSeries";

    public override string Name => "Standardize";

    /// <summary>The only modality that is standardised, and no target is; null: all modalities and targets.</summary>
    public static int? Modality(ComponentDeclaration component) =>
        component.Has(ModalityArgument) ? component.Integer(ModalityArgument) : null;

    /// <summary>Whether each series has statistics of its own.</summary>
    public static bool PerSeries(ComponentDeclaration component) => component.Flag(PerSeriesArgument);

    /// <summary>With which statistics.</summary>
    public static Standardization Method(ComponentDeclaration component, DiagnosticBag diagnostics) => diagnostics.Choice(
        component, "Method", Enum.GetNames(typeof(Standardization)), (Standardization[])Enum.GetValues(typeof(Standardization)));
}
