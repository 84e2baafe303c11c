using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Layers.Shared;

namespace AarenGen.Generator.Layers.LayerNorm;

/// <summary>A layer normalisation whose output is needed in memory, of 64 rows at a time.</summary>
internal sealed class NormalizeStage(DeviceLayer layer, Normalize op) : TileStage(layer, op.Output.Name, 1, ["Normalize"])
{
    public override void PrintTile(KernelWriter w)
    {
        w.Comment($"{op.Output.Name} = LayerNorm({op.Input.Name})");
        w.Call(
            "normalize_forward", $"{op.Input.Width}, {op.Input.Stride}", w.Value(op.Input), "row", "rows", w.Weights(op.Scale), w.Weights(op.Shift), w.Value(op.Output),
            w.Memory(op.StatisticsName, op.StatisticsMemory));
    }
}
