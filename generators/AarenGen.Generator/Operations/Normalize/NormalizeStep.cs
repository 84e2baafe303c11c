using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;

namespace AarenGen.Generator.Operations;

/// <summary>A layer normalisation whose output is needed in memory.</summary>
internal sealed class NormalizeStep(DeviceLayer layer, Normalize op) : TileStep(layer, 1, ["Normalize"])
{
    public override IReadOnlyList<string> Comments => [$"{op.Output.Name} = LayerNorm({op.Input.Name})"];

    public override bool TakesWholeRows => true;

    public override bool NeedsProductMemory => false;

    public override void PrintRows(KernelWriter w) => w.Call(
        "normalize_forward", $"{Number(op.Input.Width)}, {Number(op.Input.Stride)}", w.Value(op.Input), "row", "rows", w.Weights(op.Scale), w.Weights(op.Shift), w.Value(op.Output),
        w.Memory(op.StatisticsName, op.StatisticsMemory));

    public override void PrintTile(KernelWriter w) => PrintRows(w);
}
