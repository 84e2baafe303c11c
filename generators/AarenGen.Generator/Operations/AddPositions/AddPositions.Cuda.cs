using System.Globalization;
using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record AddPositions : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) =>
        [Table is null ? new AddSinusoidsForward(this) : new AddPositionsForward(this, Table)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) =>
        [Table is null ? new CopyGradient(Output, Input, accumulates[0]) : AddPositionsBackward.Of(this, Table, accumulates[0])];
}

/// <summary>Rows of a table, added by position.</summary>
internal sealed record AddPositionsForward(AddPositions Operation, Parameter Table) : RowwiseNode(
    Operation.Output.Name + "_forward", ["Positions"], [Operand.Of(Operation.Input)], [Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "add_positions",
        w.Configuration(
            Operation.Output.Name + "_table", ("width", Operation.Input.Width), ("stride", Operation.Input.Stride), ("length", Table.Rows)),
        "pass", w.Value(Operation.Input), w.Weights(Table), w.Value(Operation.Output), w.State(Operation.StateOffset));
}

/// <summary>Sinusoids, added by position.</summary>
internal sealed record AddSinusoidsForward(AddPositions Operation) : KernelNode(
    Operation.Output.Name + "_forward", GridShape.OfRows(RowsPerBlock), 256, ["Sinusoids"], [Operand.Of(Operation.Input)],
    [Operand.Of(Operation.Output)]), IKernelCode
{
    private const int RowsPerBlock = 64;

    /// <summary>The longest period of positions, of which device code takes the logarithm.</summary>
    private const double Period = 10_000;

    public void Print(KernelWriter w) => w.Call(
        "add_sinusoids", w.Rows(Operation.Input),
        "pass", (Math.Log(Period) / Math.Log(2)).ToString("R", CultureInfo.InvariantCulture), w.Value(Operation.Input),
        w.Value(Operation.Output), w.State(Operation.StateOffset));
}

/// <summary>
/// The gradients of the table and of the rows. Slots threads share an owner's float4 of the table; a chunk is a block's owners.
/// </summary>
internal sealed record AddPositionsBackward(AddPositions Operation, Parameter Table, bool Accumulates, int Parts, int Chunks, int Owners,
    int Slots) : KernelNode(
    Operation.Output.Name + "_backward", GridShape.Of(Parts * Chunks), ThreadsPerBlock, ["Positions"],
    Accumulates ? [Operand.GradientOf(Operation.Output), Operand.GradientOf(Operation.Input)] : [Operand.GradientOf(Operation.Output)],
    [Operand.GradientOf(Operation.Input)]), IKernelCode
{
    private const int ThreadsPerBlock = 256;

    public override EquatableArray<PartialGradient> PartialGradients => [PartialGradient.Of(Table, Parts)];

    public static AddPositionsBackward Of(AddPositions operation, Parameter table, bool accumulates)
    {
        int float4s = table.Floats / 4, slots = Math.Max(1, ThreadsPerBlock / float4s), owners = slots == 1 ? ThreadsPerBlock : float4s;
        int chunks = (float4s + owners - 1) / owners;
        return new(operation, table, accumulates, PartCounts.For(chunks), chunks, owners, slots);
    }

    public void Print(KernelWriter w) => w.Call(
        "positions_backward",
        w.Configuration(
            Operation.Output.Name + "_table_backward", ("width", Operation.Input.Width), ("stride", Operation.Input.Stride),
            ("length", Table.Rows), ("parts", Parts), ("owners", Owners), ("slots", Slots), ("adds", Accumulates)),
        "pass", w.Gradient(Operation.Output), w.Gradient(Operation.Input), w.Partial(Table, $"(blockIdx.x % {Parts})"),
        w.State(Operation.StateOffset));
}
