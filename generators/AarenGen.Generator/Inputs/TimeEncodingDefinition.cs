using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Inputs;

/// <summary>[TimeEncoding(width, LongestPeriod = …)]</summary>
internal sealed class TimeEncodingDefinition : InputDefinition
{
    public override string Name => "TimeEncoding";

    public override int Columns(ComponentDeclaration component, DiagnosticBag diagnostics) => 1;

    public override Value Embed(
        ComponentDeclaration component, LayerBuilder layer, string name, Value tokens, InputColumns columns, int width,
        Func<int, Value> result)
    {
        Value encoded = result(layer.InRange(component, "Width", 1, Limits.Width));
        layer.Add(new EncodeTime(columns.First, layer.Diagnostics.Positive(component, "LongestPeriod", 10_000), tokens, encoded));
        return encoded;
    }
}
