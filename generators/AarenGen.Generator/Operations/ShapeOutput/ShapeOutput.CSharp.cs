using AarenGen.Generator.Emission.CSharp;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record ShapeOutput : ICSharpOperation
{
    public void Forward(LayerWriter w)
    {
        w.Line($"{w.Value(Input)}.CopyTo({w.Value(Output)});");
        foreach ((ParameterRole role, string[] columns) in Segments(w))
        {
            if (role != ParameterRole.Location)
            {
                w.Comment(role == ParameterRole.Scale ? "scales are positive" : "degrees of freedom are above 2");
                w.Call("OutputScale.Positive", [.. columns, role == ParameterRole.Scale ? "1e-4f" : "2.0001f", w.Value(Output)]);
            }
            if (Features > 0 && role != ParameterRole.Degrees)
            {
                w.Comment("back to the scale of the input");
                w.Call(
                    "OutputScale.Denormalize",
                    [.. columns, "pass.Statistics", $"features: {Features}",
                        $"shifts: {Literal.Bool(role == ParameterRole.Location)}", w.Value(Output)]);
            }
        }
    }

    public void Backward(LayerWriter w, EquatableArray<bool> accumulates)
    {
        Copy.Print(w, Output, Input, accumulates[0]);
        foreach ((ParameterRole role, string[] columns) in Segments(w))
        {
            if (Features > 0 && role != ParameterRole.Degrees)
            {
                w.Call("OutputScale.DenormalizeBackward", [.. columns, "pass.Statistics", $"features: {Features}", w.Gradient(Input)]);
            }
            if (role != ParameterRole.Location)
            {
                w.Call("OutputScale.PositiveBackward", [.. columns, w.Value(Input), w.Gradient(Input)]);
            }
        }
    }

    /// <summary>The segments of the outputs, each with the arguments that say where it lies.</summary>
    private IEnumerable<(ParameterRole Role, string[] Columns)> Segments(LayerWriter w) => Roles.Select((role, i) => (
        (ParameterRole)role, (string[])[w.Rows, $"stride: {Output.Stride}", $"first: {i * Values}", $"columns: {Values}"]));
}
