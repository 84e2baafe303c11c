using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>[Pool(pooling)]: what a whole sequence comes to, at every token that of the sequence so far.</summary>
internal sealed class PoolDefinition : LayerDefinition
{
    public override string Name => "Pool";

    public override bool IsPerSequence => true;

    public override void Plan(ComponentDeclaration component, LayerBuilder layer)
    {
        int width = layer.Input.Width;
        bool isMean = layer.Choice(component, "Pooling", ["Last", "Mean"], [false, true]);
        layer.Summary = isMean ? "Pool, mean" : "Pool, last";
        Value output = layer.Output(width);
        layer.Add(isMean ? new PrefixMean(layer.Input, output, layer.State(1 + width)) : new Copy(layer.Input, output));
    }
}
