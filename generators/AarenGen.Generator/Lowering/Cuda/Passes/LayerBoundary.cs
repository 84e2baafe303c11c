using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Lowering.Cuda.Passes;

/// <summary>Where the rows at a layer's boundaries and their gradients lie, for all its blocks.</summary>
internal sealed record LayerBoundary(DevicePointer Input, DevicePointer Output, DevicePointer InputGradient, DevicePointer OutputGradient)
{
    /// <summary>
    /// Two buffers take turns as the gradients at boundaries, from the end of the trunk or head; where heads branch off, the trunk's last
    /// gradient is the sum of theirs, in a third. Before: what comes before the layer. After: how many blocks follow in the trunk or head.
    /// </summary>
    public static LayerBoundary Of(Plan plan, LayerPlan layer, DevicePointer before, int after, bool isTrunk)
    {
        BoundaryGradients gradients = plan.BoundaryGradients;
        BufferRef first = new(gradients.First), second = new(gradients.Second);
        BufferRef? end = isTrunk && gradients.Trunk is { } trunk ? new(trunk) : null;
        (BufferRef even, BufferRef odd) = end is null ? (first, second) : (second, first);
        DevicePointer input = layer.Repeat == 1 ? before : new PrecedingOutputPointer(before, layer.Output);
        DevicePointer outputGradient = Turn(after), inputGradient = Turn(after + 1);
        if (isTrunk && layer == plan.Trunk[0])
        {
            inputGradient = layer.Repeat == 1 ? new TokenGradientsPointer()
                : new FirstBlockPointer(new TokenGradientsPointer(), inputGradient);
        }
        return new(input, new MemoryPointer(layer.Output), inputGradient, outputGradient);

        // Blocks: how many the backward pass has taken before the layer's last one.
        DevicePointer Turn(int blocks) =>
            layer.Repeat > 1 ? new AlternatingPointer(blocks + layer.Repeat - 1, even, odd, blocks == 0 ? end : null)
            : new MemoryPointer(blocks == 0 && end is not null ? end : blocks % 2 == 0 ? even : odd);
    }

    /// <summary>Where an operand of one of the layer's kernels lies; memory is the layer's.</summary>
    public DevicePointer PointerOf(Operand operand, LayerPlan layer, BufferRef memory)
    {
        (Value value, bool isGradient) = (operand.Rows, operand.IsGradient);
        if (isGradient && value.SharesGradientOf is { } shared)
        {
            value = layer.Values.FirstOrDefault(v => v.Name == shared) ?? new Value(shared, value.Width);
        }
        if (!value.IsAtBoundary)
        {
            return new MemoryPointer(isGradient ? new(layer.GradientMemory + value.Gradient) : memory.Plus(value.Memory));
        }
        return (value.Name, isGradient) switch
        {
            ("input", false) => Input,
            ("input", true) => InputGradient,
            (_, false) => Output,
            (_, true) => OutputGradient,
        };
    }
}
