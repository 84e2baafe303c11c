using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Layers.Aaren;

internal sealed partial record PrefixAttention
{
    /// <summary>Tokens of a tile. On the way back a thread holds three times as many numbers of each.</summary>
    private const int ForwardTokens = 128, BackwardTokens = 64;

    public override DevicePart Device => new Part(this);

    private sealed class Part(PrefixAttention op) : DevicePart
    {
        public override void Forward(DeviceLayer layer)
        {
            Cut cut = Cut.Of(op.Output.Width, op.Heads, ForwardTokens);
            layer.Add(new SimpleStage(
                op.Output.Name + "_forward", cut.Shape, cut.Threads, ["PrefixAttention"],
                w => w.Call("attention_forward", Sizes(cut), "pass", w.Value(op.Values), w.Value(op.Scores), w.Memory("shares", op.GatesMemory), w.Value(op.Output)))
            {
                CarriedWords = 3 * cut.Group + cut.Columns,
            });
        }

        public override void Backward(DeviceLayer layer, EquatableArray<bool> accumulates)
        {
            Cut cut = Cut.Of(op.Output.Width, op.Heads, BackwardTokens);
            Value gradient = layer.Resolve(op.Output);
            layer.Add(new SimpleStage(
                op.Output.Name + "_backward", cut.Shape, cut.Threads, ["PrefixAttention"],
                w =>
                {
                    w.MeetInTwos();
                    w.Call(
                        "attention_backward", Sizes(cut), "pass", w.Gradient(gradient), w.Value(op.Values), w.Value(op.Output), w.Memory("shares", op.GatesMemory),
                        w.Gradient(op.Values), w.Gradient(op.Scores));
                })
            {
                CarriedWords = cut.Columns + 2 * cut.Rounds * cut.Lanes,
            });
        }

        /// <summary>A number a head is kept, so that rows of them need no padding.</summary>
        private string Sizes(Cut cut) => $"AttentionShape<{cut}>, {op.Output.Width}, {op.Heads}, {op.Output.Stride}, {op.Scores.Stride}, {op.Heads}";
    }

    /// <summary>
    /// How a thread block is cut: it takes Group heads of a tile of tokens, Lanes threads along their channels with Vector of them each (in Rounds
    /// where a head is wider), times Stretches of Length tokens.
    /// </summary>
    private sealed record Cut(int Channels, int Vector, int Group, int Lanes, int Rounds, int Stretches, int Length, int Groups)
    {
        private const int MostThreads = 256, MostStretches = 16, LanesWanted = 16, LeastLanes = 8;

        public int Threads => Lanes * Stretches;

        /// <summary>Channels of all rounds, those that there are not included.</summary>
        public int Columns => Rounds * Lanes * Vector;

        public LaunchShape Shape => LaunchShape.OfRows(Stretches * Length, Groups);

        public static Cut Of(int width, int heads, int tokens)
        {
            int channels = width / heads, vector = channels % 4 == 0 ? 4 : 1, group = Math.Min(heads, Math.Max(1, LanesWanted * vector / channels));
            int wanted = (group * channels + vector - 1) / vector, lanes = LeastLanes;
            while (lanes < wanted && lanes * vector < LanesWanted * 4)
            {
                lanes *= 2;
            }
            int stretches = Math.Min(MostStretches, MostThreads / lanes);
            return new(channels, vector, group, lanes, (wanted + lanes - 1) / lanes, stretches, tokens / stretches, (heads + group - 1) / group);
        }

        public override string ToString() => $"{Channels}, {Vector}, {Group}, {Lanes}, {Rounds}, {Stretches}, {Length}";
    }
}
