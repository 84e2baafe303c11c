using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Layers.Shared;

internal sealed partial record Copy
{
    public override DevicePart Device => new Part(this);

    /// <summary>A gradient that goes on as it is, or is added.</summary>
    public static DeviceStage GradientStage(Value from, Value to, bool accumulates) => new SimpleStage(
        to.Name + (accumulates ? "_gradient_add" : "_gradient_copy"), Rowwise.Shape, Rowwise.Threads, ["rows"], w =>
        {
            string sizes = $"{to.Stride}, {to.Width}";
            if (accumulates)
            {
                w.Call("add_rows", sizes, "pass", w.Gradient(from), w.Gradient(to), w.Gradient(to));
            }
            else
            {
                w.Call("copy_rows", sizes, "pass", w.Gradient(from), w.Gradient(to));
            }
        });

    private sealed class Part(Copy copy) : DevicePart
    {
        public override void Forward(DeviceLayer layer) => layer.Add(
            copy.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, ["rows"],
            w => w.Call("copy_rows", $"{copy.Input.Stride}, {copy.Input.Width}", "pass", w.Value(copy.Input), w.Value(copy.Output)));

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates) =>
            layer.Add(GradientStage(layer.Resolve(copy.Output), copy.Input, accumulates[0]));
    }
}
