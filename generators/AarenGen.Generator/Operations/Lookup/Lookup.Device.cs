using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record Lookup
{
    private const int Threads = 256, MostLanes = 64;

    public override DevicePart Device => new Part(this);

    private sealed class Part(Lookup op) : DevicePart
    {
        private string Sizes => $"{op.Output.Width}, {op.Output.Stride}, {op.Tokens.Stride}, {op.Column}";

        public override void Forward(DeviceLayer layer) => layer.Add(
            op.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, ["Lookup"],
            w => w.Call("lookup", Sizes, "pass", w.Value(op.Tokens), w.Weights(op.Table), w.Value(op.Output)));

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            int fours = op.Table.Stride / 4, lanes = PowerOfTwo(fours, MostLanes), categories = PowerOfTwo(op.Table.Rows, Threads / lanes);
            int slots = Threads / lanes / categories;
            int blocks = (fours + lanes - 1) / lanes * ((op.Table.Rows + categories - 1) / categories);
            int parts = Math.Max(1, Math.Min(DeviceLayer.LargestParts, DeviceLayer.BlocksWanted / blocks));
            Value gradient = layer.Resolve(op.Output);
            GradientRun run = layer.Partials(op.Table, parts);
            layer.Add(
                op.Output.Name + "_backward", LaunchShape.Of(checked(parts * blocks)), Threads, ["Lookup"],
                w => w.Call(
                    "lookup_backward", $"{Sizes}, {op.Table.Rows}, {parts}, {lanes}, {categories}, {slots}", "pass", w.Gradient(gradient), w.Value(op.Tokens),
                    w.Part(run, $"(blockIdx.x % {parts})")));
        }

        /// <summary>The smallest power of two that is no less, or the most there may be.</summary>
        private static int PowerOfTwo(int least, int most)
        {
            int power = 1;
            while (power < least && power < most)
            {
                power *= 2;
            }
            return power;
        }
    }
}
