using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record PrefixAttention : ILowersToCuda
{
    /// <summary>Tokens of a tile. In the backward pass a thread holds three times as many numbers of each.</summary>
    private const int ForwardTokens = 128, BackwardTokens = 64;

    public IEnumerable<KernelNode> LowerForward(LayerPlan layer)
    {
        if (Widths.IsNarrow(layer))
        {
            var tile = PrefixAttentionCut.Of(Output.Width, Heads, TileOperation.Tile, PrefixAttentionCut.AllLanes);
            return [new TileKernel(Output.Name, new PrefixAttentionTile(this, tile))];
        }
        PrefixAttentionCut cut = PrefixAttentionCut.Of(Output.Width, Heads, ForwardTokens);
        return [new PrefixAttentionForward(this, cut) { CarriedWords = cut.ForwardWords }];
    }

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates)
    {
        PrefixAttentionCut cut = PrefixAttentionCut.Of(Output.Width, Heads, BackwardTokens);
        return [new PrefixAttentionBackward(this, cut) { CarriedWords = cut.BackwardWords, MinBlocksPerMultiprocessor = 2 }];
    }

    /// <summary>What the template reads. Gates are a number a head, so their rows need no padding.</summary>
    internal string DeviceScan(KernelWriter w, string name, PrefixAttentionCut cut) => w.Configuration(
        $"{Output.Name}_{name}",
        [
            .. cut.Constants, ("width", Output.Width), ("heads", Heads), ("stride", Output.Stride), ("score_stride", Scores.Stride),
            ("gate_stride", Heads),
        ]);

    /// <summary>The gate of each head and token.</summary>
    internal Operand DeviceGates => Operand.OfMemory("gates", GatesMemory, [Heads]);
}

/// <summary>The scan, a group of heads a thread block.</summary>
internal sealed record PrefixAttentionForward(PrefixAttention Operation, PrefixAttentionCut Cut) : KernelNode(
    Operation.Output.Name + "_forward", Cut.Grid, Cut.Threads, ["PrefixAttention"],
    [Operand.Of(Operation.Values), Operand.Of(Operation.Scores)],
    [Operation.DeviceGates, Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "attention_forward", Operation.DeviceScan(w, "scan", Cut),
        "pass", w.Value(Operation.Values), w.Value(Operation.Scores), w.Name(Operation.DeviceGates), w.Value(Operation.Output));
}

/// <summary>The scan of all heads of a tile of rows, one group after the other.</summary>
internal sealed record PrefixAttentionTile(PrefixAttention Operation, PrefixAttentionCut Cut) : TileOperation(
    1, ["PrefixAttention"], [Operand.Of(Operation.Values), Operand.Of(Operation.Scores)],
    [Operation.DeviceGates, Operand.Of(Operation.Output)]), ITileCode
{
    public override int CarriedWords => Cut.Groups * Cut.ForwardWords;

    public IEnumerable<string> Comments =>
        [$"{Operation.Output.Name} [rows, {Operation.Output.Width}] = prefix attention of {Operation.Heads} heads"];

    public void PrintStart(KernelWriter w)
    {
    }

    public void PrintRows(KernelWriter w) => w.Call(
        "attention_forward_rows", Operation.DeviceScan(w, "scan", Cut),
        "pass", "row", "memory.floats", w.Value(Operation.Values), w.Value(Operation.Scores), w.Name(Operation.DeviceGates),
        w.Value(Operation.Output));

    public void PrintTile(KernelWriter w) => PrintRows(w);

    public void PrintEnd(KernelWriter w)
    {
    }
}

/// <summary>The scan against time: gradients of values and scores.</summary>
internal sealed record PrefixAttentionBackward(PrefixAttention Operation, PrefixAttentionCut Cut) : KernelNode(
    Operation.Output.Name + "_backward", Cut.Grid, Cut.Threads, ["PrefixAttention"],
    [Operand.GradientOf(Operation.Output), Operand.Of(Operation.Values), Operand.Of(Operation.Output), Operation.DeviceGates],
    [Operand.GradientOf(Operation.Values), Operand.GradientOf(Operation.Scores)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "attention_backward", Operation.DeviceScan(w, "backward_scan", Cut),
        "pass", w.Gradient(Operation.Output), w.Value(Operation.Values), w.Value(Operation.Output), w.Name(Operation.DeviceGates),
        w.Gradient(Operation.Values), w.Gradient(Operation.Scores));
}

/// <summary>
/// How a thread block is cut: it takes Group heads of a tile of tokens, Lanes threads along their channels with Vector of them each (in
/// Rounds where a head is wider), times Chunks of Length tokens.
/// </summary>
internal sealed record PrefixAttentionCut(int Channels, int Vector, int Group, int Lanes, int Rounds, int Chunks, int Length, int Groups)
{
    private const int MaxThreads = 256, MaxChunks = 16, LanesWanted = 16, MinLanes = 8;

    /// <summary>Of a thread block of as many threads as it may have.</summary>
    public const int AllLanes = MaxThreads / MaxChunks;

    public int Threads => Lanes * Chunks;

    public GridShape Grid => GridShape.OfRows(Chunks * Length, Groups);

    /// <summary>What a tile publishes of a group of heads: a float and a double a head, and a float a channel.</summary>
    public int ForwardWords => 3 * Group + Columns;

    /// <summary>What a tile of the backward pass publishes of a group of heads.</summary>
    public int BackwardWords => Columns + 2 * Rounds * Lanes;

    /// <summary>Channels of all rounds, those beyond the heads' own included.</summary>
    private int Columns => Rounds * Lanes * Vector;

    public static PrefixAttentionCut Of(int width, int heads, int tokens, int minLanes = MinLanes)
    {
        int channels = width / heads, vector = channels % 4 == 0 ? 4 : 1,
            group = Math.Min(heads, Math.Max(1, LanesWanted * vector / channels));
        int wanted = (group * channels + vector - 1) / vector, lanes = minLanes;
        while (lanes < wanted && lanes * vector < LanesWanted * 4)
        {
            lanes *= 2;
        }
        int chunks = Math.Min(MaxChunks, MaxThreads / lanes);
        return new(channels, vector, group, lanes, (wanted + lanes - 1) / lanes, chunks, tokens / chunks, (heads + group - 1) / group);
    }

    /// <summary>What the template reads.</summary>
    public IEnumerable<Constant> Constants =>
    [
        ("channels", Channels), ("vector", Vector), ("group", Group), ("lanes", Lanes), ("rounds", Rounds), ("chunks", Chunks),
        ("length", Length),
    ];
}
