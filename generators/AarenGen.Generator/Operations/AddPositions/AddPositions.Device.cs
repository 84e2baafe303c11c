using System.Globalization;
using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record AddPositions
{
    private const int Threads = 256, SinusoidRows = 64;

    /// <summary>The longest period of positions, of which device code takes the logarithm.</summary>
    private const double Period = 10_000;

    public override DevicePart Device => new Part(this);

    private sealed class Part(AddPositions op) : DevicePart
    {
        private string Sizes => $"{op.Input.Width}, {op.Input.Stride}";

        public override void Forward(DeviceLayer layer)
        {
            if (op.Table is { } table)
            {
                layer.Add(
                    op.Output.Name + "_forward", Rowwise.Shape, Rowwise.Threads, ["Positions"],
                    w => w.Call("add_positions", $"{Sizes}, {table.Rows}", "pass", w.Value(op.Input), w.Weights(table), w.Value(op.Output)));
                return;
            }
            string period = (Math.Log(Period) / Math.Log(2)).ToString("R", CultureInfo.InvariantCulture);
            layer.Add(
                op.Output.Name + "_forward", LaunchShape.OfRows(SinusoidRows), Threads, ["Sinusoids"],
                w => w.Call("add_sinusoids", Sizes, "pass", period, w.Value(op.Input), w.Value(op.Output)));
        }

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            Value gradient = layer.Resolve(op.Output);
            if (op.Table is not { } table)
            {
                layer.Add(Rowwise.GradientStage(gradient, op.Input, accumulates[0]));
                return;
            }
            int fours = table.Floats / 4, slots = Math.Max(1, Threads / fours), owners = slots == 1 ? Threads : fours, chunks = (fours + owners - 1) / owners;
            int parts = Math.Max(1, Math.Min(DeviceLayer.LargestParts, DeviceLayer.BlocksWanted / chunks));
            GradientRun run = layer.Partials(table, parts);
            layer.Add(
                op.Output.Name + "_backward", LaunchShape.Of(parts * chunks), Threads, ["Positions"],
                w => w.Call(
                    "positions_backward", $"{(accumulates[0] ? "true" : "false")}, {Sizes}, {table.Rows}, {parts}, {owners}, {slots}", "pass",
                    w.Gradient(gradient), w.Gradient(op.Input), w.Part(run, $"(blockIdx.x % {parts})")));
        }
    }
}
