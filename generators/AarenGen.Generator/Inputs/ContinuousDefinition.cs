using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Inputs;

/// <summary>[Continuous(features, Width = …)]</summary>
internal sealed class ContinuousDefinition : InputDefinition
{
    public override string Name => "Continuous";

    public override int Columns(ComponentDeclaration part, DiagnosticBag diagnostics) =>
        diagnostics.InRange(part, "Features", 1, Limits.Width);

    public override bool IsRaw(ComponentDeclaration part) => !part.Has("Width");

    public override Value Embed(
        ComponentDeclaration part, LayerBuilder layer, string name, Value tokens, int column, int width, Func<int, Value> result)
    {
        int features = part.Clamped("Features", 1, Limits.Width);
        if (IsRaw(part) && width == 0)
        {
            Value raw = result(features);
            layer.Add(new ReadColumns(tokens, column, raw));
            return raw;
        }
        Value columns = layer.Value(name + "Columns", features);
        layer.Add(new ReadColumns(tokens, column, columns));
        Value embedded = result(part.Has("Width") ? layer.InRange(part, "Width", 1, Limits.Width) : width);
        layer.Linear(name, columns, embedded);
        return embedded;
    }
}
