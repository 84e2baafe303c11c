using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Inputs;

/// <summary>[Categorical(cardinality, Width = …)]</summary>
internal sealed class CategoricalDefinition : InputDefinition
{
    public override string Name => "Categorical";

    public override int Columns(ComponentDeclaration component, DiagnosticBag diagnostics)
    {
        diagnostics.InRange(component, "Cardinality", 1, Limits.Cardinality);
        return 1;
    }

    public override int Cardinality(ComponentDeclaration component) => component.Clamped("Cardinality", 1, Limits.Cardinality);

    public override Value Embed(
        ComponentDeclaration component, LayerBuilder layer, string name, Value tokens, InputColumns columns, int width,
        Func<int, Value> result)
    {
        int cardinality = Cardinality(component);
        int own = component.Has("Width") ? layer.InRange(component, "Width", 1, Limits.Width) : width > 0
            ? width : Math.Min(32, (cardinality + 1) / 2);
        Value embedded = result(own);
        Parameter table = layer.Parameter(name + ".weight", cardinality, own, isMatrix: true, Initialization.Normal, 1, decays: false);
        layer.Add(new Lookup(columns.First, table, tokens, embedded));
        return embedded;
    }
}
