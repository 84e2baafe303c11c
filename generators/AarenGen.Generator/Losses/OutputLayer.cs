using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Losses;

/// <summary>
/// What a loss puts behind the last layer: makes scales positive, and takes back instance normalisation. None where outputs are
/// read as they are.
/// </summary>
internal static class OutputLayer
{
    public const string Name = "Output";

    public static bool IsNeeded(LossDefinition definition, ComponentDeclaration component, TokenShape shape) =>
        definition.Roles(component) is { } roles
            && (shape.Normalization != NormalizationSpan.None || roles.Any(static r => r != ParameterRole.Location));

    /// <param name="definition">The loss.</param>
    /// <param name="component">Its declaration.</param>
    /// <param name="features">Features of a row that are normalised; 0: none.</param>
    /// <param name="layer">The layer to build.</param>
    public static void Plan(LossDefinition definition, ComponentDeclaration component, int features, LayerBuilder layer)
    {
        IReadOnlyList<ParameterRole> roles = definition.Roles(component)!;
        int width = layer.Input.Width, values = Math.Max(1, width / roles.Count);
        if (features > 0 && values % features != 0)
        {
            layer.Diagnostics.Add(
                DiagnosticInfo.At(layer.Diagnostics.LocationOf(component), DiagnosticDescriptors.CannotDenormalize, values, features));
        }
        layer.Summary = features > 0 ? "denormalised" : "positive scales";
        layer.Add(new ShapeOutput(layer.Input, layer.Output(width), values, features, new(roles.Select(static r => (int)r))));
    }
}
