using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record ShapeOutput
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(ShapeOutput op) : DevicePart
    {
        private int Padded => (op.Output.Width + 3) / 4 * 4;

        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, ["ShapeOutput"], w =>
            {
                foreach (string sizes in Sizes())
                {
                    w.Call("shape_columns", sizes, "pass", w.Value(op.Input), w.Value(op.Output));
                }
                ClearPadding(w, w.Value(op.Output));
            });

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            Value gradient = layer.Resolve(op.Output);
            layer.Add(op.Output.Name + "_backward", Rowwise.Shape, Rowwise.Threads, ["ShapeOutput"], w =>
            {
                foreach (string sizes in Sizes())
                {
                    w.Call("shape_columns_backward", sizes, "pass", w.Gradient(gradient), w.Value(op.Input), w.Gradient(op.Input));
                }
                ClearPadding(w, w.Gradient(op.Input));
            });
        }

        /// <summary>Neighbouring stretches of one role in one: each is a whole number of times the features.</summary>
        private IEnumerable<string> Sizes()
        {
            for (int first = 0, end; first < op.Roles.Count; first = end)
            {
                end = first + 1;
                while (end < op.Roles.Count && op.Roles[end] == op.Roles[first])
                {
                    end++;
                }
                yield return $"{op.Output.Stride}, {first * op.Values}, {(end - first) * op.Values}, {op.Roles[first]}, {op.Features}";
            }
        }

        private void ClearPadding(KernelWriter w, string rows)
        {
            if (Padded > op.Output.Width)
            {
                w.Call("clear_columns", $"{op.Output.Stride}, {op.Output.Width}, {Padded}", "pass", rows);
            }
        }
    }
}
