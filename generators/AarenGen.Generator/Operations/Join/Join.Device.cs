using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Join
{
    public override DevicePart Device => new Part(this);

    private sealed class Part(Join op) : DevicePart
    {
        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, ["rows"], w =>
            {
                int offset = 0;
                foreach (Value piece in op.Pieces)
                {
                    w.Call("copy_columns", $"{piece.Width}, {piece.Stride}, 0, {op.Output.Stride}, {offset}", "pass", w.Value(piece), w.Value(op.Output));
                    offset += piece.Width;
                }
                ClearPadding(w, op.Output, w.Value(op.Output));
            });

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            Value gradient = layer.Resolve(op.Output);
            layer.Add(op.Output.Name + "_backward", Rowwise.Shape, Rowwise.Threads, ["rows"], w =>
            {
                int offset = 0;
                foreach (Value piece in op.Pieces)
                {
                    w.Call("copy_columns", $"{piece.Width}, {op.Output.Stride}, {offset}, {piece.Stride}, 0", "pass", w.Gradient(gradient), w.Gradient(piece));
                    ClearPadding(w, piece, w.Gradient(piece));
                    offset += piece.Width;
                }
            });
        }

        private static void ClearPadding(KernelWriter w, Value value, string rows)
        {
            if (value.Width % 4 != 0)
            {
                w.Call("clear_columns", $"{value.Stride}, {value.Width}, {(value.Width + 3) / 4 * 4}", "pass", rows);
            }
        }
    }
}
