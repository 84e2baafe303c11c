using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record Normalize : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) =>
        [Widths.IsNarrow(layer) ? new TileKernel(Output.Name, new NormalizeForward(this)) : new NormalizeWideForward(this)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates)
    {
        Value? addend = accumulates[0] ? Input : null;
        return Widths.IsNarrow(layer) && Input.Width <= NormalizeBackward.MaxWidth
            ? [new TileKernel(Output.Name, new NormalizeBackward(this, addend, null), isBackward: true)]
            : [new NormalizeWideBackward(this, addend)];
    }

    /// <summary>The mean and the deviation of each row.</summary>
    internal Operand DeviceStatistics =>
        Operand.OfMemory("statisticsOf" + char.ToUpperInvariant(Output.Name[0]) + Output.Name.Substring(1), StatisticsMemory, [3]);

    /// <summary>The same rows, normalised as they are loaded.</summary>
    internal NormalizedRows Loaded => new(Input, Output, Scale, Shift, DeviceStatistics);

    /// <summary>The call that normalises up to a number of rows.</summary>
    internal void CallForward(KernelWriter w, int count, string first, string rows) => w.Call(
        "normalize_forward", $"{w.Rows(Input)}, {Literal.Number(count)}",
        w.Value(Input), first, rows, w.Weights(Scale), w.Weights(Shift), w.Value(Output), w.Name(DeviceStatistics));

    internal EquatableArray<Operand> BackwardReads(Value? addend) =>
    [
        Operand.GradientOf(Output), Operand.Of(Input), DeviceStatistics, .. Operand.GradientOfAny(addend),
    ];
}

/// <summary>Normalised rows, in memory.</summary>
internal sealed record NormalizeForward(Normalize Operation) : TileOperation(
    1, ["Normalize"], [Operand.Of(Operation.Input)], [Operand.Of(Operation.Output), Operation.DeviceStatistics]), ITileCode
{
    public override bool TakesWholeRows => true;

    public override bool NeedsSharedTiles => false;

    public IEnumerable<string> Comments => [$"{Operation.Output.Name} = LayerNorm({Operation.Input.Name})"];

    public void PrintStart(KernelWriter w)
    {
    }

    public void PrintRows(KernelWriter w) => Operation.CallForward(w, Tile, "row", "rows");

    public void PrintTile(KernelWriter w) => PrintRows(w);

    public void PrintEnd(KernelWriter w)
    {
    }
}

/// <summary>The same of wide rows, a warp two of them.</summary>
internal sealed record NormalizeWideForward(Normalize Operation) : KernelNode(
    Operation.Output.Name + "_forward", GridShape.OfRows(RowsPerBlock), 256, ["Normalize"], [Operand.Of(Operation.Input)],
    [Operand.Of(Operation.Output), Operation.DeviceStatistics]), IKernelCode
{
    private const int RowsPerBlock = 16;

    public override bool CanBeOperand(Operand rows) => rows == Operand.Of(Operation.Output);

    public void Print(KernelWriter w)
    {
        w.Comment($"{Operation.Output.Name} = LayerNorm({Operation.Input.Name})");
        string rows = Literal.Number(RowsPerBlock);
        Operation.CallForward(w, RowsPerBlock, $"static_cast<int>(blockIdx.x) * {rows}", "pass.settings->rows");
    }
}

