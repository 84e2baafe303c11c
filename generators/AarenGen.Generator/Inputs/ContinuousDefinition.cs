using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Inputs;

/// <summary>[Continuous(features, Width = …)]</summary>
internal sealed class ContinuousDefinition : InputDefinition
{
    public override string Name => "Continuous";

    public override int Columns(ComponentDeclaration component, DiagnosticBag diagnostics) =>
        diagnostics.InRange(component, "Features", 1, Limits.Width);

    public override bool IsNumeric => true;

    public override bool IsRaw(ComponentDeclaration component) => !component.Has("Width");

    public override Value Embed(
        ComponentDeclaration component, LayerBuilder layer, string name, Value tokens, int column, int width, Func<int, Value> result)
    {
        int features = component.Clamped("Features", 1, Limits.Width);
        if (IsRaw(component) && width == 0)
        {
            Value raw = result(features);
            layer.Add(new ReadColumns(tokens, column, raw));
            return raw;
        }
        Value columns = layer.Value(name + "Columns", features);
        layer.Add(new ReadColumns(tokens, column, columns));
        Value embedded = result(component.Has("Width") ? layer.InRange(component, "Width", 1, Limits.Width) : width);
        layer.Linear(name, columns, embedded);
        return embedded;
    }
}
