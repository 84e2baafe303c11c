using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record FoldQuery
{
    private const int Columns = 64;

    public override DevicePart Device => new Part(this);

    private sealed class Part(FoldQuery op) : DevicePart
    {
        private string Sizes => $"{op.Width}, {op.Heads}, {Model.Sizes.Pad(op.Width)}";

        public override void Prepare(DeviceLayer layer) => layer.Add(
            "fold_query", LaunchShape.Of(op.Heads), 256, ["FoldQuery"],
            w => w.Call("fold_query", Sizes, [.. Weights(w), "static_cast<int>(blockIdx.x)", w.Derived(op.Folded.Values), w.Derived(op.Folded.Offsets)]));

        public override void Forward(DeviceLayer layer)
        {
        }

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
        }

        public override void Finish(DeviceLayer layer)
        {
            layer.Add(
                "fold_query_backward", LaunchShape.Of(op.Heads), 256, ["FoldQuery"], w =>
                {
                    w.Line("__shared__ double shared[8];");
                    w.Line("double squares = fold_query_backward<" + Sizes + ">(" + string.Join(", ", [
                        .. Weights(w), "static_cast<int>(blockIdx.x)", w.DerivedGradients(op.Folded.Values), w.DerivedGradients(op.Folded.Offsets),
                        w.Gradients(op.Q.Values), w.Gradients(op.Q.Offsets), w.Gradients(op.K.Values), w.Gradients(op.K.Offsets)]) + ");");
                    LeaveSquares(w);
                }, countsSquares: true);
            layer.Add(
                "fold_query_finish", LaunchShape.Of((op.Width + Columns - 1) / Columns), 256, ["FoldQuery"], w =>
                {
                    w.Line("__shared__ double shared[8];");
                    w.Line($"double squares = fold_query_finish<{op.Width}, {Model.Sizes.Pad(op.Width)}>({w.Weights(op.Q.Values)}, {w.Gradients(op.Q.Offsets)}, static_cast<int>(blockIdx.x), {w.Gradients(op.Query)});");
                    LeaveSquares(w);
                }, countsSquares: true);
        }

        private string[] Weights(KernelWriter w) => [w.Weights(op.Query), w.Weights(op.Q.Values), w.Weights(op.Q.Offsets), w.Weights(op.K.Values), w.Weights(op.K.Offsets)];

        private static void LeaveSquares(KernelWriter w)
        {
            w.Line("squares = block_sum<256>(squares, shared);");
            using (w.Open("if (threadIdx.x == 0)"))
            {
                w.Line($"{w.Squares("blockIdx.y * gridDim.x + blockIdx.x")} = squares;");
            }
        }
    }
}
