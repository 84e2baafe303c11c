using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Layers.Shared;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Layers.LayerNorm;

internal sealed partial record Normalize
{
    /// <summary>Thread blocks that share the rows on the way back.</summary>
    private const int BackwardBlocks = 128;

    public override DevicePart Device => new Part(this);

    private sealed class Part(Normalize op) : DevicePart
    {
        private string Sizes => $"{op.Input.Width}, {op.Input.Stride}";

        public override void Forward(DeviceLayer layer)
        {
            if (layer.NormalizedOnLoad(op.Output) is null)
            {
                layer.Add(new NormalizeStage(layer, op));
            }
        }

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            Value gradient = layer.Resolve(op.Output);
            Value? addend = layer.Addend(op.Input, accumulates[0]);
            GradientRun scale = layer.Partials(op.Scale, BackwardBlocks), shift = layer.Partials(op.Shift, BackwardBlocks);
            layer.Add(
                op.Output.Name + "_backward", LaunchShape.Of(BackwardBlocks), 256, ["Normalize"],
                w => w.Call(
                    "normalize_backward", Sizes, w.Gradient(gradient), w.Value(op.Input), w.Memory(TileStage.StatisticsOf(op), op.StatisticsMemory), w.Weights(op.Scale),
                    "pass.settings->rows", "static_cast<int>(blockIdx.x)", $"{BackwardBlocks}", addend is null ? "nullptr" : w.Gradient(addend), w.Gradient(op.Input),
                    w.Part(scale, "blockIdx.x"), w.Part(shift, "blockIdx.x")));
        }
    }
}
