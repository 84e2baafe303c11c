using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>[Dense(units, Activation = …)]</summary>
internal sealed class DenseDefinition : LayerDefinition
{
    public override string Name => "Dense";

    public override string? NameAsFirst => "embed";

    public override string? NameAsLast => "head";

    public override void Plan(ComponentDeclaration part, LayerBuilder layer)
    {
        int units = layer.InRange(part, "Units", 1, Limits.Width);
        string? function = layer.Choice(part, "Activation", ["None", "Relu", "Gelu", "Tanh"], Activate.Functions);
        layer.Summary = function is null ? "Dense" : $"Dense, {function}";
        Value output = layer.Output(units);
        if (function is null)
        {
            layer.Linear("", layer.Input, output);
            return;
        }
        Value sums = layer.Value("sums", units);
        layer.Linear("", layer.Input, sums);
        layer.Add(new Activate(sums, output, function));
    }
}
