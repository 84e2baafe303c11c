using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record TokenKinds
{
    private const int RowsPerBlock = 256;

    public override DevicePart Device => new Part(this);

    private sealed class Part(TokenKinds op) : DevicePart
    {
        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", LaunchShape.OfRows(RowsPerBlock), RowsPerBlock, ["Kinds"],
            w => w.Call("token_kinds", $"{op.Count}, {op.Output.Stride}", "pass", w.Value(op.Output)));

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
        }
    }
}
