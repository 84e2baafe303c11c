using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record CausalAttention : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) =>
        [new CausalAttentionForward(this, CausalAttentionCut.Of(Output.Width / Heads))];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates)
    {
        CausalAttentionCut cut = CausalAttentionCut.Of(Output.Width / Heads);
        return [new CausalAttentionQueryBackward(this, cut), new CausalAttentionKeyBackward(this, cut)];
    }
}

/// <summary>
/// A kernel of causal attention. A tile of tokens lies in one sequence: each sequence may begin one more than its rows fill.
/// </summary>
internal abstract record CausalAttentionNode(
    CausalAttention Operation, CausalAttentionCut Cut, string Suffix, EquatableArray<Operand> Reads, EquatableArray<Operand> Writes)
    : KernelNode(
    Operation.Output.Name + Suffix, new(Operation.Heads * Cut.Chunks, Cut.Tokens, Operation.Heads * Cut.Chunks, 0),
    CausalAttentionCut.Threads,
    ["CausalAttention"], Reads, Writes)
{
    protected string Configuration(KernelWriter w) => w.Configuration(
        Operation.Output.Name + "_attention",
        [
            .. Cut.Constants, ("context", Operation.Context), ("heads", Operation.Heads), ("width", Operation.Output.Width),
            ("stride", Operation.Output.Stride),
        ]);

    protected Operand Statistics => StatisticsOf(Operation);

    protected static Operand StatisticsOf(CausalAttention operation) =>
        Operand.OfMemory("statistics", operation.StatisticsMemory, [operation.Heads, 3]);
}

/// <summary>Attention of each token over the last ones.</summary>
internal sealed record CausalAttentionForward(CausalAttention Operation, CausalAttentionCut Cut) : CausalAttentionNode(
    Operation, Cut, "_forward", [Operand.Of(Operation.Queries), Operand.Of(Operation.Keys), Operand.Of(Operation.Values)],
    [StatisticsOf(Operation), Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "causal_attention", Configuration(w),
        "pass", w.Value(Operation.Queries), w.Value(Operation.Keys), w.Value(Operation.Values), w.Name(Statistics),
        w.Value(Operation.Output), w.State(Operation.StateOffset));
}

/// <summary>The gradient of the queries; it leaves in the statistics what that of the keys needs.</summary>
internal sealed record CausalAttentionQueryBackward(CausalAttention Operation, CausalAttentionCut Cut) : CausalAttentionNode(
    Operation, Cut, "_query_backward",
    [Operand.GradientOf(Operation.Output), Operand.Of(Operation.Queries), Operand.Of(Operation.Keys), Operand.Of(Operation.Values),
        Operand.Of(Operation.Output), StatisticsOf(Operation)],
    [StatisticsOf(Operation), Operand.GradientOf(Operation.Queries)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "causal_attention_query_gradient", Configuration(w),
        "pass", w.Gradient(Operation.Output), w.Value(Operation.Queries), w.Value(Operation.Keys), w.Value(Operation.Values),
        w.Value(Operation.Output),
        w.Name(Statistics), w.Gradient(Operation.Queries), w.State(Operation.StateOffset));
}

/// <summary>The gradients of keys and values.</summary>
internal sealed record CausalAttentionKeyBackward(CausalAttention Operation, CausalAttentionCut Cut) : CausalAttentionNode(
    Operation, Cut, "_key_backward",
    [Operand.GradientOf(Operation.Output), Operand.Of(Operation.Queries), Operand.Of(Operation.Keys), Operand.Of(Operation.Values),
    StatisticsOf(Operation)],
    [Operand.GradientOf(Operation.Keys), Operand.GradientOf(Operation.Values)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "causal_attention_key_gradient", Configuration(w),
        "pass", w.Gradient(Operation.Output), w.Value(Operation.Queries), w.Value(Operation.Keys), w.Value(Operation.Values),
        w.Name(Statistics),
        w.Gradient(Operation.Keys), w.Gradient(Operation.Values), w.State(Operation.StateOffset));
}

/// <summary>
/// How a head is cut: Lanes threads along its channels with Float4s of four each, Chunks thread blocks where it is wider; Passing tokens
/// are in shared memory at a time.
/// </summary>
internal sealed record CausalAttentionCut(int Channels, int Float4s, int Lanes, int Chunks, int Passing)
{
    public const int Threads = 128;

    private const int MaxFloat4s = 4, MaxLanes = 32, MinPassing = 8, MaxPassing = 64, FloatsWanted = 2048;

    public int Tokens => Threads / Lanes;

    public static CausalAttentionCut Of(int channels)
    {
        int float4s = (channels + 3) / 4, lanes = 1;
        while (lanes * MaxFloat4s < float4s && lanes < MaxLanes)
        {
            lanes *= 2;
        }
        int own = Math.Min(MaxFloat4s, (float4s + lanes - 1) / lanes), floats = 4 * own * lanes;
        int passing = Math.Max(MinPassing, Math.Min(MaxPassing, FloatsWanted / floats / MinPassing * MinPassing));
        return new(channels, own, lanes, (channels + floats - 1) / floats, passing);
    }

    /// <summary>What the template reads.</summary>
    public IEnumerable<Constant> Constants =>
        [("channels", Channels), ("float4s", Float4s), ("lanes", Lanes), ("chunks", Chunks), ("passing", Passing)];
}
