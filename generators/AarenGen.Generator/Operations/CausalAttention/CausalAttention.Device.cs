using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record CausalAttention
{
    public override DevicePart Device => new OnDevice(this);

    private sealed class OnDevice(CausalAttention op) : DevicePart
    {
        private readonly Cut cut = Cut.Of(op.Output.Width / op.Heads);

        private string Sizes => $"{cut}, {op.Context}, {op.Heads}, {op.Output.Width}, {op.Output.Stride}";

        /// <summary>A tile of tokens lies in one sequence: each sequence may begin one more than its rows fill.</summary>
        private LaunchShape Shape => new(op.Heads * cut.Chunks, cut.Tokens, op.Heads * cut.Chunks, 0);

        public override void Forward(DeviceLayer layer) => Add(
            layer, "_forward", "causal_attention",
            w => [w.Value(op.Queries), w.Value(op.Keys), w.Value(op.Values), Statistics(w), w.Value(op.Output)]);

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            Value gradient = layer.Resolve(op.Output);
            Add(
                layer, "_query_backward", "causal_attention_query_gradient",
                w => [w.Gradient(gradient), w.Value(op.Queries), w.Value(op.Keys), w.Value(op.Values), w.Value(op.Output), Statistics(w), w.Gradient(op.Queries)]);
            Add(
                layer, "_key_backward", "causal_attention_key_gradient",
                w => [w.Gradient(gradient), w.Value(op.Queries), w.Value(op.Keys), w.Value(op.Values), Statistics(w), w.Gradient(op.Keys), w.Gradient(op.Values)]);
        }

        private string Statistics(KernelWriter w) => w.Memory("statistics", op.StatisticsMemory);

        private void Add(DeviceLayer layer, string suffix, string function, Func<KernelWriter, string[]> arguments) => layer.Add(
            op.Output.Name + suffix, Shape, Cut.Threads, ["CausalAttention"], w => w.Call(function, Sizes, ["pass", .. arguments(w)]));
    }

    /// <summary>
    /// How a head is cut: Lanes threads along its channels with Fours of four each, Chunks thread blocks where it is wider; Passing tokens are in
    /// shared memory at a time.
    /// </summary>
    private sealed record Cut(int Channels, int Fours, int Lanes, int Chunks, int Passing)
    {
        public const int Threads = 128;

        private const int MostFours = 4, MostLanes = 32, LeastPassing = 8, MostPassing = 64, FloatsWanted = 2048;

        public int Tokens => Threads / Lanes;

        public static Cut Of(int channels)
        {
            int fours = (channels + 3) / 4, lanes = 1;
            while (lanes * MostFours < fours && lanes < MostLanes)
            {
                lanes *= 2;
            }
            int own = Math.Min(MostFours, (fours + lanes - 1) / lanes), floats = 4 * own * lanes;
            int passing = Math.Max(LeastPassing, Math.Min(MostPassing, FloatsWanted / floats / LeastPassing * LeastPassing));
            return new(channels, own, lanes, (channels + floats - 1) / floats, passing);
        }

        public override string ToString() => $"HeadShape<{Channels}, {Fours}, {Lanes}, {Chunks}, {Passing}>";
    }
}
