using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record KeepKind
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(KeepKind op) : DevicePart
    {
        private string Sizes => $"{op.Kind}, {op.Kinds.Stride}, {op.Input.Stride}, {op.Input.Width}";

        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, ["Kinds"],
            w => w.Call("keep_kind", "false, " + Sizes, "pass", w.Value(op.Kinds), w.Value(op.Input), w.Value(op.Output)));

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            // Categories and times send no gradient back: nothing is there to add.
            bool hasGradient = layer.Plan.Operations.Any(s => s.Operation.Inputs.Any(v => v.Name == op.Output.Name));
            if (!hasGradient && accumulates[0])
            {
                return;
            }
            Value gradient = layer.Resolve(op.Output);
            layer.Add(op.Output.Name + "_backward", Rowwise.Shape, Rowwise.Threads, ["Kinds"], w =>
            {
                TokenGradients.SkipUnlessWanted(w);
                if (hasGradient)
                {
                    w.Call("keep_kind", $"{(accumulates[0] ? "true" : "false")}, {Sizes}", "pass", w.Value(op.Kinds), w.Gradient(gradient), w.Gradient(op.Input));
                }
                else
                {
                    w.Call("clear_columns", $"{op.Input.Stride}, 0, {(op.Input.Width + 3) / 4 * 4}", "pass", w.Gradient(op.Input));
                }
            });
        }
    }
}
