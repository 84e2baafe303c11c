using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record ShapeOutput : ICSharpOperation
{
    public void Forward(LayerWriter w)
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

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
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
