using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Lowering.Cuda;

/// <summary>The kernel nodes of a layer, for all its blocks, phase by phase: what passes read and replace.</summary>
/// <param name="Layer">The layer.</param>
/// <param name="Prepare">What derives weights.</param>
/// <param name="Forward">The forward pass.</param>
/// <param name="Backward">The backward pass.</param>
/// <param name="Update">What sends the gradients of derived weights back to the parameters.</param>
/// <param name="PartialGradients">The partial-gradient buffers, once they are assigned.</param>
/// <param name="Operands">The names of rows that are kept as what is only multiplied, once that is decided.</param>
internal sealed record LayerKernels(
    LayerPlan Layer, EquatableArray<KernelNode> Prepare, EquatableArray<KernelNode> Forward, EquatableArray<KernelNode> Backward,
    EquatableArray<KernelNode> Update, EquatableArray<PartialGradient> PartialGradients, EquatableArray<string> Operands)
{
    /// <summary>Whether the rows at the layer's boundaries are narrow, so that its tile operations are chained.</summary>
    public bool IsNarrow => Widths.IsNarrow(Layer);

    /// <summary>Floats of one block's partial-gradient buffers.</summary>
    public long PartialFloats => PartialGradients.Sum(static p => (long)p.Length * p.Parts);

    /// <summary>The nodes of all operations, each lowered alone.</summary>
    public static LayerKernels Of(LayerPlan layer)
    {
        ILowersToCuda[] operations = [.. layer.Operations.Select(static s => (ILowersToCuda)s.Operation)];
        ILowersDerivedWeights[] derived = [.. operations.OfType<ILowersDerivedWeights>()];
        return new(
            layer,
            new(derived.SelectMany(o => o.LowerPrepare(layer))),
            new(operations.SelectMany(o => o.LowerForward(layer))),
            new(layer.Operations.Reverse().SelectMany(s => ((ILowersToCuda)s.Operation).LowerBackward(layer, s.Accumulates))),
            new(derived.SelectMany(o => o.BackpropagateDerivedWeights(layer))),
            [], []);
    }
}

/// <summary>Limits and wishes that several lowerings share.</summary>
internal static class Widths
{
    /// <summary>
    /// Widest rows of a layer whose operations are chained: they fit shared memory, and the weights between two barriers a cache near the
    /// core.
    /// </summary>
    public const int Narrow = 128;

    /// <summary>The narrowest rows that fill wide tiles so far that these are worth it.</summary>
    private const int LeastWide = TileOperation.Tile + 1;

    /// <summary>Whether tiles of a matrix are wide: those of all but small ones in layers whose operations are not chained.</summary>
    public static bool AreTilesWide(LayerPlan layer, int inputs, int outputs) => !IsNarrow(layer) && Math.Min(inputs, outputs) >= LeastWide;

    /// <summary>Whether a layer's tile operations are chained.</summary>
    public static bool IsNarrow(LayerPlan layer) => Math.Max(layer.InputWidth, layer.OutputWidth) <= Narrow;
}

/// <summary>Parts into which a gradient is cut along the batch's rows, so that small matrices too keep a device busy.</summary>
internal static class PartCounts
{
    private const int Min = 2, Max = 32, BlocksWanted = 128;

    /// <summary>For a gradient each of whose parts takes the given number of thread blocks; one part is enough.</summary>
    public static int For(int blocks) => Math.Max(1, Math.Min(Max, BlocksWanted / blocks));

    /// <summary>For matrices each of whose parts takes the given number of tiles, one thread block each.</summary>
    public static int ForTiles(int tiles) => Math.Min(Max, Math.Max(Min, (BlocksWanted + tiles - 1) / tiles));
}
