using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record ForgettingAttention : ILowersToCuda
{
    /// <summary>Tokens that a thread holds in registers.</summary>
    private const int Tokens = 4;

    private AttentionScan DeviceScan => new(Values, Scores, Forgets, Output, Heads, GatesMemory, StateOffset);

    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [DeviceScan.Forward(layer)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) =>
        [DeviceScan.Backward(), new ForgetGateBackward(this, TimeCut.Of(Heads, Tokens))];
}

/// <summary>The gradient of the forget gates, from that of the scores against time.</summary>
internal sealed record ForgetGateBackward(ForgettingAttention Operation, TimeCut Cut) : KernelNode(
    Operation.Forgets.Name + "_backward", Cut.Grid, Cut.Threads, ["ForgettingAttention"],
    [Operand.GradientOf(Operation.Scores), Operand.Of(Operation.Forgets)], [Operand.GradientOf(Operation.Forgets)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "forget_gate_backward",
        w.Configuration(
            Operation.Forgets.Name + "_scan", [.. Cut.Constants, ("width", Operation.Heads), ("stride", Operation.Forgets.Stride)]),
        "pass", w.Gradient(Operation.Scores), w.Value(Operation.Forgets), w.Gradient(Operation.Forgets), w.State(Operation.StateOffset));
}
