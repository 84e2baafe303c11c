using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record GatedRecurrence : ILowersToCuda
{
    /// <summary>Tokens that a thread holds in registers, of each four channels.</summary>
    private const int Tokens = 4;

    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new GatedRecurrenceForward(this, TimeCut.Of(Output.Width, Tokens))];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) =>
        [new GatedRecurrenceBackward(this, TimeCut.Of(Output.Width, Tokens))];

    internal string DeviceTemplate(KernelWriter w, TimeCut cut) => $"{Mixer}, " + w.Configuration(
        Output.Name + "_recurrence", [.. cut.Constants, ("width", Output.Width), ("stride", Output.Stride)]);

    internal string[] DeviceGates(Func<Value, string> rows) => [rows(Gates[0]), Gates.Count > 1 ? rows(Gates[1]) : "nullptr"];
}

/// <summary>The recurrence along each sequence.</summary>
internal sealed record GatedRecurrenceForward(GatedRecurrence Operation, TimeCut Cut) : KernelNode(
    Operation.Output.Name + "_forward", Cut.Grid, Cut.Threads, ["GatedRecurrence"],
    [.. Operation.Gates.Select(Operand.Of), Operand.Of(Operation.Candidates)], [Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "recurrence_forward", Operation.DeviceTemplate(w, Cut),
        ["pass", .. Operation.DeviceGates(w.Value), w.Value(Operation.Candidates), w.Value(Operation.Output),
            w.State(Operation.StateOffset)]);
}

/// <summary>The recurrence's gradients, against time.</summary>
internal sealed record GatedRecurrenceBackward(GatedRecurrence Operation, TimeCut Cut) : KernelNode(
    Operation.Output.Name + "_backward", Cut.Grid, Cut.Threads, ["GatedRecurrence"],
    [Operand.GradientOf(Operation.Output), .. Operation.Gates.Select(Operand.Of), Operand.Of(Operation.Candidates),
    Operand.Of(Operation.Output)],
    [.. Operation.Gates.Select(Operand.GradientOf), Operand.GradientOf(Operation.Candidates)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "recurrence_backward", Operation.DeviceTemplate(w, Cut),
        ["pass", w.Gradient(Operation.Output), .. Operation.DeviceGates(w.Value), w.Value(Operation.Candidates), w.Value(Operation.Output),
            .. Operation.DeviceGates(w.Gradient), w.Gradient(Operation.Candidates), w.State(Operation.StateOffset)]);
}
