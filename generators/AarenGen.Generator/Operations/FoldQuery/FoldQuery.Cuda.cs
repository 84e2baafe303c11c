using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record FoldQuery : ILowersToCuda, ILowersDerivedWeights
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) => [];

    public IEnumerable<KernelNode> LowerPrepare(LayerPlan layer) => [new FoldQueryNode(this)];

    public IEnumerable<KernelNode> BackpropagateDerivedWeights(LayerPlan layer) =>
        [new FoldQueryBackward(this) { LeavesGradientNorm = true }, new FoldQueryFinish(this) { LeavesGradientNorm = true }];

    internal string DeviceFold(KernelWriter w) =>
        w.Configuration("fold", ("width", Width), ("heads", Heads), ("stride", Sizes.Pad(Width)));

    internal string[] DeviceWeights(KernelWriter w) =>
        [w.Weights(Query), w.Weights(Q.Values), w.Weights(Q.Offsets), w.Weights(K.Values), w.Weights(K.Offsets)];

    internal static void PrintGradientNorm(KernelWriter w)
    {
        w.Line("squaredNorm = block_sum<256>(squaredNorm, shared);");
        using (w.Open("if (threadIdx.x == 0)"))
        {
            w.Line($"{w.GradientNormPartial("blockIdx.y * gridDim.x + blockIdx.x")} = squaredNorm;");
        }
    }
}

/// <summary>A vector a head, of the query and both projections.</summary>
internal sealed record FoldQueryNode(FoldQuery Operation)
    : KernelNode("fold_query", GridShape.Of(Operation.Heads), 256, ["FoldQuery"], [], []), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "fold_query", Operation.DeviceFold(w),
        [.. Operation.DeviceWeights(w), "static_cast<int>(blockIdx.x)", w.Derived(Operation.Folded.Values),
        w.Derived(Operation.Folded.Offsets)]);
}

/// <summary>The gradients of both projections from those of the folded vectors.</summary>
internal sealed record FoldQueryBackward(FoldQuery Operation)
    : KernelNode("fold_query_backward", GridShape.Of(Operation.Heads), 256, ["FoldQuery"], [], []), IKernelCode
{
    public void Print(KernelWriter w)
    {
        w.Line("__shared__ double shared[8];");
        string arguments = string.Join(", ", [
            .. Operation.DeviceWeights(w), "static_cast<int>(blockIdx.x)", w.DerivedGradients(Operation.Folded.Values),
            w.DerivedGradients(Operation.Folded.Offsets),
            w.Gradients(Operation.Q.Values), w.Gradients(Operation.Q.Offsets), w.Gradients(Operation.K.Values),
            w.Gradients(Operation.K.Offsets)]);
        w.Line($"double squaredNorm = fold_query_backward<{Operation.DeviceFold(w)}>({arguments});");
        FoldQuery.PrintGradientNorm(w);
    }
}

/// <summary>The gradient of the query from that of its projection.</summary>
internal sealed record FoldQueryFinish(FoldQuery Operation) : KernelNode(
    "fold_query_finish", GridShape.Of((Operation.Width + ColumnsPerBlock - 1) / ColumnsPerBlock), 256, ["FoldQuery"], [], []), IKernelCode
{
    private const int ColumnsPerBlock = 64;

    public void Print(KernelWriter w)
    {
        w.Line("__shared__ double shared[8];");
        string arguments = string.Join(
            ", ", w.Weights(Operation.Q.Values), w.Gradients(Operation.Q.Offsets), "static_cast<int>(blockIdx.x)",
            w.Gradients(Operation.Query));
        w.Line($"double squaredNorm = fold_query_finish<{Operation.DeviceFold(w)}>({arguments});");
        FoldQuery.PrintGradientNorm(w);
    }
}
