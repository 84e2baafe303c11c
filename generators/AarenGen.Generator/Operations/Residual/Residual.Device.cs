using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Residual
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(Residual residual) : DevicePart
    {
        public override void Forward(DeviceLayer layer) => layer.Add(
            residual.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, ["rows"],
            w => w.Call("add_rows", $"{residual.Output.Stride}, {residual.Output.Width}", "pass", w.Value(residual.Stream), w.Value(residual.Branch), w.Value(residual.Output)));

        // A copy at once: the branch's dropout changes the shared gradient.
        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates) =>
            layer.Add(Rowwise.GradientStage(layer.Resolve(residual.Output), residual.Stream, accumulates[0]));
    }
}
