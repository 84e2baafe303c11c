using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Normalize
{
    /// <summary>Thread blocks that share the rows on the way back.</summary>
    private const int BackwardBlocks = 128;

    public override DevicePart Device => new Part(this);

    /// <summary>What kernels call the memory of the statistics.</summary>
    public string StatisticsName => "statisticsOf" + char.ToUpperInvariant(Output.Name[0]) + Output.Name.Substring(1);

    /// <summary>The normalisation that makes a value which nobody needs in memory: all who read it normalise rows as they load them.</summary>
    public static Normalize? OnLoad(DeviceLayer layer, Value value)
    {
        IEnumerable<Operation> operations = layer.Plan.Operations.Select(static s => s.Operation);
        Normalize? normalize = operations.OfType<Normalize>().FirstOrDefault(n => n.Output.Name == value.Name);
        return normalize is not null && !value.IsBorder && operations.All(o => o.Inputs.All(v => v.Name != value.Name) || o.Device?.TakesNormalized(value) == true) ? normalize : null;
    }

    private sealed class Part(Normalize op) : DevicePart
    {
        private string Sizes => $"{op.Input.Width}, {op.Input.Stride}";

        public override void Forward(DeviceLayer layer)
        {
            if (OnLoad(layer, op.Output) is null)
            {
                layer.Add(new TileStage(op.Output.Name, new NormalizeStep(layer, op)));
            }
        }

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            Value gradient = layer.Resolve(op.Output);
            Value? addend = layer.Addend(op.Input, accumulates[0]);
            if (TileStage.IsNarrow(layer) && op.Input.Width <= NormalizeBackwardStep.Widest)
            {
                layer.Add(new TileStage(op.Output.Name, new NormalizeBackwardStep(layer, op, gradient, addend), isBackward: true));
                return;
            }
            GradientRun scale = layer.Partials(op.Scale, BackwardBlocks), shift = layer.Partials(op.Shift, BackwardBlocks);
            layer.Add(
                op.Output.Name + "_backward", LaunchShape.Of(BackwardBlocks), 256, ["Normalize"],
                w => w.Call(
                    "normalize_backward", Sizes, w.Gradient(gradient), w.Value(op.Input), w.Memory(op.StatisticsName, op.StatisticsMemory), w.Weights(op.Scale),
                    "pass.settings->rows", "static_cast<int>(blockIdx.x)", $"{BackwardBlocks}", addend is null ? "nullptr" : w.Gradient(addend), w.Gradient(op.Input),
                    w.Part(scale, "blockIdx.x"), w.Part(shift, "blockIdx.x")));
        }
    }
}
