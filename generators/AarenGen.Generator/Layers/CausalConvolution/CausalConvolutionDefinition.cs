using AarenGen.Generator.Model;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>[CausalConvolution(taps)]: a causal depth-wise convolution over time with a residual.</summary>
internal sealed class CausalConvolutionDefinition : LayerDefinition
{
    public override string Name => "CausalConvolution";

    public override void Plan(ComponentDeclaration component, LayerBuilder layer)
    {
        int taps = layer.InRange(component, "Taps", Limits.MinTaps, Limits.MaxTaps);
        layer.Summary = $"CausalConvolution, {taps} tokens";
        Convolution.Add(layer, "", layer.Input, layer.Output(layer.Input.Width), taps);
    }
}
