using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record PrefixMean : ILowersToCuda
{
    /// <summary>Tokens that a thread holds in registers.</summary>
    private const int Tokens = 4;

    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new PrefixMeanForward(this, TimeCut.Of(Input.Width, Tokens))];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) =>
        [new PrefixMeanBackward(this, TimeCut.Of(Input.Width, Tokens), accumulates[0])];
}

/// <summary>The mean of each sequence's tokens so far.</summary>
internal sealed record PrefixMeanForward(PrefixMean Operation, TimeCut Cut) : KernelNode(
    Operation.Output.Name + "_forward", Cut.Grid, Cut.Threads, ["PrefixMean"], [Operand.Of(Operation.Input)],
    [Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "prefix_mean",
        w.Configuration(
            Operation.Output.Name + "_mean",
            [.. Cut.Constants, ("width", Operation.Input.Width), ("stride", Operation.Input.Stride)]),
        "pass", w.Value(Operation.Input), w.Value(Operation.Output), w.State(Operation.StateOffset));
}

/// <summary>Its gradient, against time.</summary>
internal sealed record PrefixMeanBackward(PrefixMean Operation, TimeCut Cut, bool Accumulates) : KernelNode(
    Operation.Output.Name + "_backward", Cut.Grid, Cut.Threads, ["PrefixMean"],
    [Operand.GradientOf(Operation.Output), .. Operand.GradientOfAny(Accumulates ? Operation.Input : null)],
    [Operand.GradientOf(Operation.Input)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "prefix_mean_backward",
        w.Configuration(
            Operation.Output.Name + "_mean_backward",
            [.. Cut.Constants, ("width", Operation.Input.Width), ("stride", Operation.Input.Stride), ("adds", Accumulates)]),
        "pass", w.Gradient(Operation.Output), w.Gradient(Operation.Input), w.State(Operation.StateOffset));
}
