using System.Globalization;
using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Dropout
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(Dropout dropout) : DevicePart
    {
        public override void Forward(DeviceLayer layer) => Add(layer, "_dropout", w => w.Value(dropout.Branch));

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            Value gradient = layer.Resolve(dropout.Branch);
            Add(layer, "_dropout_backward", w => w.Gradient(gradient));
        }

        private void Add(DeviceLayer layer, string suffix, Func<KernelWriter, string> rows)
        {
            float rate = (float)dropout.Rate;
            string threshold = ((uint)(rate * 4294967296.0)).ToString(CultureInfo.InvariantCulture) + "u";
            string scale = $"static_cast<float>({(1 / (1 - rate)).ToString("R", CultureInfo.InvariantCulture)})";
            layer.Add(
                dropout.Branch.Name + suffix, Rowwise.Shape, Rowwise.Threads, ["Dropout"],
                w => w.Call("dropout_rows", $"{dropout.Branch.Stride}, {dropout.Branch.Width}", "pass", rows(w), w.Salt(dropout.Salt), threshold, scale));
        }
    }
}
