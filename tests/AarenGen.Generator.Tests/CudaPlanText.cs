using System.Globalization;
using System.Text;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;
using AarenGen.Generator.Operations;

namespace AarenGen.Generator.Tests;

/// <summary>A plan of kernels as a person reads it: a line for each kernel, tile operation, bound buffer and launch.</summary>
internal static class CudaPlanText
{
    public static string Of(CudaPlan plan)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"{plan.Class.Name}: {plan.Kernels.Count} kernels, {plan.PartialFloats} floats of partial gradients, ")
            .Append(CultureInfo.InvariantCulture,
            $"{plan.GradientNormPartials} gradient-norm partials, outputs at {string.Join(", ", plan.Outputs)}\n")
            .Append(CultureInfo.InvariantCulture, $"libraries: {string.Join(", ", plan.Libraries)}\n");
        foreach (CudaKernel kernel in plan.Kernels)
        {
            Kernel(text, kernel);
        }
        text.Append("\nlaunches\n");
        Launches(text, "prepare", plan.Prepare);
        Launches(text, "forward", plan.Forward);
        Launches(text, "evaluate", plan.Evaluate);
        Launches(text, "backward", plan.Backward);
        Launches(text, "update", plan.Update);
        return text.ToString();
    }

    private static void Kernel(StringBuilder text, CudaKernel kernel)
    {
        KernelNode node = kernel.Node;
        text.Append(CultureInfo.InvariantCulture, $"\n{kernel.Name}: {Describe(node)}\n    grid {Grid(node.Grid)}, {node.Threads} threads")
            .Append(node.MinBlocksPerMultiprocessor == 0 ? "" : $", at least {node.MinBlocksPerMultiprocessor} blocks per multiprocessor")
            .Append(node.CarriedWords == 0 ? "" : $", {node.CarriedWords} carried words")
            .Append(node.LeavesGradientNorm ? $", gradient-norm partials from {kernel.GradientNormStart}" : "").Append('\n');
        if (node is TileKernel { Operations.Count: > 1 } tiles)
        {
            foreach (TileOperation operation in tiles.Operations)
            {
                text.Append(CultureInfo.InvariantCulture, $"    does {Describe(operation)}\n");
            }
        }
        if (node is TileKernel { Beside: { } beside })
        {
            text.Append(CultureInfo.InvariantCulture, $"    beside {beside.Grid.Fixed} blocks of {Describe(beside)}\n");
        }
        foreach (BufferBinding buffer in kernel.Buffers)
        {
            var operand = node.Reads.Concat(node.Writes).First(o => o.Name == buffer.Name);
            string access = !node.IsWriting(operand) ? "reads" : node.IsReading(operand) ? "updates" : "writes";
            text.Append(CultureInfo.InvariantCulture, $"    {access} {buffer.Name} = {Pointer(buffer.Pointer)}\n");
        }
        foreach (PartialGradient partial in node.PartialGradients)
        {
            LayerMemory layer = kernel.Layer!;
            PartialGradient own = layer.PartialGradients.Single(p => (p.Offset, p.IsDerived) == (partial.Offset, partial.IsDerived));
            string weights = Buffer((own.IsDerived ? layer.Derived : layer.Weights).Plus(own.Offset)),
                at = Buffer(layer.Partials.Plus(own.Buffer));
            string kind = own.IsDerived ? "derived weights" : "parameters";
            text.Append(CultureInfo.InvariantCulture,
                $"    leaves {own.Parts} partial gradients of {kind} {weights}, {own.Length} floats each, at {at}\n");
        }
    }

    private static string Describe(KernelNode node) => node switch
    {
        TileKernel { Single: { } operation } => Describe(operation),
        TileKernel tiles => $"{tiles.Operations.Count} tile operations",
        WeightGradients weights =>
            $"WeightGradients of {string.Join(", ", weights.Maps.Select(static m => Describe(m)))} in {weights.Parts} parts",
        CopyGradient copy => $"CopyGradient of {copy.From.Name} to {copy.To.Name}{(copy.Accumulates ? ", added" : "")}",
        LossNode loss => FormattableString.Invariant($"{loss.Summary}, scale {loss.Scale}, ")
            + $"outputs {Pointer(loss.Outputs)}, gradient {Pointer(loss.Gradient)}",
        TrunkGradientNode trunk =>
        $"TrunkGradient, width {trunk.Width}, {Pointer(trunk.From)} {(trunk.IsFirst ? "copied" : "added")} to {Pointer(trunk.Sum)}",
        ReduceGradientsNode reduce => $"ReduceGradients of {reduce.Segments.Count} segments, {reduce.Float4s} float4s",
        AdamWNode adamW => $"AdamW over {adamW.Parameters} floats, decay "
            + string.Join(", ", adamW.Runs.Select(static r => $"{(r.Decays ? "on" : "off")} from {r.Start}")),
        _ => node.GetType().Name,
    };

    private static string Describe(WeightGradient gradient) =>
        gradient.Map.Matrix.Name + (gradient.Normalization is null ? "" : " (normalised on load)");

    private static string Describe(Linear map) => map.Matrix.Name + (map.Residual is null ? "" : $" + {map.Residual.Name}");

    private static string Describe(TileOperation operation) => operation switch
    {
        ChainedGemms chained => $"{Describe(chained.First)}, and through shared memory {Describe(chained.Second)}",
        LinearForward linear =>
            $"LinearForward {string.Join(", ", linear.Maps.Select(static m => Describe(m)))}"
            + (linear.Normalization is { } n ? $", normalising {n.Input.Name} on load" : "")
            + (linear.Activation is { } a ? $", {a.Function}" : ""),
        LinearInputGradient linear => $"LinearInputGradient {string.Join(", ", linear.Maps.Select(static m => m.Matrix.Name))}"
            + (linear.Addend is { } addend ? $" + gradient of {addend.Name}" : "")
            + (linear.Activation is { } a ? $", times {a.Function}'s derivative" : "")
            + (linear.IsForTokenGradients ? ", if wanted" : ""),
        NormalizeBackward normalize => (normalize.Producer is { } producer ? Describe(producer) + ", and through shared memory " : "")
            + $"NormalizeBackward {normalize.Operation.Output.Name}"
            + (normalize.Addend is { } addend ? $" + gradient of {addend.Name}" : ""),
        _ => operation.GetType().Name,
    };

    private static string Grid(GridShape grid) => string.Join(
        " + ",
        ((string[])
        [
            grid.PerRowTile == 0 ? "" : $"{grid.PerRowTile} × ⌈rows / {grid.RowsPerTile}⌉",
            grid.PerSequence == 0 ? "" : $"{grid.PerSequence} × sequences",
            grid.Fixed == 0 ? "" : $"{grid.Fixed}",
        ]).Where(static s => s.Length > 0));

    private static string Pointer(DevicePointer pointer) => pointer switch
    {
        TokensPointer => "tokens",
        TokenGradientsPointer => "token gradients",
        MemoryPointer p => $"memory {Buffer(p.Buffer)}",
        PrecedingOutputPointer p => $"{Pointer(p.BeforeLayer)}, then the block before of memory {Buffer(p.Outputs)}",
        AlternatingPointer p => (p.End is { } end ? $"memory {Buffer(end)} at the end, else " : "")
        + $"memory {Buffer(p.Even)} or {Buffer(p.Odd)} by {p.Turn} - block",
        FirstBlockPointer p => $"{Pointer(p.First)} for the first block, else {Pointer(p.Others)}",
        _ => throw new InvalidOperationException(pointer.GetType().Name),
    };

    private static string Buffer(BufferRef buffer) =>
        $"{buffer.Offset}{(buffer.BlockStride == 0 ? "" : $" + block × {buffer.BlockStride}")}";

    private static void Launches(StringBuilder text, string phase, EquatableArray<CudaLaunch> launches)
    {
        text.Append(CultureInfo.InvariantCulture, $"    {phase}\n");
        foreach (CudaLaunch launch in launches)
        {
            string blocks = launch.Blocks == 1
                ? $"block {launch.FirstBlock}" : $"blocks {launch.FirstBlock} to {launch.FirstBlock + launch.Blocks - 1}";
            text.Append(CultureInfo.InvariantCulture, $"        {launch.Kernel}, {blocks}\n");
        }
    }
}