/// <summary>
/// The gradient of what a layer normalisation of narrow rows reads, added to that of Addend. Producer: a matrix multiplication that leaves
/// the gradient of the normalised rows in shared memory, for this alone; null where it is in memory.
/// </summary>
internal sealed record NormalizeBackward(Normalize Operation, Value? Added, GemmTile? Producer) : TileOperation(
    1, new(((string[])["Normalize"]).Concat(Producer?.Libraries ?? []).Distinct()),
    new((Producer?.Reads ?? []).Concat(Operation.BackwardReads(Added).Where(r => Producer is null || r.Name != Producer.Computes!.Name))),
    new((Producer?.Writes ?? []).Where(w => w.Name != Producer!.Computes!.Name).Append(Operand.GradientOf(Operation.Input)))), ITileCode
{
    /// <summary>Widest rows: four columns a lane of a warp.</summary>
    public const int MaxWidth = 128;

    public override bool LeavesPartialGradients => true;

    public override EquatableArray<PartialGradient> PartialGradients =>
        [PartialGradient.Of(Operation.Scale, TileKernel.SharingBlocks), PartialGradient.Of(Operation.Shift, TileKernel.SharingBlocks)];

    public override Value? Addend => Added;

    public IEnumerable<string> Comments =>
    [
        .. Producer is null ? [] : TileCode.Of(Producer).Comments,
        $"gradient of {Operation.Input.Name} [rows, {Operation.Input.Width}], "
            + $"behind {Operation.Output.Name} = LayerNorm({Operation.Input.Name})"
            + (Added is null ? "" : ", added to what is there"),
    ];

    private string Partials => $"partialsOf{char.ToUpperInvariant(Operation.Output.Name[0])}{Operation.Output.Name.Substring(1)}";

    public override TileOperation WithAddend(Value addend) => new NormalizeBackward(Operation, addend, Producer);

    /// <summary>The same behind the matrix multiplication that computes the gradient of the normalised rows.</summary>
    public NormalizeBackward After(GemmTile producer) => new(Operation, Added, producer);

    public void PrintStart(KernelWriter w)
    {
        w.Line($"__shared__ NormalizationPartials {Partials};");
        w.Call("clear", "", Partials);
    }

    public void PrintRows(KernelWriter w)
    {
        string configuration = w.Rows(Operation.Input), rows;
        if (Producer is null)
        {
            rows = $"MemoryRows<{configuration}>{{{w.Gradient(Operation.Output)}}}";
        }
        else
        {
            TileCode.Of(Producer).PrintSharedRows(w);
            rows = $"SharedRows<{Producer.ColumnTiles}>{{memory.floats, row}}";
        }
        w.Call(
            "normalize_tile_backward", configuration, rows, w.Value(Operation.Input),
            w.Name(Operation.DeviceStatistics), w.Weights(Operation.Scale), "row", "rows", Added is null ? "nullptr" : w.Gradient(Added),
            w.Gradient(Operation.Input), Partials, "memory");
    }

    public void PrintTile(KernelWriter w) => PrintRows(w);

    public void PrintEnd(KernelWriter w) => w.Call(
        "write_partials", w.Rows(Operation.Input), Partials, w.Partial(Operation.Scale, "index"), w.Partial(Operation.Shift, "index"));
}

/// <summary>The same for rows of any width: a fixed number of thread blocks share the rows.</summary>
internal sealed record NormalizeWideBackward(Normalize Operation, Value? Added) : KernelNode(
    Operation.Output.Name + "_backward", GridShape.Of(Blocks), 256, ["Normalize"], Operation.BackwardReads(Added),
    [Operand.GradientOf(Operation.Input)]), IKernelCode
{
    private const int Blocks = 128;

    public override EquatableArray<PartialGradient> PartialGradients =>
        [PartialGradient.Of(Operation.Scale, Blocks), PartialGradient.Of(Operation.Shift, Blocks)];

    public override Value? Addend => Added;

    public override KernelNode WithAddend(Value addend) => new NormalizeWideBackward(Operation, addend);

    public void Print(KernelWriter w) => w.Call(
        "normalize_backward", w.Rows(Operation.Input),
        w.Gradient(Operation.Output), w.Value(Operation.Input), w.Name(Operation.DeviceStatistics), w.Weights(Operation.Scale),
        "pass.settings->rows", "static_cast<int>(blockIdx.x)", $"{Blocks}", Added is null ? "nullptr" : w.Gradient(Added),
        w.Gradient(Operation.Input),
        w.Partial(Operation.Scale, "blockIdx.x"), w.Partial(Operation.Shift, "blockIdx.x"));
}
