using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Layers.Aaren;

internal sealed partial record PrefixAttention
{
    /// <summary>Tokens that a thread holds in registers, where it has four channels of each; four times as many where it has one.</summary>
    private const int ForwardTokens = 8, BackwardTokens = 4;

    public override DevicePart Device => new Part(this);

    private sealed class Part(PrefixAttention op) : DevicePart
    {
        public override void Forward(DeviceLayer layer)
        {
            Cut cut = Cut.Of(op.Output.Width, op.Heads, ForwardTokens, static (_, group) => group * sizeof(float));
            layer.Add(
                op.Output.Name + "_forward", cut.Shape, cut.Threads, ["PrefixAttention"],
                w => w.Call("attention_forward", Sizes(cut), "pass", w.Value(op.Values), w.Value(op.Scores), w.Memory("shares", op.GatesMemory), w.Value(op.Output)));
        }

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            Cut cut = Cut.Of(op.Output.Width, op.Heads, BackwardTokens, static (lanes, group) => (lanes + 1) * sizeof(double) + group * sizeof(float));
            Value gradient = layer.Resolve(op.Output);
            layer.Add(
                op.Output.Name + "_backward", cut.Shape, cut.Threads, ["PrefixAttention"],
                w => w.Call(
                    "attention_backward", Sizes(cut), "pass", w.Gradient(gradient), w.Value(op.Values), w.Value(op.Output), w.Memory("shares", op.GatesMemory),
                    w.Gradient(op.Values), w.Gradient(op.Scores)));
        }

        /// <summary>A number a head is kept, so that rows of them need no padding.</summary>
        private string Sizes(Cut cut) => $"AttentionShape<{cut}>, {op.Output.Width}, {op.Heads}, {op.Output.Stride}, {op.Scores.Stride}, {op.Heads}";
    }

    /// <summary>
    /// How a thread block is cut: it takes Group heads of a sequence, Lanes threads along their channels with Vector of them each (in Rounds where
    /// a head is wider), times Stretches of Length tokens.
    /// </summary>
    private sealed record Cut(int Channels, int Vector, int Group, int Lanes, int Rounds, int Stretches, int Length, int Groups)
    {
        private const int MostThreads = 256, MostStretches = 16, LanesWanted = 16, LeastLanes = 8;

        /// <summary>Bytes of shared memory that may depend on the number of tokens; a device has 48 KiB for all.</summary>
        private const int TokenBytes = 36 << 10;

        public int Threads => Lanes * Stretches;

        public LaunchShape Shape => LaunchShape.OfSequences(Groups);

        /// <summary>SharedBytes: those of a token, from lanes and group.</summary>
        public static Cut Of(int width, int heads, int tokens, Func<int, int, int> sharedBytes)
        {
            int channels = width / heads, vector = channels % 4 == 0 ? 4 : 1, group = Math.Min(heads, Math.Max(1, LanesWanted * vector / channels));
            int wanted = (group * channels + vector - 1) / vector, lanes = LeastLanes;
            while (lanes < wanted && lanes < MostThreads)
            {
                lanes *= 2;
            }
            int length = vector == 4 ? tokens : 4 * tokens, stretches = Math.Min(MostStretches, MostThreads / lanes);
            while (length > 1 && stretches * length * sharedBytes(lanes, group) > TokenBytes)
            {
                length /= 2;
            }
            return new(channels, vector, group, lanes, (wanted + lanes - 1) / lanes, stretches, length, (heads + group - 1) / group);
        }

        public override string ToString() => $"{Channels}, {Vector}, {Group}, {Lanes}, {Rounds}, {Stretches}, {Length}";
    }
}
