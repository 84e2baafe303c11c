using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Inputs;

/// <summary>[TimeEncoding(width, LongestPeriod = …)]</summary>
internal sealed class TimeEncodingDefinition : InputDefinition
{
    public override string Name => "TimeEncoding";

    public override int Columns(ComponentDeclaration part, DiagnosticBag diagnostics) => 1;

    public override Value Embed(
        ComponentDeclaration part, LayerBuilder layer, string name, Value tokens, int column, int width, Func<int, Value> result)
    {
        Value encoded = result(layer.InRange(part, "Width", 1, Limits.Width));
        layer.Add(new EncodeTime(column, layer.Diagnostics.Positive(part, "LongestPeriod", 10_000), tokens, encoded));
        return encoded;
    }
}
