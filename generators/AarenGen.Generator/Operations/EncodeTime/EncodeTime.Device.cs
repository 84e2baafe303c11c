using System.Globalization;
using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record EncodeTime
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(EncodeTime op) : DevicePart
    {
        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", LaunchShape.OfRows(64), 256, ["Sinusoids"],
            w => w.Call(
                "encode_times", $"{op.Output.Width}, {op.Output.Stride}, {op.Tokens.Stride}, {op.Column}", "pass",
                (Math.Log(op.LongestPeriod) / Math.Log(2)).ToString("R", CultureInfo.InvariantCulture), w.Value(op.Tokens), w.Value(op.Output)));

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
        }
    }
}
