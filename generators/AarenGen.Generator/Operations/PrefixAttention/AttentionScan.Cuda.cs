using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

/// <summary>
/// The scan of prefix attention. Forgets: each head's forget gate before the logistic function; null where nothing is forgotten.
/// </summary>
internal sealed record AttentionScan(
    Value Values, Value Scores, Value? Forgets, Value Output, int Heads, int GatesMemory, int StateOffset)
{
    /// <summary>Tokens of a tile. In the backward pass a thread holds three times as many numbers of each.</summary>
    public const int ForwardTokens = 128, BackwardTokens = 64;

    /// <summary>What the forward pass reads.</summary>
    public EquatableArray<Operand> Reads => Forgets is null
        ? [Operand.Of(Values), Operand.Of(Scores)] : [Operand.Of(Values), Operand.Of(Scores), Operand.Of(Forgets)];

    /// <summary>The gate of each head and token.</summary>
    public Operand Gates => Operand.OfMemory("gates", GatesMemory, [Heads]);

    /// <summary>The forward pass: a tile operation in a narrow layer.</summary>
    public KernelNode Forward(LayerPlan layer)
    {
        if (Widths.IsNarrow(layer))
        {
            var tile = AttentionCut.Of(Output.Width, Heads, TileOperation.Tile, AttentionCut.AllLanes);
            return new TileKernel(Output.Name, new AttentionTile(this, tile));
        }
        AttentionCut cut = AttentionCut.Of(Output.Width, Heads, ForwardTokens);
        return new AttentionForward(this, cut) { CarriedWords = WordsOf(cut) };
    }

    /// <summary>The backward pass.</summary>
    public KernelNode Backward()
    {
        AttentionCut cut = AttentionCut.Of(Output.Width, Heads, BackwardTokens);
        return new AttentionBackward(this, cut) { CarriedWords = cut.BackwardWords, MinBlocksPerMultiprocessor = 2 };
    }

    /// <summary>
    /// What a tile of the forward pass publishes of a group of heads; with the decays, which only a training that carries states sums.
    /// </summary>
    public int WordsOf(AttentionCut cut) => cut.ForwardWords + (Forgets is null ? 0 : 2 * cut.Group);

    /// <summary>What the template reads. Gates are a number a head, so their rows need no padding.</summary>
    public string Configuration(KernelWriter w, string name, AttentionCut cut) => w.Configuration(
        $"{Output.Name}_{name}",
        [
            .. cut.Constants, ("width", Output.Width), ("heads", Heads), ("stride", Output.Stride), ("score_stride", Scores.Stride),
            ("gate_stride", Heads), ("forgets", Forgets is not null),
        ]);

    /// <summary>The rows of the forget gates.</summary>
    public string ForgetRows(KernelWriter w) => Forgets is null ? "nullptr" : w.Value(Forgets);
}

/// <summary>The scan, a group of heads a thread block.</summary>
internal sealed record AttentionForward(AttentionScan Scan, AttentionCut Cut) : KernelNode(
    Scan.Output.Name + "_forward", Cut.Grid, Cut.Threads, ["PrefixAttention"],
    Scan.Reads,
    [Scan.Gates, Operand.Of(Scan.Output)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "attention_forward", Scan.Configuration(w, "scan", Cut),
        "pass", w.Value(Scan.Values), w.Value(Scan.Scores), Scan.ForgetRows(w), w.Name(Scan.Gates), w.Value(Scan.Output),
        w.State(Scan.StateOffset));
}

/// <summary>The scan of all heads of a tile of rows, one group after the other.</summary>
internal sealed record AttentionTile(AttentionScan Scan, AttentionCut Cut) : TileOperation(
    1, ["PrefixAttention"], Scan.Reads,
    [Scan.Gates, Operand.Of(Scan.Output)]), ITileCode
{
    public override int CarriedWords => Cut.Groups * Scan.WordsOf(Cut);

    public IEnumerable<string> Comments =>
    [
        $"{Scan.Output.Name} [rows, {Scan.Output.Width}] = prefix attention of {Scan.Heads} heads"
            + (Scan.Forgets is null ? "" : " that forget"),
    ];

    public void PrintStart(KernelWriter w)
    {
    }

    public void PrintRows(KernelWriter w) => w.Call(
        "attention_forward_rows", Scan.Configuration(w, "scan", Cut),
        "pass", "row", "memory.floats", w.Value(Scan.Values), w.Value(Scan.Scores), Scan.ForgetRows(w), w.Name(Scan.Gates),
        w.Value(Scan.Output), w.State(Scan.StateOffset));

    public void PrintTile(KernelWriter w) => PrintRows(w);

    public void PrintEnd(KernelWriter w)
    {
    }
}

/// <summary>The scan against time: gradients of values and scores.</summary>
internal sealed record AttentionBackward(AttentionScan Scan, AttentionCut Cut) : KernelNode(
    Scan.Output.Name + "_backward", Cut.Grid, Cut.Threads, ["PrefixAttention"],
    [Operand.GradientOf(Scan.Output), Operand.Of(Scan.Values), Operand.Of(Scan.Output), Scan.Gates],
    [Operand.GradientOf(Scan.Values), Operand.GradientOf(Scan.Scores)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "attention_backward", Scan.Configuration(w, "backward_scan", Cut),
        "pass", w.Gradient(Scan.Output), w.Value(Scan.Values), w.Value(Scan.Output), w.Name(Scan.Gates),
        w.Gradient(Scan.Values), w.Gradient(Scan.Scores));
}

/// <summary>
/// How a thread block is cut: it takes Group heads of a tile of tokens, Lanes threads along their channels with Vector of them each (in
/// Rounds where a head is wider), times Chunks of Length tokens.
/// </summary>
internal sealed record AttentionCut(int Channels, int Vector, int Group, int Lanes, int Rounds, int Chunks, int Length, int Groups)
{
    private const int MaxThreads = 256, MaxChunks = 16, LanesWanted = 16, MinLanes = 8;

    /// <summary>Of a thread block of as many threads as it may have.</summary>
    public const int AllLanes = MaxThreads / MaxChunks;

    public int Threads => Lanes * Chunks;

    public GridShape Grid => GridShape.OfRows(Chunks * Length, Groups);

    /// <summary>What a tile publishes of a group of heads: a float and a double a head, and a float a channel.</summary>
    public int ForwardWords => 3 * Group + Columns;

    /// <summary>What a tile of the backward pass publishes of a group of heads.</summary>
    public int BackwardWords => Columns + Rounds * Lanes;

    /// <summary>Channels of all rounds, those beyond the heads' own included.</summary>
    private int Columns => Rounds * Lanes * Vector;

    public static AttentionCut Of(int width, int heads, int tokens, int minLanes = MinLanes)
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
