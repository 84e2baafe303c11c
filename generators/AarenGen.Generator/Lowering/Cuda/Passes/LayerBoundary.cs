using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Lowering.Cuda.Passes;

/// <summary>Where the rows at a layer's boundaries and their gradients lie, for all its blocks.</summary>
internal sealed record LayerBoundary(DevicePointer Input, DevicePointer Output, DevicePointer InputGradient, DevicePointer OutputGradient)
{
    /// <summary>Before: what comes before the layer.</summary>
    public static LayerBoundary Of(Plan plan, LayerPlan layer, DevicePointer before)
    {
        DevicePointer input = layer.Repeat == 1 ? before : new PrecedingOutputPointer(before, layer.Output);
        DevicePointer inputGradient = Gradient(1);
        if (plan.Trunk.Count > 0 && layer == plan.Trunk[0])
        {
            inputGradient = layer.Repeat == 1 ? new TokenGradientsPointer()
                : new FirstBlockPointer(new TokenGradientsPointer(), inputGradient);
        }
        return new(input, new MemoryPointer(layer.Output), inputGradient, Gradient(0));

        // Behind each block (0), or before it (1).
        DevicePointer Gradient(int blocks)
        {
            BoundaryTurns turns = layer.Turns;
            BoundaryBuffer last = turns.Before(blocks);
            return layer.Repeat == 1 ? new MemoryPointer(Place(last)) : new AlternatingPointer(
                turns.BlocksAfter + layer.Repeat - 1 + blocks, Even: Place(turns.At(2)), Odd: Place(turns.At(1)),
                End: last == BoundaryBuffer.Trunk ? Place(last) : null);
        }

        BufferRef Place(BoundaryBuffer buffer) => new(plan.BoundaryGradients.OffsetOf(buffer));
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
