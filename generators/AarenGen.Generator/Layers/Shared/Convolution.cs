using AarenGen.Generator.Model;
using AarenGen.Generator.Operations;
using AarenGen.Generator.Planning;

namespace AarenGen.Generator.Layers;

/// <summary>The causal convolution that is a layer of its own, and that mixers may have in front.</summary>
internal static class Convolution
{
    /// <summary>Adds the operation; its weight starts as PyTorch's Conv1d, its bias at 0.</summary>
    public static void Add(LayerBuilder layer, string name, Value input, Value output, int taps)
    {
        double bound = 1 / Math.Sqrt(taps);
        Parameter weights = layer.Parameter(
            LayerBuilder.Join(name, "weight"), input.Width, taps, isMatrix: true, Initialization.Uniform, bound, decays: true);
        Parameter bias = layer.Parameter(
            LayerBuilder.Join(name, "bias"), 1, input.Width, isMatrix: false, Initialization.Zeros, 0, decays: false);
        layer.Add(new CausalConvolution(
            input, output, weights, bias, layer.Derived(taps * input.Stride),
            layer.State(CausalConvolution.DoublesOf(input.Width, taps))));
    }
}
