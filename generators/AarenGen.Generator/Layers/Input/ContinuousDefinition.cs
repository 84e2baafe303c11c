using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers.Input;

/// <summary>[Continuous(features, Width = …)]</summary>
internal sealed class ContinuousDefinition : InputDefinition
{
    public override string Name => "Continuous";

    public override int Columns(PartDeclaration part, ProblemList problems) => problems.InRange(part, "Features", 1, Limits.Width);

    public override bool IsRaw(PartDeclaration part) => !part.Has("Width");

    public override Value Embed(PartDeclaration part, LayerBuilder layer, string name, int column, Func<int, Value> result)
    {
        int features = Math.Max(1, part.Integer("Features"));
        if (IsRaw(part))
        {
            Value raw = result(features);
            layer.Add(new ReadColumns(layer.Input, column, raw));
            return raw;
        }
        Value columns = layer.Value(name + "Columns", features);
        layer.Add(new ReadColumns(layer.Input, column, columns));
        Value embedded = result(layer.InRange(part, "Width", 1, Limits.Width));
        layer.Linear(name, columns, embedded);
        return embedded;
    }
}
