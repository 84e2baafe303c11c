using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Copy
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(Copy copy) : DevicePart
    {
        public override void Forward(DeviceLayer layer) => layer.Add(
            copy.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, ["rows"],
            w => w.Call("copy_rows", $"{copy.Input.Stride}, {copy.Input.Width}", "pass", w.Value(copy.Input), w.Value(copy.Output)));

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates) =>
            layer.Add(Rowwise.GradientStage(layer.Resolve(copy.Output), copy.Input, accumulates[0]));
    }
}
