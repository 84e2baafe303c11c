using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record PrefixMean
{
    /// <summary>Tokens that a thread holds in registers.</summary>
    private const int Tokens = 4;

    public override DevicePart Device => new Part(this);

    private sealed class Part(PrefixMean op) : DevicePart
    {
        private readonly TimeCut cut = TimeCut.Of(op.Input.Width, Tokens);

        private string Sizes => $"{op.Input.Width}, {op.Input.Stride}";

        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", cut.Shape, cut.Threads, ["PrefixMean"],
            w => w.Call("prefix_mean", $"{cut}, {Sizes}", "pass", w.Value(op.Input), w.Value(op.Output)));

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            Value gradient = layer.Resolve(op.Output);
            layer.Add(
                op.Output.Name + "_backward", cut.Shape, cut.Threads, ["PrefixMean"],
                w => w.Call("prefix_mean_backward", $"{cut}, {(accumulates[0] ? "true" : "false")}, {Sizes}", "pass", w.Gradient(gradient), w.Gradient(op.Input)));
        }
    }
}
