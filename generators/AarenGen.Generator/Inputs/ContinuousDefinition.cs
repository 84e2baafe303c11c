using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Inputs;

/// <summary>[Continuous(features, Width = …, Missing = …)]</summary>
internal sealed class ContinuousDefinition : InputDefinition
{
    public override string Name => "Continuous";

    public override int Columns(ComponentDeclaration component, DiagnosticBag diagnostics) =>
        diagnostics.InRange(component, "Features", 1, Limits.Width);

    public override bool IsNumeric => true;

    public override MissingValues Missing(ComponentDeclaration component, DiagnosticBag diagnostics) => diagnostics.Choice(
        component, "Missing", Enum.GetNames(typeof(MissingValues)), (MissingValues[])Enum.GetValues(typeof(MissingValues)));

    public override bool IsRaw(ComponentDeclaration component) => !component.Has("Width");

    public override Value Embed(
        ComponentDeclaration component, LayerBuilder layer, string name, Value tokens, InputColumns columns, int width,
        Func<int, Value> result)
    {
        if (IsRaw(component) && width == 0)
        {
            return Read(component, layer, name, tokens, columns, result);
        }
        Value read = Read(component, layer, name, tokens, columns, numbers => layer.Value(name + "Columns", numbers));
        Value embedded = result(component.Has("Width") ? layer.InRange(component, "Width", 1, Limits.Width) : width);
        layer.Linear(name, read, embedded);
        return embedded;
    }

    /// <summary>The columns as they are, and behind them those that say what is missing.</summary>
    private static Value Read(
        ComponentDeclaration component, LayerBuilder layer, string name, Value tokens, InputColumns columns, Func<int, Value> result)
    {
        int features = component.Clamped("Features", 1, Limits.Width);
        if (columns.Indicators is not { } indicators)
        {
            Value raw = result(features);
            layer.Add(new ReadColumns(tokens, columns.First, raw));
            return raw;
        }
        Value values = layer.Value(name + "Values", features), missing = layer.Value(name + "Missing", features);
        layer.Add(new ReadColumns(tokens, columns.First, values));
        layer.Add(new ReadColumns(tokens, indicators, missing));
        Value joined = result(checked(2 * features));
        layer.Add(new Join([values, missing], joined));
        return joined;
    }
}
