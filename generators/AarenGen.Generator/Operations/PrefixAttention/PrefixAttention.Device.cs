using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;

namespace AarenGen.Generator.Operations;

internal sealed partial record PrefixAttention
{
    /// <summary>Tokens of a tile. On the way back a thread holds three times as many numbers of each.</summary>
    private const int ForwardTokens = 128, BackwardTokens = 64;

    public override DevicePart Device => new Part(this);

    private sealed class Part(PrefixAttention op) : DevicePart
    {
        public override void Forward(DeviceLayer layer)
        {
            if (TileStage.IsNarrow(layer))
            {
                layer.Add(new TileStage(op.Output.Name, new PrefixAttentionStep(layer, op)));
                return;
            }
            Cut cut = Cut.Of(op.Output.Width, op.Heads, ForwardTokens);
            layer.Add(new SimpleStage(
                op.Output.Name + "_forward", cut.Shape, cut.Threads, ["PrefixAttention"],
                w => w.Call("attention_forward", op.DeviceSizes(cut), "pass", w.Value(op.Values), w.Value(op.Scores), w.Memory("shares", op.GatesMemory), w.Value(op.Output)))
            {
                CarriedWords = ForwardWords(cut),
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
                        "attention_backward", op.DeviceSizes(cut), "pass", w.Gradient(gradient), w.Value(op.Values), w.Value(op.Output), w.Memory("shares", op.GatesMemory),
                        w.Gradient(op.Values), w.Gradient(op.Scores));
                })
            {
                CarriedWords = cut.Columns + 2 * cut.Rounds * cut.Lanes,
            });
        }
    }

    /// <summary>A number a head is kept, so that rows of them need no padding.</summary>
    private string DeviceSizes(Cut cut) => $"AttentionShape<{cut}>, {Output.Width}, {Heads}, {Output.Stride}, {Scores.Stride}, {Heads}";

    /// <summary>All heads of a tile of rows, one group after the other.</summary>
    private sealed class PrefixAttentionStep(DeviceLayer layer, PrefixAttention op) : TileStep(layer, 1, ["PrefixAttention"])
    {
        private readonly Cut cut = Cut.Of(op.Output.Width, op.Heads, Tile, Cut.AllLanes);

        public override IReadOnlyList<string> Comments => [$"{op.Output.Name} [rows, {Number(op.Output.Width)}] = prefix attention of {Number(op.Heads)} heads"];

        public override int CarriedWords => cut.Groups * ForwardWords(cut);

        public override void PrintRows(KernelWriter w) => w.Call(
            "attention_forward_rows", op.DeviceSizes(cut), "pass", "row", "memory.floats", w.Value(op.Values), w.Value(op.Scores), w.Memory("shares", op.GatesMemory), w.Value(op.Output));

        public override void PrintTile(KernelWriter w) => PrintRows(w);
    }

    /// <summary>What a tile hands on of a group of heads: a float and a double a head, and a float a channel.</summary>
    private static int ForwardWords(Cut cut) => 3 * cut.Group + cut.Columns;

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

        /// <summary>Of a thread block of as many threads as it may have.</summary>
        public const int AllLanes = MostThreads / MostStretches;

        public static Cut Of(int width, int heads, int tokens, int leastLanes = LeastLanes)
        {
            int channels = width / heads, vector = channels % 4 == 0 ? 4 : 1, group = Math.Min(heads, Math.Max(1, LanesWanted * vector / channels));
            int wanted = (group * channels + vector - 1) / vector, lanes = leastLanes;
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
