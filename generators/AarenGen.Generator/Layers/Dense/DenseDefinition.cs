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

    public override void Plan(ComponentDeclaration component, LayerBuilder layer)
    {
        int units = layer.InRange(component, "Units", 1, Limits.Width);
        string? function = layer.Choice(component, "Activation", ["None", "Relu", "Gelu", "Tanh"], Activate.Functions);
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
