using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record ReadColumns
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(ReadColumns op) : DevicePart
    {
        private int Padded => (op.Output.Width + 3) / 4 * 4;

        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, ["rows"], w =>
            {
                w.Call("copy_columns", $"{op.Output.Width}, {op.Tokens.Stride}, {op.Column}, {op.Output.Stride}, 0", "pass", w.Value(op.Tokens), w.Value(op.Output));
                if (Padded > op.Output.Width)
                {
                    w.Call("clear_columns", $"{op.Output.Stride}, {op.Output.Width}, {Padded}", "pass", w.Value(op.Output));
                }
            });

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            Value gradient = layer.Resolve(op.Output);
            layer.Add(op.Output.Name + "_backward", Rowwise.Shape, Rowwise.Threads, ["rows"], w =>
            {
                TokenGradients.SkipUnlessWanted(w);
                if (accumulates[0])
                {
                    w.Call("add_columns", $"{op.Output.Width}, {op.Output.Stride}, {op.Tokens.Stride}, {op.Column}", "pass", w.Gradient(gradient), w.Gradient(op.Tokens));
                    return;
                }
                int end = op.Column + op.Output.Width, all = (op.Tokens.Width + 3) / 4 * 4;
                w.Call("copy_columns", $"{op.Output.Width}, {op.Output.Stride}, 0, {op.Tokens.Stride}, {op.Column}", "pass", w.Gradient(gradient), w.Gradient(op.Tokens));
                if (op.Column > 0)
                {
                    w.Call("clear_columns", $"{op.Tokens.Stride}, 0, {op.Column}", "pass", w.Gradient(op.Tokens));
                }
                if (end < all)
                {
                    w.Call("clear_columns", $"{op.Tokens.Stride}, {end}, {all}", "pass", w.Gradient(op.Tokens));
                }
            });
        }
    }
}
