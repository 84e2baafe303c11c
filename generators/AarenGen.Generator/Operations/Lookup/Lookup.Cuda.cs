using AarenGen.Generator.Emission.Cuda;
using AarenGen.Generator.Lowering.Cuda;
using AarenGen.Generator.Model;
using AarenGen.Generator.Model.Cuda;

namespace AarenGen.Generator.Operations;

internal sealed partial record Lookup : ILowersToCuda
{
    public IEnumerable<KernelNode> LowerForward(LayerPlan layer) => [new LookupForward(this)];

    public IEnumerable<KernelNode> LowerBackward(LayerPlan layer, EquatableArray<bool> accumulates) => [LookupBackward.Of(this)];

    /// <summary>What both templates read.</summary>
    internal IEnumerable<Constant> DeviceConstants =>
        [("width", Output.Width), ("stride", Output.Stride), ("token_stride", Tokens.Stride), ("category_column", Column)];
}

/// <summary>Rows of a table, by category.</summary>
internal sealed record LookupForward(Lookup Operation) : RowwiseNode(
    Operation.Output.Name + "_forward", ["Lookup"], [Operand.Of(Operation.Tokens)], [Operand.Of(Operation.Output)]), IKernelCode
{
    public void Print(KernelWriter w) => w.Call(
        "lookup", w.Configuration(Operation.Output.Name + "_table", [.. Operation.DeviceConstants]),
        "pass", w.Value(Operation.Tokens), w.Weights(Operation.Table), w.Value(Operation.Output));
}

/// <summary>The table's gradient: a thread block has Categories of its rows and Lanes float4s of them, Slots threads each.</summary>
internal sealed record LookupBackward(Lookup Operation, int Parts, int BlocksPerPart, int Lanes, int Categories, int Slots) : KernelNode(
    Operation.Output.Name + "_backward", GridShape.Of(Parts * BlocksPerPart), ThreadsPerBlock, ["Lookup"],
    [Operand.GradientOf(Operation.Output), Operand.Of(Operation.Tokens)], []), IKernelCode
{
    private const int ThreadsPerBlock = 256, MaxLanes = 64;

    public override EquatableArray<PartialGradient> PartialGradients => [PartialGradient.Of(Operation.Table, Parts)];

    public static LookupBackward Of(Lookup operation)
    {
        Parameter table = operation.Table;
        int float4s = table.Stride / 4, lanes = PowerOfTwo(float4s, MaxLanes), categories = PowerOfTwo(table.Rows, ThreadsPerBlock / lanes);
        int blocks = (float4s + lanes - 1) / lanes * ((table.Rows + categories - 1) / categories);
        return new(operation, PartCounts.For(blocks), blocks, lanes, categories, ThreadsPerBlock / lanes / categories);
    }

    public void Print(KernelWriter w) => w.Call(
        "lookup_backward",
        w.Configuration(
            Operation.Output.Name + "_table_backward",
            [
                .. Operation.DeviceConstants, ("cardinality", Operation.Table.Rows), ("parts", Parts), ("lanes", Lanes),
                ("categories", Categories), ("slots", Slots),
            ]),
        "pass", w.Gradient(Operation.Output), w.Value(Operation.Tokens), w.Partial(Operation.Table, $"(blockIdx.x % {Parts})"));

    /// <summary>The smallest power of two that is no less than min, or the largest that there may be.</summary>
    private static int PowerOfTwo(int min, int max)
    {
        int power = 1;
        while (power < min && power < max)
        {
            power *= 2;
        }
        return power;
    }
}
