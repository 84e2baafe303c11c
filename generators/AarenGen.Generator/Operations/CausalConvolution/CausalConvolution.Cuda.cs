using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record CausalConvolution : ILowersToCuda
{
    internal const string DeviceLibrary = "CausalConvolution";

    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new CausalConvolutionForward(this)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) =>
        [new CausalConvolutionWeights(this), new CausalConvolutionBackward(this, accumulates[0] ? Input : null)];

    /// <summary>What the templates read.</summary>
    internal string DeviceTaps(KernelWriter w, string name, params Constant[] more) => w.Configuration(
        $"{Output.Name}_{name}", [("taps", Taps), ("width", Output.Width), ("stride", Output.Stride), .. more]);
}

/// <summary>The convolution, and the rows themselves.</summary>
internal sealed record CausalConvolutionForward(CausalConvolution Operation) : RowwiseNode(
    Operation.Output.Name + "_forward", [CausalConvolution.DeviceLibrary], [Operand.Of(Operation.Input)],
    [Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "convolve", Operation.DeviceTaps(w, "taps"), "pass", w.Weights(Operation.Weights), w.Weights(Operation.Bias),
        w.Value(Operation.Input), w.Value(Operation.Output), w.State(Operation.StateOffset));
}

/// <summary>The gradient of the rows, added to that of Addend.</summary>
internal sealed record CausalConvolutionBackward(CausalConvolution Operation, Value? Added) : RowwiseNode(
    Operation.Output.Name + "_backward", [CausalConvolution.DeviceLibrary],
    [Operand.GradientOf(Operation.Output), .. Operand.GradientOfAny(Added)], [Operand.GradientOf(Operation.Input)]), IKernelCode
{
    public override Value? Addend => Added;

    public override KernelNode WithAddend(Value addend) => new CausalConvolutionBackward(Operation, addend);

    public void Print(KernelWriter w) => w.Call(
        "convolve_backward", Operation.DeviceTaps(w, "taps"), "pass", w.Weights(Operation.Weights), w.Gradient(Operation.Output),
        Added is null ? "nullptr" : w.Gradient(Added), w.Gradient(Operation.Input));
}

/// <summary>The gradients of weights and bias, in parts along the batch's rows.</summary>
internal sealed record CausalConvolutionWeights(CausalConvolution Operation) : KernelNode(
    Operation.Output.Name + "_weights", GridShape.Of(PartsOf(Operation) * GroupsOf(Operation)), 256,
    [CausalConvolution.DeviceLibrary], [Operand.GradientOf(Operation.Output), Operand.Of(Operation.Input)], []), IKernelCode
{
    private const int ChannelsPerBlock = 64;

    public override EquatableArray<PartialGradient> PartialGradients =>
        [PartialGradient.Of(Operation.Weights, PartsOf(Operation)), PartialGradient.Of(Operation.Bias, PartsOf(Operation))];

    public void Print(KernelWriter w)
    {
        int parts = PartsOf(Operation);
        string part = $"(blockIdx.x % {parts})";
        w.Call(
            "convolution_weights", Operation.DeviceTaps(w, "weight_taps", ("parts", parts)), "pass", w.Value(Operation.Input),
            w.Gradient(Operation.Output), w.Partial(Operation.Weights, part), w.Partial(Operation.Bias, part),
            w.State(Operation.StateOffset));
    }

    private static int GroupsOf(CausalConvolution operation) => (operation.Output.Width + ChannelsPerBlock - 1) / ChannelsPerBlock;

    private static int PartsOf(CausalConvolution operation) => PartCounts.For(GroupsOf(operation));
}
