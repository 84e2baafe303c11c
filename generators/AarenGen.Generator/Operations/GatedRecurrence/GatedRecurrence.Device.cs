using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record GatedRecurrence
{
    /// <summary>Tokens that a thread holds in registers, of each four channels.</summary>
    private const int Tokens = 4;

    public override DevicePart Device => new OnDevice(this);

    private sealed class OnDevice(GatedRecurrence op) : DevicePart
    {
        private readonly TimeCut cut = TimeCut.Of(op.Output.Width, Tokens);

        private string Sizes => $"{op.Mixer}, {cut}, {op.Output.Width}, {op.Output.Stride}";

        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", cut.Shape, cut.Threads, ["GatedRecurrence"],
            w => w.Call("recurrence_forward", Sizes, ["pass", .. Gates(w.Value), w.Value(op.Candidates), w.Value(op.Output)]));

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            Value gradient = layer.Resolve(op.Output);
            layer.Add(
                op.Output.Name + "_backward", cut.Shape, cut.Threads, ["GatedRecurrence"],
                w => w.Call(
                    "recurrence_backward", Sizes,
                    ["pass", w.Gradient(gradient), .. Gates(w.Value), w.Value(op.Candidates), w.Value(op.Output), .. Gates(w.Gradient), w.Gradient(op.Candidates)]));
        }

        private string[] Gates(Func<Value, string> rows) => [rows(op.Gates[0]), op.Gates.Count > 1 ? rows(op.Gates[1]) : "nullptr"];
    }
}
