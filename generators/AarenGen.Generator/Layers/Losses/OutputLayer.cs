using AarenGen.Generator.Diagnostics;
using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Layers.Shared;
using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers.Losses;

/// <summary>
/// What a loss puts behind the last layer: makes scales positive, and takes back instance normalisation. None where outputs are
/// read as they are.
/// </summary>
internal static class OutputLayer
{
    public const string Name = "Output";

    public static bool IsNeeded(LossDefinition definition, PartDeclaration part, TokenShape shape) =>
        definition.Roles(part) is { } roles && (shape.Normalization != NormalizationSpan.None || roles.Any(static r => r != ParameterRole.Location));

    /// <param name="definition">The loss.</param>
    /// <param name="part">Its declaration.</param>
    /// <param name="features">Features of a row that are normalised; 0 where none is.</param>
    /// <param name="layer">The layer to build.</param>
    public static void Plan(LossDefinition definition, PartDeclaration part, int features, LayerBuilder layer)
    {
        IReadOnlyList<ParameterRole> roles = definition.Roles(part)!;
        int width = layer.Input.Width, values = Math.Max(1, width / roles.Count);
        if (features > 0 && values % features != 0)
        {
            layer.Problems.Add(Problem.At(layer.Problems.SiteOf(part), Descriptors.CannotDenormalize, values, features));
        }
        layer.Summary = features > 0 ? "denormalised" : "positive scales";
        layer.Add(new ShapeOutput(layer.Input, layer.Output(width), values, features, new(roles.Select(static r => (int)r))));
    }
}

/// <summary>Stretches of the output made positive, then denormalised with the row's mean and deviation.</summary>
internal sealed partial record ShapeOutput(Value Input, Value Output, int Values, int Features, EquatableArray<int> Roles) : Operation
{
    public override EquatableArray<Value> Inputs => new([Input]);

    public override long Flops => 2L * Output.Width;

    public override void Forward(LayerWriter w)
    {
        w.Line($"{Input.Name}.CopyTo({Output.Name});");
        foreach ((ParameterRole role, string columns) in Stretches())
        {
            if (role != ParameterRole.Location)
            {
                w.Comment(role == ParameterRole.Scale ? "scales are positive" : "degrees of freedom are above 2");
                w.Call("OutputScale.Positive", "rows", $"{Output.Stride}", columns, role == ParameterRole.Scale ? "1e-4f" : "2.0001f", Output.Name);
            }
            if (Features > 0 && role != ParameterRole.Degrees)
            {
                w.Comment("back to the scale of the input");
                w.Call("OutputScale.Denormalize", "rows", $"{Output.Stride}", columns, "pass.Statistics", $"{Features}", role == ParameterRole.Location ? "true" : "false", Output.Name);
            }
        }
    }

    public override void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        Copy.Print(w, Output, Input, accumulates[0]);
        foreach ((ParameterRole role, string columns) in Stretches())
        {
            if (Features > 0 && role != ParameterRole.Degrees)
            {
                w.Call("OutputScale.DenormalizeBackward", "rows", $"{Output.Stride}", columns, "pass.Statistics", $"{Features}", Input.GradientName);
            }
            if (role != ParameterRole.Location)
            {
                w.Call("OutputScale.PositiveBackward", "rows", $"{Output.Stride}", columns, Input.Name, Input.GradientName);
            }
        }
    }

    private IEnumerable<(ParameterRole Role, string Columns)> Stretches() => Roles.Select((r, i) => ((ParameterRole)r, $"{i * Values}, {Values}"));
}
