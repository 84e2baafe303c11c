namespace AarenGen.Generator.Model.Cuda;

/// <summary>A kernel of the whole model rather than of a layer.</summary>
internal abstract record ModelNode(string Name, GridShape Grid, EquatableArray<string> Libraries)
    : KernelNode(Name, Grid, 256, Libraries, [], []);

/// <summary>A head's loss, row by row, and the gradient of its outputs. Stem: what the names of its constants begin with.</summary>
internal sealed record LossNode(
    int Head, string Stem, DeviceLoss Loss, string Summary, float Scale, int OutputWidth, int TargetOffset, int TargetWidth,
    int RowTargetWidth,
    bool IsPerSequence, DevicePointer Outputs, MemoryPointer Gradient)
    : ModelNode(Stem + "_loss", GridShape.OfRows(RowsPerBlock), ["losses"])
{
    public const int RowsPerBlock = 8;
}

/// <summary>What a head's backward pass leaves for the trunk: the first head's is copied, the others' are added.</summary>
internal sealed record TrunkGradientNode(string Stem, int Width, bool IsFirst, MemoryPointer From, DevicePointer Sum)
    : ModelNode(Stem + "_trunk_gradient", GridShape.OfRows(RowwiseNode.RowsPerBlock), ["rows"]);

/// <summary>The losses of all thread blocks added up.</summary>
internal sealed record FinishLossNode(int Heads) : ModelNode("model_finish_loss", GridShape.Of(1), ["losses"]);

/// <summary>Partial gradients added up in order, and the squared norm of what comes out.</summary>
internal sealed record ReduceGradientsNode(EquatableArray<GradientSegment> Segments)
    : ModelNode("model_reduce_gradients", GridShape.Of(Math.Min(MaxBlocks, (Float4sOf(Segments) + Float4sPerBlock - 1) / Float4sPerBlock)),
    ["optimizer"])
{
    private const int Float4sPerBlock = 256, MaxBlocks = 128;

    public int Float4s => Float4sOf(Segments);

    private static int Float4sOf(EquatableArray<GradientSegment> segments) => segments.Sum(static s => s.Length / 4);
}

/// <summary>The parameters as matrix multiplications read them, after the host wrote them.</summary>
internal sealed record RoundWeightsNode(int Parameters)
    : ModelNode("model_round_weights", GridShape.Of(Math.Min(MaxBlocks, (Parameters / 4 + 255) / 256)), ["optimizer"])
{
    private const int MaxBlocks = 512;
}

/// <summary>
/// The optimiser's step over all parameters. KeepsOperands: the parameters are kept as matrix multiplications read them, too.
/// </summary>
internal sealed record AdamWNode(int Parameters, EquatableArray<DecayRun> Runs, int GradientNormPartials, bool KeepsOperands)
    : ModelNode("model_adamw", GridShape.Of(Math.Min(MaxBlocks, (Parameters / 4 + 255) / 256)), ["optimizer"])
{
    private const int MaxBlocks = 512;
}
